// The list of contacts: filters and order in the address, columns, selection with bulk changes and undo, and the file.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const MANY = 60;
const table = (page) => page.getByRole('region', { name: 'Contacts' });
const cells = (page) => page.locator('#contact-rows a[data-contact]');
const names = (page) => cells(page).allTextContents();
const count = (page) => page.locator('#contact-count').textContent();
const chip = (page, name) => page.getByRole('list', { name: 'Active filters' }).getByRole('link', { name: `${name} : remove this filter` });
const bar = (page) => page.getByRole('form', { name: 'With the selected contacts' });
const column = (page, name) => page.getByRole('columnheader', { name });

async function choices(page) {
  const form = page.getByRole('form', { name: 'Filter and order' });
  if (!(await form.isVisible())) await page.locator('#contact-filter > summary').click();
  await form.waitFor();
  return form;
}

export async function contactList({ server, guard }) {
  story('The list of contacts');
  const make = async (name, more = {}) => (await server.api('POST', '/v1/contacts', { name, ...more })).json;
  const ids = {};
  for (const [letter, more] of Object.entries({ A: { stage: 'customer', tags: ['listed vip'] }, B: { stage: 'customer' }, C: { tags: ['listed vip'] }, D: {} })) {
    ids[letter] = (await make(`Listed ${letter}`, { ...more, details: [{ kind: 'phone', value: `+9198400770${letter.charCodeAt(0)}1` }] })).id;
  }
  const read = async (letter) => (await server.api('GET', `/v1/contacts/${ids[letter]}`)).json;
  const change = async (letter, patch) => {
    const { json, headers } = await server.api('GET', `/v1/contacts/${ids[letter]}`);
    equal((await server.api('PATCH', `/v1/contacts/${json.id}`, patch, { 'if-match': headers.get('etag') })).status, 200, 'status');
  };
  const page = await guard.open();

  await step('a choice narrows the list at once, is a chip and part of the address, and is taken away again', page, async () => {
    await page.goto(`${server.origin}/contacts?q=listed`);
    equal((await names(page)).join(), 'Listed A,Listed B,Listed C,Listed D', 'all of them');
    equal(await count(page), '4 contacts', 'how many');
    const form = await choices(page);
    await form.getByLabel('Stage').selectOption('customer');
    await chip(page, 'Customer').waitFor();
    equal((await names(page)).join(), 'Listed A,Listed B', 'the customers');
    equal(await count(page), '2 contacts', 'how many');
    holds(page.url().endsWith('/contacts?q=listed&stage=customer'), page.url());
    equal(await page.locator('#contact-filter-active').textContent(), '1 active', 'how many are active');
    await form.getByLabel('Tag', { exact: true }).fill('listed vip');
    await form.getByLabel('Tag', { exact: true }).press('Enter');
    await until(async () => (await names(page)).join() === 'Listed A', 'the one with the tag');
    await picture(page, 'contacts-filtered');
    await chip(page, 'Customer').click();
    await until(async () => (await names(page)).join() === 'Listed A,Listed C', 'both with the tag');
    equal(await page.locator('#contact-stage').inputValue(), '', 'the choice itself');
  });
  await step('reload, back, forward and a shared link list the same', page, async () => {
    await page.reload();
    await chip(page, 'Tag: listed vip').waitFor();
    equal((await names(page)).join(), 'Listed A,Listed C', 'after a reload');
    await page.goBack();
    await until(async () => (await names(page)).join() === 'Listed A', 'the list before');
    equal(await page.locator('#contact-stage').inputValue(), 'customer', 'its choice');
    await page.goForward();
    await until(async () => (await names(page)).join() === 'Listed A,Listed C', 'the list after');
    const other = await guard.context.newPage();
    await other.goto(page.url());
    equal((await names(other)).join(), 'Listed A,Listed C', 'a shared link');
    await other.close();
  });
  await step('typing searches within the filters, and what cannot be found can be cleared', page, async () => {
    await page.getByLabel('Search contacts').fill('listed c');
    await until(async () => (await names(page)).join() === 'Listed C', 'the one found');
    holds(page.url().includes('q=listed+c') && page.url().includes('tag=listed+vip'), page.url());
    await page.getByLabel('Search contacts').fill('listed zz');
    await page.getByText('No contact matches “listed zz” and these filters.').waitFor();
    await picture(page, 'contacts-empty');
    await page.getByRole('link', { name: 'Clear search' }).click();
    await until(async () => (await names(page)).join() === 'Listed A,Listed C', 'without the words');
    equal(await page.getByLabel('Search contacts').inputValue(), '', 'the words in the box');
    await page.goto(`${server.origin}/contacts?q=listed&owner=me`);
    equal(await count(page), '0 contacts', 'a key owns nothing');
    await chip(page, 'Mine').waitFor();
    await page.getByRole('link', { name: 'Clear filters' }).click();
    await until(async () => (await names(page)).length === 4, 'all again');
  });
  await step('heads sort, say so, and keep the focus', page, async () => {
    equal(await column(page, 'Name').getAttribute('aria-sort'), 'ascending', 'the order at first');
    await column(page, 'Added').getByRole('link').focus();
    await page.keyboard.press('Enter');
    await until(async () => (await names(page)).join() === 'Listed D,Listed C,Listed B,Listed A', 'the newest first');
    equal(await column(page, 'Added').getAttribute('aria-sort'), 'descending', 'the order that was chosen');
    equal(await column(page, 'Name').getAttribute('aria-sort'), 'none', 'the order before');
    await until(() => column(page, 'Added').getByRole('link').evaluate((link) => link === document.activeElement), 'the focus');
    holds(page.url().endsWith('q=listed&order=newest'), page.url());
    equal(await page.locator('#contact-order').inputValue(), 'newest', 'among the choices');
  });
  await step('columns are chosen, and stay as they were chosen', page, async () => {
    await page.locator('#contact-columns > summary').click();
    const group = page.getByRole('group', { name: 'Columns' });
    await group.getByLabel('Owner').uncheck();
    await group.getByLabel('Added').uncheck();
    equal(await column(page, 'Owner').count(), 0, 'the column of owners');
    await page.keyboard.press('Escape');
    equal(await page.locator('#contact-columns').evaluate((box) => box.open), false, 'closed');
    await page.reload();
    await until(async () => (await column(page, 'Owner').count()) === 0, 'still without owners');
    equal(await column(page, 'Stage').count(), 1, 'the column of stages');
    await page.locator('#contact-columns > summary').click();
    await group.getByLabel('Owner').check();
    await group.getByLabel('Added').check();
    await column(page, 'Owner').waitFor();
    await page.keyboard.press('Escape');
  });
  await step('what a colleague changes is seen without loading the page', page, async () => {
    await page.goto(`${server.origin}/contacts?q=listed&stage=customer`);
    await page.waitForTimeout(500);
    await change('D', { stage: 'customer' });
    await until(async () => (await names(page)).join() === 'Listed A,Listed B,Listed D', 'one more customer');
    equal(await count(page), '3 contacts', 'how many');
    await change('D', { stage: 'new' });
    await until(async () => (await names(page)).join() === 'Listed A,Listed B', 'one less');
  });
  await step('j, k, x and Enter: rows are walked, selected and opened by key', page, async () => {
    await page.goto(`${server.origin}/contacts?q=listed`);
    equal(await bar(page).isVisible(), false, 'the bar before anything is selected');
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await bar(page).getByText('1 selected').waitFor();
    await page.keyboard.press('Shift+J');
    await bar(page).getByText('2 selected').waitFor();
    await page.keyboard.press('Escape');
    await bar(page).waitFor({ state: 'hidden' });
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Listed A' }).first().waitFor();
  });
  const select = async (letters = ['A', 'B', 'C']) => {
    await page.goto(`${server.origin}/contacts?q=listed`);
    for (const letter of letters) await page.getByRole('checkbox', { name: `Select Listed ${letter}` }).check();
    await bar(page).getByText(`${letters.length} selected`).waitFor();
  };
  const undo = async (words) => {
    await page.getByText(words, { exact: true }).waitFor();
    await page.getByRole('button', { name: /Undo/ }).last().click();
  };
  const stages = async () => (await Promise.all(['A', 'B', 'C'].map(read))).map((contact) => contact.stage).join();
  await step('many are moved to a stage together, and back together', page, async () => {
    await select();
    await picture(page, 'contacts-selected');
    await bar(page).getByRole('button', { name: 'Stage' }).click();
    await page.getByRole('dialog', { name: 'Stage of the selected' }).getByRole('button', { name: 'Lost' }).click();
    await until(async () => (await stages()) === 'lost,lost,lost', 'three being lost');
    await bar(page).waitFor({ state: 'hidden' });
    await until(async () => (await table(page).getByRole('cell', { name: 'Lost', exact: true }).count()) === 3, 'the rows saying so');
    await undo('Moved 3 contacts to Lost');
    await until(async () => (await stages()) === 'customer,customer,new', 'each being what it was');
  });
  await step('owners and tags are given and taken away together', page, async () => {
    const give = async (name) => {
      await select();
      await bar(page).getByRole('button', { name: 'Owner' }).click();
      await page.getByRole('dialog', { name: 'Owner of the selected' }).getByRole('button', { name }).click();
    };
    await give(/Ravi Kumar/);
    await page.getByText('Gave 3 contacts to you', { exact: true }).waitFor();
    equal((await read('A')).owner === null, false, 'it has an owner');
    await give('Nobody');
    await until(async () => (await read('A')).owner === null, 'nobody having it');
    await undo('Took the owner away from 3 contacts');
    await until(async () => (await read('A')).owner !== null, 'its owner having it again');
    await select();
    await bar(page).getByRole('button', { name: 'Tags' }).click();
    await page.locator('#bulk-tag-name').fill('spring');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await until(async () => (await read('B')).tags.join() === 'spring', 'the tag being there');
    await undo('Tagged 3 contacts with spring');
    await until(async () => (await read('B')).tags.length === 0, 'the tag being gone');
    await select();
    await bar(page).getByRole('button', { name: 'Tags' }).click();
    await page.locator('#bulk-tag-name').fill('listed vip');
    await page.getByRole('button', { name: 'Remove tag' }).click();
    await until(async () => (await read('C')).tags.length === 0, 'the tag being gone');
    await undo('Removed the tag listed vip from 2 contacts');
    await until(async () => (await read('C')).tags.join() === 'listed vip', 'the tag being back');
  });
  await step('what a colleague changed since is not taken back, and is named', page, async () => {
    await select(['A', 'B']);
    await bar(page).getByRole('button', { name: 'Stage' }).click();
    await page.getByRole('dialog', { name: 'Stage of the selected' }).getByRole('button', { name: 'Qualified' }).click();
    await page.getByText('Moved 2 contacts to Qualified', { exact: true }).waitFor();
    await change('B', { stage: 'contacted' });
    await page.getByRole('button', { name: /Undo/ }).last().click();
    await page.locator('#bulk-result').getByText(/^Listed B: /).waitFor();
    await picture(page, 'contacts-refused');
    equal(`${(await read('A')).stage},${(await read('B')).stage}`, 'customer,contacted', 'the stages');
  });
  await step('the box in the head selects what is shown, a hundred at most', page, async () => {
    for (let place = 0; place < MANY; place += 1) await make(`Crowded ${String(place).padStart(3, '0')}`);
    await page.goto(`${server.origin}/contacts?q=crowded`);
    equal((await names(page)).length, 50, 'rows of the first page');
    equal(await count(page), `${MANY} contacts`, 'how many there are');
    await page.getByRole('checkbox', { name: /^Select the contacts that are shown/ }).check();
    await bar(page).getByText('50 selected').waitFor();
    await page.getByRole('button', { name: 'Clear the selection' }).click();
    await page.locator('#contacts').evaluate((list) => { list.scrollTop = list.scrollHeight; });
    await until(async () => (await names(page)).length === MANY, 'the rest by itself');
    equal(new Set(await names(page)).size, MANY, 'each once');
  });
  await step('the list that fails to read on says so, and reads on when asked', page, async () => {
    await page.goto(`${server.origin}/contacts?q=crowded`);
    await page.route('**/web/contacts?*after=*', (route) => route.fulfill({ status: 403, contentType: 'text/html', body: '<p>Your role does not allow this.</p>' }));
    await page.locator('#contacts').evaluate((list) => { list.scrollTop = list.scrollHeight; });
    await page.locator('#contacts-more').getByText('Your role does not allow this.').waitFor();
    await page.unroute('**/web/contacts?*after=*');
    await page.getByRole('button', { name: 'Load more' }).click();
    await until(async () => (await names(page)).length === MANY, 'the rest');
  });
  await step('the file has exactly the rows that are listed', page, async () => {
    await page.goto(`${server.origin}/contacts?q=listed&order=newest`);
    const href = await page.getByRole('link', { name: /^CSV/ }).getAttribute('href');
    const answer = await page.request.get(`${server.origin}/${href}`);
    equal(answer.headers()['content-type'], 'text/csv; charset=utf-8', 'type');
    const lines = (await answer.text()).trim().split(/\r?\n/);
    equal(lines.slice(1).map((line) => line.split(',')[1]).join(), 'Listed D,Listed C,Listed B,Listed A', 'rows');
  });
  await step('who may only look selects nothing', page, async () => {
    const invited = (await server.api('POST', '/v1/members', { email: 'contact-viewer@example.com', role: 'viewer' })).json;
    const viewer = await guard.openAlone();
    await viewer.goto(invited.setup_url ?? invited.link ?? invited.url);
    await viewer.getByLabel('Your name').fill('Lena Look');
    await viewer.getByLabel('Password').fill('twelve quiet herons stand in reeds');
    await viewer.getByRole('button', { name: 'Create account' }).click();
    await viewer.getByRole('link', { name: /Contacts/ }).first().waitFor();
    await viewer.goto(`${server.origin}/contacts?q=listed`);
    equal((await names(viewer)).length, 4, 'rows');
    equal(await viewer.getByRole('checkbox', { name: /^Select/ }).count(), 0, 'boxes');
    equal(await viewer.locator('#bulk').count(), 0, 'bars');
    equal(await viewer.getByRole('button', { name: 'New contact' }).count(), 0, 'buttons for a new contact');
    await viewer.close();
  });
  await step('1600, 1024, 800 and 360 pixels, light and dark, nothing widens the page', page, async () => {
    await change('A', { tags: ['listed vip', 'wholesale', 'spring offer'], restricted: true });
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const width of [1600, 1024, 800, 360]) {
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${server.origin}/contacts?q=listed&tag=listed+vip`);
        await page.getByRole('checkbox', { name: 'Select Listed A' }).check();
        await bar(page).getByText('1 selected').waitFor();
        await picture(page, `contacts-${width}-${scheme}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        holds(wide <= 0, `${wide} pixels too wide at ${width}`);
        const scrolls = await page.locator('.table-wrap').evaluate((box) => box.scrollWidth - box.clientWidth);
        holds(scrolls <= 1, `the table scrolls sideways at ${width}`);
        const targets = '#contacts summary, #contacts .filter-chips a, #contacts .sort, #contacts .check-cell, #contacts .button';
        const small = await page.locator(targets).evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect()).filter((box) => box.height < 24 || box.width < 24).length);
        equal(small, 0, `targets under 24 pixels at ${width}`);
        await choices(page);
        await picture(page, `contacts-choices-${width}-${scheme}`);
        const inside = await page.locator('#contact-filter-form').evaluate((box) => { const at = box.getBoundingClientRect(); return at.left >= 0 && at.right <= innerWidth; });
        holds(inside, `the choices hang over at ${width}`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });
  await page.close();
}
