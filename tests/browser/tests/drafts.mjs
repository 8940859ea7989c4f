// What is being written is kept on the server: over a reload, a crash, a sign-in, and in another tab.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { PASSWORD, bubble, openRow, row } from './talk.mjs';

const reply = (page) => page.getByRole('textbox', { name: 'Reply' });
const note = (page) => page.getByRole('textbox', { name: 'Private note' });
const holdsText = (box, words) => until(async () => (await box.inputValue()) === words, `the box holding “${words}”`);

export async function drafts({ server, guard }) {
  story('What is being written');
  const page = await guard.open();
  const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  const address = `${server.origin}/inbox/${talk.id}`;
  const saved = async (from = page) => from.evaluate(async (id) => (await fetch(`/v1/conversations/${id}/draft`)).json(), talk.id);
  const saves = (words, from = page) => until(async () => ((await saved(from)).reply?.text ?? '') === words, `“${words}” being saved`);
  await step('it is saved, and stands in the row and in the box after a reload', page, async () => {
    await page.goto(address);
    await reply(page).pressSequentially('We keep one');
    await saves('We keep one');
    await page.reload();
    await holdsText(reply(page), 'We keep one');
    await row(page, /Tara Menon/).getByText('Draft: We keep one').waitFor();
    await picture(page, 'draft-in-row');
  });
  await step('it is saved when the page goes, before the second is over', page, async () => {
    await reply(page).press('End');
    await reply(page).pressSequentially(' for');
    await page.goto(`${server.origin}/contacts`);
    await saves('We keep one for');
    await page.goto(address);
    await holdsText(reply(page), 'We keep one for');
  });
  await step('a page that crashes loses nothing that was saved', page, async () => {
    const crashed = await guard.context.newPage();
    await crashed.goto(address);
    await holdsText(reply(crashed), 'We keep one for');
    await reply(crashed).press('End');
    await reply(crashed).pressSequentially(' you');
    await saves('We keep one for you');
    await crashed.goto('chrome://crash').catch(() => {});
    await crashed.close();
    await holdsText(reply(page), 'We keep one for you');
  });
  const other = await guard.open();
  await step('another tab takes what was saved here, and says so where something else is being written', other, async () => {
    await other.goto(address);
    await holdsText(reply(other), 'We keep one for you');
    await reply(page).press('End');
    await reply(page).pressSequentially(' until Friday');
    await holdsText(reply(other), 'We keep one for you until Friday');
    equal(await other.getByText('This draft was changed in another tab.').first().isVisible(), false, 'a line about what only goes on');
    // Typed here all the time, so that nothing of it is saved before what is saved there.
    await reply(other).fill('');
    const typing = reply(other).pressSequentially('Sorry, it is sold', { delay: 250 });
    await reply(page).fill('It is yours');
    await saves('It is yours');
    await typing;
    await other.locator('#reply-form').getByText('This draft was changed in another tab.').waitFor();
    equal(await reply(other).inputValue(), 'Sorry, it is sold', 'what is being written here');
    await picture(other, 'draft-elsewhere');
    await other.getByRole('button', { name: 'Show the other version' }).click();
    equal(await reply(other).inputValue(), 'It is yours', 'the other version');
    await other.getByRole('button', { name: 'Show the other version' }).click();
    equal(await reply(other).inputValue(), 'Sorry, it is sold', 'one’s own again');
    await saves('Sorry, it is sold');
    await holdsText(reply(page), 'Sorry, it is sold');
  });
  await step('a note is kept beside it', page, async () => {
    await page.getByRole('button', { name: 'Private note' }).click();
    await note(page).fill('She asked twice');
    await until(async () => (await saved()).note?.text === 'She asked twice', 'the note being saved');
    await page.reload();
    await page.getByRole('button', { name: 'Private note' }).click();
    await holdsText(note(page), 'She asked twice');
    await page.getByRole('button', { name: 'Add note' }).click();
    await bubble(page, 'She asked twice').waitFor();
    await until(async () => (await saved()).note === null, 'the draft of the note being gone');
  });
  await step('it is there after signing in again', page, async () => {
    const away = await guard.openAlone();
    await away.goto(address);
    await away.getByLabel('Email').fill('owner@example.com');
    await away.getByLabel('Password').fill(PASSWORD);
    await away.getByRole('button', { name: 'Sign in' }).click();
    await holdsText(reply(away), 'Sorry, it is sold');
    await away.close();
  });
  await step('a send removes it everywhere, and an empty box does', page, async () => {
    await reply(page).fill('Sold, but a new one comes on Friday');
    await page.keyboard.press('Control+Enter');
    await bubble(page, 'Sold, but a new one comes on Friday').getByTitle(/Queued|Sent|Delivered|Read/).first().waitFor();
    await until(async () => (await saved()).reply === null, 'the draft being gone');
    await holdsText(reply(other), '');
    await page.waitForTimeout(1500);
    equal((await saved()).reply, null, 'the draft a second and a half later');
    holds(!(await row(page, /Tara Menon/).getByText('Draft:').isVisible()), 'the row still says Draft');
    await reply(page).fill('And');
    await saves('And');
    await reply(page).fill('');
    await saves('');
  });
  await step('each conversation has its own, also when one is left in the middle of a word', page, async () => {
    await reply(page).fill('Half a wor');
    const someone = page.locator('#queue-rows > li.queue-row a:not([aria-current])').first();
    await someone.click();
    await until(async () => page.url().split('?')[0] !== address, 'another conversation being open');
    await reply(page).or(page.locator('#refusal, #picker')).first().waitFor();
    await openRow(page, /Tara Menon/);
    await holdsText(reply(page), 'Half a wor');
    await saves('Half a wor');
    await reply(page).fill('');
    await saves('');
  });
  await other.close();
  await page.close();
}
