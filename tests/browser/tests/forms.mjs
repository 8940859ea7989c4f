// Forms: a password can be read while it is typed, and what a browser finds wrong is said below the field, in our words.
import { equal, holds, picture, step, until } from '../report.mjs';
import { PASSWORD, openRow } from './talk.mjs';

const bounds = async (field) => { const { x, y, width, height } = await field.boundingBox(); return [x, y, width, height].map(Math.round).join(' '); };
const focused = (page) => page.evaluate(() => document.activeElement.id);

export async function forms(room) {
  await passwords(room);
  await mistakes(room);
}

async function passwords({ server, guard, page }) {
  const outside = await guard.openAlone();
  await step('a password is shown and hidden by a button with a name, nothing moves, and it is sent as a password', outside, async () => {
    await outside.goto(`${server.origin}/sign-in`);
    const field = outside.getByLabel('Password');
    const button = outside.getByRole('button', { name: 'Show password' });
    await field.fill(PASSWORD);
    const [before, room] = [await bounds(field), await bounds(button)];
    await button.focus();
    await outside.keyboard.press('Enter');
    equal(await field.getAttribute('type'), 'text', 'the kind of the field');
    const hide = outside.getByRole('button', { name: 'Hide password' });
    equal(`${await bounds(field)}, ${await bounds(hide)}`, `${before}, ${room}`, 'where the field and the button are');
    const { width, height } = await hide.boundingBox();
    holds(width >= 24 && height >= 24, `the button is ${width} by ${height}`);
    await picture(outside, 'forms-password');
    await outside.getByLabel('Email').fill('owner@example.com');
    await outside.getByRole('button', { name: 'Sign in' }).click();
    await outside.getByRole('region', { name: 'Conversations' }).waitFor();
  });
  await outside.context().close();
  await step('each password of the profile has a button of its own', page, async () => {
    await page.goto(`${server.origin}/settings/profile`);
    await page.getByLabel('New password').fill('only for looking');
    await page.getByRole('button', { name: 'Show new password' }).click();
    equal(await page.getByLabel('New password').getAttribute('type'), 'text', 'the new one');
    equal(await page.getByLabel('Current password').getAttribute('type'), 'password', 'the current one');
    await page.getByRole('button', { name: 'Show current password' }).waitFor();
  });
  await step('a password that is being chosen is judged while it is typed, by the rule of the form, and nothing is sent', page, async () => {
    await page.goto(`${server.origin}/settings/profile`);
    const field = page.getByLabel('New password');
    const said = page.locator('#own-password-judged');
    for (const [typed, words] of [
      ['seven', '10 more characters.'],
      ['fourteen signs', '1 more character.'],
      ['correct horse battery staple', 'This password is too easy to guess.'],
      ['owner@example.com', 'This password is too easy to guess.'],
      ['eleven slow barges pass the mill', 'Strong enough.'],
      ['eleven', '9 more characters.'],
      ['', ''],
    ]) {
      await field.fill(typed);
      await until(async () => (await said.textContent()) === words, `"${words}" for "${typed}"`);
      if (words === 'Strong enough.') await picture(page, 'forms-password-judged');
    }
    equal(await page.locator('#own-password-error').count(), 0, 'errors');
  });
  await step('every password field of the product has such a button', page, async () => {
    for (const path of ['/settings/profile', '/inbox']) {
      await page.goto(`${server.origin}${path}`);
      const without = await page.evaluate(() => [...document.querySelectorAll('input[type="password"]')].filter((field) => !field.parentElement.querySelector('[data-reveal]')).map((field) => field.id));
      equal(without.join(), '', `fields of ${path} without it`);
    }
  });
}

async function mistakes({ server, page }) {
  const talk = (await server.api('GET', '/v1/conversations?q=guest%20085')).json.data[0];
  await step('an entry of the ledger without evidence is refused below its field, which gets the focus', page, async () => {
    await page.goto(`${server.origin}/contacts/${talk.contact}`);
    await page.getByRole('link', { name: /^Consent/ }).or(page.getByRole('tab', { name: /^Consent/ })).first().click();
    await page.getByRole('button', { name: 'Record consent' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Record consent' });
    const evidence = dialog.getByLabel('Evidence');
    const record = dialog.getByRole('button', { name: 'Record consent' });
    await record.click();
    await dialog.getByText('Fill this in.', { exact: true }).waitFor();
    await until(async () => (await focused(page)) === 'record-evidence', 'the field having the focus');
    equal(await evidence.getAttribute('aria-invalid'), 'true', 'the state of the field');
    const described = await evidence.getAttribute('aria-describedby');
    equal(described, 'record-evidence-hint record-evidence-error', 'what describes the field');
    await evidence.pressSequentially('ab');
    await record.click();
    await dialog.getByText('Write at least 3 characters; these are 2.', { exact: true }).waitFor();
    await picture(page, 'forms-ledger');
    await evidence.pressSequentially('c');
    await until(async () => (await dialog.getByText(/Write at least 3/).count()) === 0, 'the line going');
    equal(await evidence.getAttribute('aria-invalid'), null, 'the state of the field that is right');
    await page.keyboard.press('Escape');
  });
  await step('an opt-in without evidence is refused below its field in the picker', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20085`);
    await openRow(page, /Guest 085/);
    await page.getByRole('button', { name: 'Template', exact: true }).click();
    await page.getByRole('group', { name: 'Template', exact: true }).getByRole('button', { name: /Pots for less/ }).click();
    const form = page.getByRole('form', { name: 'Record an opt-in' });
    if (!(await form.isVisible())) await page.getByText(/^Record an opt-in for/).click();
    // What a script writes is not judged for its length: a person types it.
    await form.getByLabel('Evidence').pressSequentially('x');
    await form.getByRole('button', { name: 'Record opt-in' }).click();
    await form.getByText('Write at least 3 characters; this is 1.', { exact: true }).waitFor();
    await until(async () => (await focused(page)) === 'opt-in-evidence', 'the field having the focus');
    await picture(page, 'forms-opt-in');
  });
}
