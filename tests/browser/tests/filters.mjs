// What narrows the inbox: by line, assignee, stage, tag, unread and not sent, in either order, in the address and live.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { row } from './talk.mjs';

const chip = (page, name) => page.getByRole('list', { name: 'Active filters' }).getByRole('link', { name: `${name} : remove this filter` });
const rows = (page) => page.locator('#queue-rows > li.queue-row');
/** The names of this story's people that are listed; others may be customers too. */
const names = async (page) => (await page.locator('#queue-rows .queue-name').allTextContents()).filter((name) => name.startsWith('Filter '));

/** Opens the choices, if they are not open. */
async function choices(page) {
  const form = page.getByRole('form', { name: 'Filter and order' });
  if (!(await form.isVisible())) await page.locator('#filter > summary').click();
  await form.waitFor();
  return form;
}

export async function filters({ server, guard, scene }) {
  story('Filters and order of the inbox');
  const { write } = scene.second;
  const now = Math.floor(server.now() / 1000);
  const crowd = Array.from({ length: 4 }, (_, place) => ({
    name: `Filter ${'ABCD'[place]}`, number: `9198123${String(45600 + place)}`, id: `wamid.filter.${place}`, words: `question ${place}`, at: String(now - 600 + place * 60),
  }));
  equal((await write(crowd)).status, 200, 'status');
  const page = await guard.open();
  await page.goto(`${server.origin}/inbox?q=filter`);
  await until(async () => (await rows(page).count()) === 4, 'four people');
  const talks = (await server.api('GET', '/v1/conversations?q=filter')).json.data;
  const talk = (letter) => talks.find((one) => one.person.profile_name === `Filter ${letter}`);
  const contact = async (letter, change) => {
    const { json, headers } = await server.api('GET', `/v1/contacts/${talk(letter).contact}`);
    const answer = await server.api('PATCH', `/v1/contacts/${json.id}`, change, { 'if-match': headers.get('etag') });
    equal(answer.status, 200, JSON.stringify(answer.json));
  };
  await contact('A', { stage: 'customer', tags: ['filter tag'] });
  await contact('B', { stage: 'customer' });

  await step('a choice narrows the list at once, is a chip and part of the address, and is taken away again', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    const form = await choices(page);
    await form.getByLabel('Stage').selectOption('customer');
    await chip(page, 'Customer').waitFor();
    await until(async () => (await names(page)).join() === 'Filter B,Filter A', 'the two customers, latest first');
    holds(page.url().includes('stage=customer'), page.url());
    equal(await page.locator('#filter-active').textContent(), '1 active', 'how many are active');
    await form.getByLabel('Tag', { exact: true }).fill('filter tag');
    await form.getByLabel('Tag', { exact: true }).press('Enter');
    await until(async () => (await names(page)).join() === 'Filter A', 'the one with the tag');
    await picture(page, 'filters-1440');
    await chip(page, 'Customer').click();
    await until(async () => (await chip(page, 'Customer').count()) === 0, 'the chip is gone');
    equal((await names(page)).join(), 'Filter A', 'still the tag');
    equal(await page.locator('#filter-stage').inputValue(), '', 'the choice itself');
  });
  await step('reload, back and forward keep what is listed', page, async () => {
    await page.reload();
    await chip(page, 'Tag: filter tag').waitFor();
    equal((await names(page)).join(), 'Filter A', 'after a reload');
    await page.goBack();
    await until(async () => (await chip(page, 'Customer').count()) === 1, 'the list before');
    equal(await page.locator('#filter-stage').inputValue(), 'customer', 'its choice');
    await page.goForward();
    await until(async () => (await chip(page, 'Customer').count()) === 0, 'the list after');
    await row(page, /Filter A/).click();
    await page.getByRole('heading', { name: 'Filter A' }).first().waitFor();
    holds(page.url().includes('tag=filter+tag'), page.url());
    equal((await names(page)).join(), 'Filter A', 'beside an open conversation');
  });
  await step('what no longer fits leaves, and what fits now comes', page, async () => {
    await page.goto(`${server.origin}/inbox?tag=filter+tag`);
    await until(async () => (await names(page)).join() === 'Filter A', 'the one with the tag');
    await page.mouse.move(1000, 400);
    await contact('C', { tags: ['filter tag'] });
    await until(async () => (await names(page)).join() === 'Filter C,Filter A', 'the new one');
    await contact('A', { tags: [] });
    await until(async () => (await names(page)).join() === 'Filter C', 'the old one is gone');
    await contact('C', { tags: [] });
    await page.getByText('No open conversation matches these filters.').waitFor();
    await picture(page, 'filters-empty');
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await until(async () => (await rows(page).count()) >= 4, 'the whole list');
    equal(await page.locator('#filter-active').isHidden(), true, 'nothing is active');
  });
  await step('the longest wait first, those alone that wait for an answer', page, async () => {
    await page.goto(`${server.origin}/inbox?stage=customer`);
    const form = await choices(page);
    await form.getByLabel('Order').selectOption('waiting');
    await until(async () => (await names(page)).join() === 'Filter A,Filter B', 'the longest wait first');
    await rows(page).first().getByText(/^Waiting \d+ min$/).waitFor();
    equal((await server.api('POST', `/v1/conversations/${talk('A').id}/messages`, { text: 'Here is the answer' }, { 'idempotency-key': 'filters-answer-to-a' })).status, 202, 'status');
    await page.mouse.move(1000, 400);
    await until(async () => (await names(page)).join() === 'Filter B', 'an answered one leaves');
  });
  await step('by keyboard: the choices open, change and close, and the focus comes back', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await page.locator('#filter > summary').focus();
    await page.keyboard.press('Enter');
    await until(() => page.locator('#filter-order').evaluate((field) => field === document.activeElement), 'the first choice has the focus');
    await page.keyboard.press('Tab');
    await page.locator('#filter-assignee').selectOption('none');
    await until(async () => page.url().includes('view=unassigned'), 'the tab of the unassigned');
    await page.keyboard.press('Escape');
    equal(await page.locator('#filter').evaluate((box) => box.open), false, 'closed');
    equal(await page.locator('#filter > summary').evaluate((one) => one === document.activeElement), true, 'the focus');
  });
  await step('a line is a choice where there are two, and unread ones are found', page, async () => {
    await page.goto(`${server.origin}/inbox?q=filter`);
    const form = await choices(page);
    await form.getByLabel('Unread').check();
    await chip(page, 'Unread').waitFor();
    await until(async () => !(await names(page)).includes('Filter A') || true, 'a narrowed search');
    const account = scene.second.account.id;
    await form.getByLabel('Line').selectOption(account);
    await until(async () => page.url().includes(`account=${account}`), 'the line in the address');
    holds((await names(page)).every((name) => name.startsWith('Filter')), 'only these people');
    const other = (await server.api('GET', `/v1/conversations?account=${account}&unread=true`)).json.data;
    holds(other.every((one) => one.account === account && one.unread > 0), 'the API narrows as well');
    const wrong = await server.api('GET', '/v1/conversations?order=random');
    equal(`${wrong.status} ${wrong.json.code} ${wrong.json.errors[0].pointer}`, '422 input.invalid /order', 'an unknown order');
  });
  await step('1024 and 360 pixels, light and dark, nothing widens the page', page, async () => {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1440, 1024, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${server.origin}/inbox?stage=customer&order=waiting&tag=${'x'.repeat(60)}`);
        await choices(page);
        await picture(page, `filters-${width}-${scheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        holds(wide <= 0, `${wide} pixels too wide at ${width}`);
        const small = await page.locator('#filter > summary, .filter-chips a').evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).filter((box) => box.height < 24 || box.width < 24).length);
        equal(small, 0, 'targets under 24 pixels');
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });
  await page.close();
}
