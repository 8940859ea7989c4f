// Lists that are longer than a page: the inbox, a conversation, contacts, what is held back. Each thing once, in order.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { postSigned } from './order.mjs';
import { isSamePage, log, openRow, row } from './talk.mjs';

const MANY = 60;
const LONG = 120;

export async function longLists({ server, inbox, guard, scene }) {
  story('More than one page');
  const { write } = scene.second;
  const now = Math.floor(server.now() / 1000);
  const people = Array.from({ length: MANY }, (_, place) => ({
    name: `Visitor ${String(place).padStart(2, '0')}`, number: `9198765${String(10000 + place)}`, id: `wamid.visitor.${place}`, words: `I am number ${place}`, at: String(now - 3600 - place),
  }));
  equal((await write(people)).status, 200, 'status');
  await step('the inbox loads more at its end, each conversation once', inbox, async () => {
    const rows = inbox.locator('#queue-rows > li.queue-row');
    await row(inbox, /Visitor 00/).waitFor();
    equal(await row(inbox, /Visitor 59/).count(), 0, 'rows of the second page');
    const more = inbox.getByRole('button', { name: 'Load more' });
    while (await more.count()) {
      const before = await rows.count();
      await inbox.locator('#queue-scroll').evaluate((list) => { list.scrollTop = list.scrollHeight; });
      await until(async () => (await rows.count()) > before || (await more.count()) === 0, 'more rows by themselves');
    }
    await row(inbox, /Visitor 59/).waitFor();
    const ids = await rows.evaluateAll((all) => all.map((one) => one.id));
    equal(new Set(ids).size, ids.length, 'different rows');
    const all = [];
    for (let cursor = ''; ;) {
      const page = (await server.api('GET', `/v1/conversations?limit=20${cursor}`)).json;
      all.push(...page.data);
      if (!page.next_cursor) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    equal(ids.join(), all.map((talk) => `row-${talk.id}`).join(), 'the order of the API');
  });
  await step('and keeps what was loaded when something new arrives', inbox, async () => {
    const rows = inbox.locator('#queue-rows > li.queue-row');
    const before = await rows.count();
    await inbox.mouse.move(900, 300);
    equal((await write([{ name: 'Latecomer', number: '919811111111', id: 'wamid.latecomer', words: 'Am I late?' }])).status, 200, 'status');
    await row(inbox, /Latecomer/).waitFor();
    holds((await rows.count()) >= before, `${await rows.count()} rows of ${before} are left`);
    equal(await rows.first().getAttribute('id'), await row(inbox, /Latecomer/).evaluate((link) => link.closest('li').id), 'the first row');
  });
  const long = Array.from({ length: LONG }, (_, place) => ({ name: 'Visitor 07', number: '919876510007', id: `wamid.long.${place}`, words: `line ${String(place).padStart(3, '0')}`, at: String(now - 1800 + place) }));
  for (let from = 0; from < LONG; from += 40) equal((await write(long.slice(from, from + 40))).status, 200, 'status');
  await step('a long conversation opens at its end, and earlier messages are read on demand', inbox, async () => {
    await openRow(inbox, /Visitor 07/);
    await inbox.getByRole('heading', { name: 'Visitor 07' }).first().waitFor();
    await log(inbox).getByText('line 119').waitFor();
    equal(await log(inbox).getByText('line 000').count(), 0, 'messages of the first page');
    const earlier = inbox.getByRole('button', { name: 'Earlier messages' });
    const lines = () => log(inbox).locator('.item-in .bubble-text').evaluateAll((all) => all.map((one) => one.firstChild.textContent.trim()));
    while (await earlier.count()) {
      const before = (await lines()).length;
      await earlier.click();
      await until(async () => (await lines()).length > before, 'earlier messages');
    }
    const found = await lines();
    equal(found.length, LONG + 1, 'messages');
    equal(found[0], 'I am number 7', 'the first one');
    equal(found.slice(1).join(), long.map((one) => one.words).join(), 'their order');
    const days = await log(inbox).locator('.item-day').evaluateAll((all) => all.map((one) => one.id));
    equal(new Set(days).size, days.length, 'different days');
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));

  const page = await guard.open();
  await step('contacts load more, each once and by name', page, async () => {
    await page.goto(`${server.origin}/contacts`);
    const names = () => page.getByRole('region', { name: 'Contacts' }).locator('tbody a.cell').evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    const more = page.getByRole('button', { name: 'Load more' });
    equal((await names()).length, 50, 'contacts on the first page');
    while (await more.count()) {
      const before = (await names()).length;
      await page.locator('#contacts').evaluate((list) => { list.scrollTop = list.scrollHeight; });
      await until(async () => (await names()).length > before || (await more.count()) === 0, 'more contacts by themselves');
    }
    const found = await names();
    equal(new Set(found).size, found.length, 'different contacts');
    holds(found.length > 50, `only ${found.length} contacts`);
    await page.getByLabel('Search contacts').fill('visitor 1');
    await until(async () => (await names()).length === 10, 'ten visitors whose number begins with 1');
  });
  await step('what is held back is listed page by page, shown, and taken through the path again', page, async () => {
    const { app, account } = scene.second;
    const unheard = (place) => JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: account.business_id, changes: [{ field: 'a_field_of_tomorrow', value: { metadata: { phone_number_id: account.routing_key }, news: `unheard of ${place}` } }] }] });
    for (let place = 0; place < 52; place += 1) await postSigned(app.hook_url, unheard(place), 'the-secret-of-the-second-app');
    await page.goto(`${server.origin}/settings/events`);
    const links = page.getByRole('region', { name: 'Events' }).getByRole('link');
    equal(await links.count(), 50, 'events on the first page');
    await page.getByRole('button', { name: 'Load more' }).click();
    await until(async () => (await links.count()) === 52, 'the other events');
    const hrefs = await links.evaluateAll((all) => all.map((one) => one.getAttribute('href')));
    equal(new Set(hrefs).size, 52, 'different events');
    await links.first().click();
    await page.getByText(/unheard of \d+/).waitFor();
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Retried. If it fails again, it stays here.').waitFor();
    equal(await page.getByRole('button', { name: 'Retry' }).count(), 0, 'buttons that would do it again');
    await picture(page, 'quarantine-replayed');
    const left = [];
    for (let cursor = ''; ;) {
      const some = (await server.api('GET', `/v1/quarantine?limit=50${cursor}`)).json;
      left.push(...some.data);
      if (!some.next_cursor) break;
      cursor = `&cursor=${some.next_cursor}`;
    }
    // What still cannot be used keeps its place: nothing is lost, and nothing is there twice.
    equal(new Set(left.map((item) => item.id)).size, 52, 'events held back');
    equal(left.length, 52, 'events held back');
    for (const item of left) equal((await server.api('DELETE', `/v1/quarantine/${item.id}`)).status, 204, 'status');
    equal((await server.api('GET', `/v1/quarantine/${left[0].id}`)).status, 404, 'status of what was thrown away');
  });
  await page.close();
}
