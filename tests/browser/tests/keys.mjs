// Every key of the list, and that none of them works where it should not.
import { equal, holds, step, story, until } from '../report.mjs';
import { isSamePage, log, mark, openRow, row } from './talk.mjs';

const opened = (inbox) => inbox.locator('.thread-who h2').textContent();
const focusOf = (inbox) => inbox.evaluate(() => document.activeElement.id || document.activeElement.closest('li')?.id || document.activeElement.tagName);

export async function everyKey({ server, inbox }) {
  story('Every key');
  const press = (key) => inbox.keyboard.press(key);
  const rest = () => log(inbox).focus();
  await openRow(inbox, /Tara Menon/);
  await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
  await step('j and k move through the queue, Enter opens', inbox, async () => {
    await rest();
    await press('j');
    const below = await focusOf(inbox);
    await press('k');
    const above = await focusOf(inbox);
    holds(below !== above && below.startsWith('row-') && above.startsWith('row-'), `${below}, ${above}`);
    await press('j');
    equal(await focusOf(inbox), below, 'the row in focus');
    await press('Enter');
    await until(async () => `row-${await inbox.locator('#thread').getAttribute('data-conversation')}` === below, 'the conversation being opened');
    await openRow(inbox, /Tara Menon/);
    await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
  });
  await step('r replies, n notes, t chooses a template, Esc goes back', inbox, async () => {
    await rest();
    await press('r');
    equal(await focusOf(inbox), 'reply-text', 'focus');
    await inbox.keyboard.type('jknt?');
    equal(await inbox.getByRole('textbox', { name: 'Reply' }).inputValue(), 'jknt?', 'letters typed into a field');
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('');
    await press('Escape');
    await press('n');
    equal(await focusOf(inbox), 'note-text', 'focus');
    await press('Escape');
    equal(await focusOf(inbox), 'reply-text', 'focus');
    await press('Escape');
    await press('t');
    await until(async () => (await focusOf(inbox)) === 'picker-search', 'the search for templates being in focus');
    await press('Escape');
    await inbox.getByRole('textbox', { name: 'Reply' }).waitFor();
    await press('Escape');
  });
  await step('/ searches, Ctrl K goes to a person by any form of the number', inbox, async () => {
    await rest();
    await press('/');
    equal(await focusOf(inbox), 'queue-search', 'focus');
    await press('Escape');
    for (const typed of ['98400 12345', '+91 98400-12345', '9840012345']) {
      await press('Control+k');
      await inbox.getByRole('combobox', { name: /Find a person/ }).fill(typed);
      await inbox.getByRole('option', { name: /Tara Menon/ }).waitFor();
      await press('Escape');
    }
  });
  await step('a assigns, m assigns to me, u undoes', inbox, async () => {
    await rest();
    await press('a');
    await inbox.getByRole('dialog', { name: 'Assign' }).getByRole('button', { name: 'Unassigned' }).click();
    await inbox.locator('#thread-head').getByText(/· unassigned/).waitFor();
    await rest();
    await press('m');
    await inbox.locator('#thread-head').getByText('assigned to you').waitFor();
    await inbox.locator('#undo .bar').last().getByText('Assigned Tara Menon to you').first().waitFor();
    await rest();
    await press('u');
    await inbox.locator('#thread-head').getByText(/· unassigned/).waitFor();
  });
  await step('s snoozes and wakes, e closes and goes to the next', inbox, async () => {
    await rest();
    await press('s');
    await inbox.getByRole('dialog', { name: 'Snooze until' }).getByRole('button', { name: /In 3 hours/ }).click();
    await inbox.locator('#thread-head').getByText(/snoozed until/).waitFor();
    await rest();
    await press('s');
    await until(async () => !/snoozed/.test(await inbox.locator('#thread-head').innerText()), 'waking up');
    await row(inbox, /Tara Menon/).waitFor();
    await openRow(inbox, /Tara Menon/);
    await rest();
    await press('e');
    await until(async () => (await opened(inbox)) !== 'Tara Menon', 'the next conversation being opened');
    await row(inbox, /Tara Menon/).waitFor({ state: 'detached' });
    await inbox.getByRole('button', { name: /Undo/ }).last().click();
    await inbox.mouse.move(900, 300);
    await row(inbox, /Tara Menon/).waitFor();
    await openRow(inbox, /Tara Menon/);
    await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
  });
  await step('i opens the person where it is a drawer, and Esc closes it', inbox, async () => {
    await inbox.setViewportSize({ width: 1000, height: 800 });
    await rest();
    await press('i');
    const person = inbox.getByRole('complementary', { name: 'Tara Menon' });
    await person.waitFor();
    await press('Escape');
    await person.waitFor({ state: 'hidden' });
    await inbox.setViewportSize({ width: 1440, height: 900 });
  });
  await step('? lists them all', inbox, async () => {
    await rest();
    await press('?');
    const keys = inbox.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await keys.getByText('Go to anything; any form of a number finds the person').waitFor();
    await press('Escape');
    await keys.waitFor({ state: 'hidden' });
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
  await step('g and a letter go to a place', inbox, async () => {
    for (const [letter, heading] of [['c', 'Contacts'], ['s', 'Settings'], ['i', 'Inbox']]) {
      await press('g');
      await press(letter);
      await inbox.getByRole('heading', { name: heading, exact: true, level: 1 }).waitFor({ state: 'attached' });
    }
  });
  await step('switched off, single keys do nothing, and Ctrl K still works', inbox, async () => {
    const keys = async (on) => {
      await inbox.goto(`${server.origin}/settings`);
      await inbox.getByLabel(/Single-key shortcuts/).setChecked(on);
      await inbox.getByRole('button', { name: 'Save' }).click();
      await inbox.getByText('Saved').waitFor();
      await inbox.goto(`${server.origin}/inbox`);
      await row(inbox, /Tara Menon/).waitFor();
      await inbox.evaluate(() => document.activeElement.blur());
    };
    await keys(false);
    await press('?');
    await press('/');
    equal(await focusOf(inbox), 'BODY', 'focus');
    holds(await inbox.getByRole('dialog', { name: 'Keyboard shortcuts' }).isHidden(), 'the list of keys opened');
    await press('Control+k');
    await inbox.getByRole('combobox', { name: /Find a person/ }).waitFor();
    await press('Escape');
    await keys(true);
    await press('/');
    equal(await focusOf(inbox), 'queue-search', 'focus');
    await mark(inbox);
  });
}
