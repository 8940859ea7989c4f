// Many conversations at once: selected by key, by the box and by a range, changed together, and taken back together.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const rows = (page) => page.locator('#queue-rows .queue-row');
const chosen = (page) => page.locator('#queue-rows .queue-row.is-selected');
const bar = (page) => page.getByRole('form', { name: 'With the selected conversations' });

export async function bulk({ server, guard }) {
  story('Many conversations at once');
  const page = await guard.open();
  const account = (await server.api('GET', '/v1/accounts')).json.data.find((one) => one.provider === 'whatsapp').id;
  const ids = {};
  for (const place of [1, 2, 3, 4]) {
    const contact = (await server.api('POST', '/v1/contacts', { name: `Bulk Person ${place}`, details: [{ kind: 'phone', value: `+9198400660${place}0` }] })).json;
    ids[place] = (await server.api('POST', `/v1/contacts/${contact.id}/conversations`, { account })).json.id;
  }
  const stateOf = async (place) => (await server.api('GET', `/v1/conversations/${ids[place]}`)).json;
  const states = async () => Promise.all([1, 2, 3].map(async (place) => (await stateOf(place)).state));
  await step('x selects, Shift and J the next ones too, and the bar says how many', page, async () => {
    await page.goto(`${server.origin}/inbox?q=bulk`);
    await until(async () => (await rows(page).count()) === 4, 'four rows');
    equal(await bar(page).isVisible(), false, 'the bar before anything is selected');
    await rows(page).first().getByRole('link').focus();
    await page.keyboard.press('x');
    await bar(page).getByText('1 selected').waitFor();
    await page.keyboard.press('Shift+J');
    await bar(page).getByText('2 selected').waitFor();
    await page.keyboard.press('Shift+J');
    await bar(page).getByText('3 selected').waitFor();
    await picture(page, 'bulk-selected');
    await page.keyboard.press('Escape');
    await bar(page).waitFor({ state: 'hidden' });
  });
  await step('the box selects one, Shift and a click the rows between, and nothing is opened', page, async () => {
    await rows(page).nth(0).hover();
    await rows(page).nth(0).getByRole('checkbox').check();
    await rows(page).nth(2).getByRole('link').click({ modifiers: ['Shift'] });
    await bar(page).getByText('3 selected').waitFor();
    equal(await chosen(page).count(), 3, 'rows that are marked');
    equal(await page.locator('#thread').count(), 0, 'open conversations');
    await page.keyboard.press('Escape');
  });
  const select = async () => {
    await page.goto(`${server.origin}/inbox?q=bulk%20person`);
    await until(async () => (await rows(page).count()) === 4, 'four rows');
    for (const place of [1, 2, 3]) await page.getByRole('checkbox', { name: `Select Bulk Person ${place}` }).check({ force: true });
    await bar(page).getByText('3 selected').waitFor();
  };
  const undo = async (words) => {
    await page.getByText(words, { exact: true }).waitFor();
    await page.getByRole('button', { name: /Undo/ }).last().click();
  };
  await step('closed together, and open again together', page, async () => {
    await select();
    await bar(page).getByRole('button', { name: 'Close' }).click();
    await until(async () => (await states()).every((state) => state === 'closed'), 'three being closed');
    await bar(page).waitFor({ state: 'hidden' });
    await undo('Closed 3 conversations');
    await until(async () => (await states()).every((state) => state === 'open'), 'three being open again');
  });
  await step('assigned, snoozed and tagged together, each with its Undo', page, async () => {
    await select();
    await bar(page).getByRole('button', { name: 'Assign' }).click();
    await page.getByRole('dialog', { name: 'Assign the selected' }).getByRole('button', { name: /Ravi Kumar/ }).click();
    await until(async () => (await stateOf(1)).assignee !== null, 'it being assigned');
    await undo('Assigned 3 conversations to you');
    await until(async () => (await stateOf(1)).assignee === null, 'nobody having it again');
    await select();
    await bar(page).getByRole('button', { name: 'Snooze' }).click();
    await page.getByRole('dialog', { name: 'Snooze the selected until' }).getByRole('button', { name: /In a week/ }).click();
    await until(async () => (await states()).every((state) => state === 'snoozed'), 'three being snoozed');
    await page.getByRole('button', { name: /Undo/ }).last().click();
    await until(async () => (await states()).every((state) => state === 'open'), 'three being open again');
    await select();
    await bar(page).getByRole('button', { name: 'Tag' }).click();
    await page.locator('#bulk-tag-name').fill('spring');
    await page.getByRole('button', { name: 'Add tag' }).click();
    const tags = async () => (await server.api('GET', `/v1/contacts/${(await stateOf(2)).contact}`)).json.tags.join();
    await until(async () => (await tags()) === 'spring', 'the tag being there');
    await picture(page, 'bulk-undo');
    await undo('Tagged 3 conversations with spring');
    await until(async () => (await tags()) === '', 'the tag being gone');
  });
  await step('Shift and U mark the open one as unread, and it stays so', page, async () => {
    const tara = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
    await page.goto(`${server.origin}/inbox/${tara.id}`);
    const unread = async () => (await server.api('GET', `/v1/conversations/${tara.id}`)).json.unread;
    await until(async () => (await unread()) === 0, 'it being read');
    await page.getByRole('log').focus();
    await page.keyboard.press('Shift+U');
    await until(async () => (await unread()) === 1, 'it being unread');
    await page.waitForTimeout(800);
    equal(await unread(), 1, 'unread messages after a while');
    await undo('Marked 1 conversation as unread');
    await until(async () => (await unread()) === 0, 'it being read again');
  });
  await step('it fits at 360 and 1024 pixels, and in the dark', page, async () => {
    for (const [name, width, height, scheme] of [['narrow', 360, 740, 'light'], ['middle', 1024, 768, 'dark']]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await select();
      holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the queue is wider than ${width}`);
      await picture(page, `bulk-${name}`);
    }
  });
  for (const place of [1, 2, 3, 4]) await server.api('PATCH', `/v1/conversations/${ids[place]}`, { state: 'closed' });
  await page.close();
}
