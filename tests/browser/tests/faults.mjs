// Faults that people met when they used the inbox for a day, each as a step that fails if it comes back. Those that belong to
// another story are tried there. On a server of its own, with more conversations than two pages have.
import { startBrowser } from '../browser.mjs';
import { startProvider } from '../provider.mjs';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { startServer } from '../server.mjs';
import { forms } from './forms.mjs';
import { handy } from './handy.mjs';
import { reading } from './reading.mjs';
import { PASSWORD, bubble, invent, log, moveAway, openRow, row, says, signIn } from './talk.mjs';
import { connectSecond } from './unknown.mjs';

const CROWD = 110;
const reply = (page) => page.getByRole('textbox', { name: 'Reply', exact: true });
const rows = (page) => page.locator('#queue-rows > li.queue-row');
const badge = (page) => page.locator('#rail-unread .badge');

export async function faults() {
  story('Faults met in a day of use');
  const server = await startServer();
  const guard = await startBrowser(server.origin);
  const provider = await startProvider();
  try {
    await walk({ server, guard, provider });
    await step('no error in any console', null, () => holds(guard.trouble.length === 0, [...new Set(guard.trouble)].join('\n')));
  } finally {
    await guard.browser.close();
    await provider.stop();
    await server.stop();
  }
}

async function walk(room) {
  const { server, guard, provider } = room;
  const page = await guard.open();
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No open conversations.').waitFor();
  await guard.share();
  const phone = await guard.openBeside();
  phone.origin = server.origin;
  await invent(phone, { name: 'Tara Menon', number: '+91 98400 12345' });
  await says(phone, 'Is the monstera still there?');
  provider.state.templates = [{ id: '1', name: 'new_pots', language: 'en', status: 'APPROVED', category: 'UTILITY', components: [{ type: 'HEADER', format: 'IMAGE' }, { type: 'BODY', text: 'New pots are in.' }] },
    { id: '2', name: 'pots_for_less', language: 'en', status: 'APPROVED', category: 'MARKETING', components: [{ type: 'BODY', text: 'Pots for less.' }] }];
  const second = await connectSecond(server, provider);
  await server.api('POST', `/v1/accounts/${second.account.id}/templates/sync`);
  const now = Math.floor(server.now() / 1000);
  for (let from = 0; from < CROWD; from += 55) {
    const people = Array.from({ length: 55 }, (_, place) => ({ name: `Guest ${String(from + place).padStart(3, '0')}`, number: `919811230${String(100 + from + place)}`, id: `wamid.guest.${from + place}`, words: `question ${from + place}`, at: String(now - 1800 + from + place) }));
    equal((await second.write(people)).status, 200, 'status');
  }
  Object.assign(room, { page, phone, second });
  await lists(room);
  await reading(room);
  await forms(room);
  await undoing(room);
  await handy(room);
  await composing(room);
  await small(room);
  await optOut(room);
  await page.close();
}

async function lists({ server, page, phone, second }) {
  await step('the badge counts every unread conversation, and closing one that was read changes nothing', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await badge(page).getByText('99+').waitFor();
    await openRow(page, /Guest 109/);
    await bubble(page, 'question 109').waitFor();
    await until(async () => (await server.api('GET', '/v1/conversations?unread=true&limit=100')).json.data.every((talk) => talk.person.profile_name !== 'Guest 109'), 'it being read');
    await page.getByRole('button', { name: /^Close/ }).first().click();
    await row(page, /Guest 109/).waitFor({ state: 'detached' });
    equal(await badge(page).innerText().then((words) => words.replace(/\s*unread/, '')), '99+', 'the badge');
  });
  await step('j goes on beyond the last row that was read', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await until(async () => (await rows(page).count()) >= 30, 'the first rows');
    const last = (await rows(page).count()) - 1;
    await page.locator('#queue-rows a[data-conversation]').nth(last).focus();
    await page.keyboard.press('j');
    await until(() => page.evaluate((from) => [...document.querySelectorAll('#queue-rows a[data-conversation]')].indexOf(document.activeElement) > from, last), 'the next row having the focus');
  });
  await step('Back from a contact leads to the same rows and place', page, async () => {
    const scroll = page.locator('#queue-scroll');
    await until(async () => { await scroll.evaluate((list) => { list.scrollTop = list.scrollHeight; }); return (await rows(page).count()) > 60; }, 'more rows');
    await scroll.evaluate((list) => { list.scrollTop = 2200; });
    const count = await rows(page).count();
    await page.goto(`${server.origin}/contacts`);
    await page.goBack();
    await until(async () => (await rows(page).count()) >= count, 'the same rows');
    await until(async () => Math.abs((await scroll.evaluate((list) => list.scrollTop)) - 2200) < 120, 'the same place');
  });
  await step('a row that is opened is read also while the pointer rests on the list', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    const target = row(page, /Guest 100/);
    await target.scrollIntoViewIfNeeded();
    await target.click();
    await bubble(page, 'question 100').waitFor();
    await until(async () => !/unread/.test(await target.innerText()), 'the count of the row going');
  });
  await step('closed by e with the pointer on the list, a row leaves and the next one is opened', page, async () => {
    const target = row(page, /Guest 099/);
    await target.click();
    await bubble(page, 'question 99').waitFor();
    await target.hover();
    await log(page).focus();
    await page.keyboard.press('e');
    await until(async () => (await page.locator('.thread-who h2').textContent()) === 'Guest 098', 'the next one being opened');
    await target.waitFor({ state: 'detached' });
  });
  await step('with two lines each row, the header and the composer say which line', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20050`);
    await row(page, /Guest 050/).getByText('Second line').waitFor();
    await row(page, /Guest 050/).click();
    await page.locator('#thread-head').getByText(/Second line/).waitFor();
    await page.locator('#window-line').getByText('Second line').waitFor();
  });
  await step('what a search finds is listed latest first', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest`);
    equal((await page.locator('#queue-rows .queue-name').first().textContent()).trim(), 'Guest 108', 'the first one');
  });
  await step('a row names who wrote last, and “You” is the reader alone', page, async () => {
    const talk = (await server.api('GET', '/v1/conversations?q=guest%20060')).json.data[0];
    await server.api('POST', `/v1/conversations/${talk.id}/messages`, { text: 'Sent by a program' }, { 'idempotency-key': 'faults-author' });
    await page.goto(`${server.origin}/inbox?q=guest%20060`);
    await row(page, /API: Sent by a program/).waitFor();
  });
  await step('a thread with many new messages opens at its end and leads to the first of them', page, async () => {
    const many = Array.from({ length: 25 }, (_, place) => ({ name: 'Guest 070', number: '919811230170', id: `wamid.more.${place}`, words: `more ${place}` }));
    equal((await second.write(many)).status, 200, 'status');
    await page.goto(`${server.origin}/inbox?q=guest%20070`);
    await row(page, /Guest 070/).click();
    await bubble(page, 'more 24').waitFor();
    await page.getByRole('button', { name: /^\d+ new above$/ }).click();
    await until(() => page.evaluate(() => {
      const [line, pane] = [document.getElementById('item-new').getBoundingClientRect(), document.getElementById('thread-log').getBoundingClientRect()];
      return line.top >= pane.top - 1 && line.bottom <= pane.bottom + 1;
    }), 'the line being in sight');
    equal(await page.locator('#thread-pill').isVisible(), false, 'the button, once it was pressed');
  });
  await step('people who write during the sample day are listed without a reload', phone, async () => {
    await phone.goto(`${server.origin}/sandbox`);
    await phone.getByRole('button', { name: 'Play a day of sample conversations' }).click();
    await phone.getByRole('link', { name: /Meera Pillai|Grace Mathew|Asha Subramaniam/ }).first().waitFor({ timeout: 15_000 });
    const answered = async () => (await server.api('GET', '/v1/conversations?q=asha%20subramaniam')).json.data[0]?.last?.direction === 'outbound';
    await until(answered, 'the first answer of the day', 30_000);
    await phone.getByRole('button', { name: 'Stop' }).click();
    await phone.getByText(/Stopped after/).waitFor();
  });
  await step('the sample day is that of a shop of this name that may sell anything, and says who answered', page, async () => {
    const { name } = (await server.api('GET', '/v1/organisation')).json;
    await page.goto(`${server.origin}/inbox?q=asha%20subramaniam`);
    await row(page, /Sample day: /).first().click();
    await bubble(page, `this is ${name}.`).waitFor();
    await bubble(page, `this is ${name}.`).getByText('Sample day').first().waitFor();
    const all = (await server.api('GET', '/v1/conversations?limit=100')).json.data.filter((talk) => !/^Guest|^Tara/.test(talk.person.profile_name ?? ''));
    for (const talk of all) {
      const words = JSON.stringify((await server.api('GET', `/v1/conversations/${talk.id}/messages`)).json.data).replaceAll(name, '');
      holds(!/plant|monstera|orchid|nursery|\bpot\b/i.test(words), `${talk.person.profile_name} talks about plants`);
    }
    const templates = JSON.stringify((await server.api('GET', `/v1/accounts/${(await server.api('GET', '/v1/accounts')).json.data.find((one) => one.name === 'Shop line').id}/templates`)).json.data);
    holds(templates.includes(name) && !/nursery|succulent|plant/i.test(templates.replaceAll(name, '')), 'the templates are those of a nursery');
  });
}

async function undoing({ server, page }) {
  const assignee = async (name) => (await server.api('GET', `/v1/conversations?q=${encodeURIComponent(name)}`)).json.data[0].assignee;
  const state = async (name) => (await server.api('GET', `/v1/conversations?q=${encodeURIComponent(name)}`)).json.data[0]?.state;
  await step('undo says whose conversation it is about', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await openRow(page, /Guest 097/);
    await bubble(page, 'question 97').waitFor();
    await log(page).focus();
    await page.keyboard.press('m');
    await page.getByText('Assigned Guest 097 to you', { exact: true }).waitFor();
    await openRow(page, /Guest 096/);
    await bubble(page, 'question 96').waitFor();
    await page.getByText('Assigned Guest 097 to you', { exact: true }).waitFor();
    await page.getByRole('button', { name: /Undo/ }).last().click();
    await until(async () => (await assignee('guest 097')) === null, 'it being unassigned');
  });
  await step('of two quick closes both are taken back', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    for (const name of ['Guest 095', 'Guest 094']) {
      await openRow(page, new RegExp(name));
      await page.locator('.thread-who h2').getByText(name).waitFor();
      await page.getByRole('button', { name: /^Close/ }).first().click();
      await row(page, new RegExp(name)).waitFor({ state: 'detached' });
    }
    for (const name of ['Closed Guest 094', 'Closed Guest 095']) await page.locator('#undo .bar').filter({ hasText: name }).getByRole('button').first().click();
    await until(async () => (await state('guest 095')) === 'open' && (await state('guest 094')) === 'open', 'both being open again');
  });
  await step('Snooze and Assign open at their first choice, and a digit chooses', page, async () => {
    await openRow(page, /Guest 093/);
    await bubble(page, 'question 93').waitFor();
    await log(page).focus();
    await page.keyboard.press('s');
    const dialog = page.getByRole('dialog', { name: 'Snooze until' });
    await dialog.waitFor();
    equal(await page.evaluate(() => document.activeElement.className), 'option', 'what has the focus');
    await page.keyboard.press('3');
    await page.locator('#thread-head').getByText(/snoozed until/).waitFor();
    await log(page).focus();
    await page.keyboard.press('s');
    await until(async () => !/snoozed/.test(await page.locator('#thread-head').innerText()), 'the snooze ending');
    await log(page).focus();
    await page.keyboard.press('a');
    await page.getByRole('dialog', { name: 'Assign' }).waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'assign-narrow', 'what has the focus');
    await page.keyboard.press('2');
    await page.getByText('Assigned Guest 093 to you', { exact: true }).waitFor();
  });
}

async function composing({ server, page }) {
  await step('an address of a picture that is none is refused at its field, before it is sent', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20092`);
    await openRow(page, /Guest 092/);
    await reply(page).waitFor();
    await page.getByRole('button', { name: 'Template', exact: true }).click();
    await page.getByRole('group', { name: 'Template', exact: true }).getByRole('button', { name: /New pots/ }).click();
    const form = page.getByRole('form', { name: 'New pots' });
    const link = form.getByRole('textbox').first();
    await link.fill('x');
    const sent = [];
    page.on('request', (request) => { if (/\/template$/.test(request.url())) sent.push(request.url()); });
    const button = form.getByRole('button', { name: 'Send template' });
    if (await button.isEnabled()) await button.click();
    await page.waitForTimeout(400);
    equal(sent.length, 0, 'templates that were sent');
    equal(await link.evaluate((field) => field.matches(':invalid')), true, 'the field being wrong');
  });
  await step('at 1280 pixels the templates have room beside the person', page, async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    // The conversation is open still, so nothing of it is put in its place once more.
    await page.reload();
    await reply(page).waitFor();
    await page.getByRole('button', { name: 'Template', exact: true }).click();
    const list = page.locator('.picker-list');
    await list.waitFor();
    const { width } = await list.boundingBox();
    holds(width >= 170, `the list of templates is ${Math.round(width)} pixels wide`);
    await picture(page, 'faults-picker-1280');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}

async function small({ server, page }) {
  await step('at 200 percent the list shows two rows and the thread has room', page, async () => {
    await page.setViewportSize({ width: 640, height: 400 });
    await page.goto(`${server.origin}/inbox`);
    await rows(page).first().waitFor();
    const list = await page.locator('#queue-scroll').boundingBox();
    holds(list.height >= 130, `the list is ${Math.round(list.height)} pixels high`);
    await rows(page).first().getByRole('link').click();
    await reply(page).waitFor();
    const thread = await log(page).boundingBox();
    holds(thread.height >= 96, `the thread is ${Math.round(thread.height)} pixels high`);
    await picture(page, 'faults-zoomed');
  });
  await step('at 360 pixels one can sign out', page, async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(`${server.origin}/contacts`);
    await page.getByRole('button', { name: /signed in as/ }).click();
    const out = page.getByRole('button', { name: 'Sign out' });
    await out.waitFor();
    const box = await out.boundingBox();
    holds(box.y >= 0 && box.y + box.height <= 740, 'it is out of sight');
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
}

async function optOut({ server, page, phone, guard }) {
  await step('one STOP is one line, and the composer says what is still possible', [page, phone], async () => {
    await page.goto(`${server.origin}/inbox?q=tara%20menon`);
    await openRow(page, /Tara Menon/);
    await bubble(page, 'monstera').waitFor();
    await phone.goto(`${server.origin}/sandbox/ZZ.919840012345`);
    await says(phone, 'STOP');
    await page.locator('#window-line').getByText(/^Opted out of all messages\. One confirmation is possible until/).waitFor();
    equal(await page.locator('.item-event').filter({ hasText: /opted out/ }).count(), 1, 'lines about it');
    const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
    // What ends on this channel, and marketing, which ends on all.
    const scopes = (await server.api('GET', `/v1/contacts/${talk.contact}/consents`)).json.data.map((entry) => entry.scope).sort();
    equal(new Set(scopes).size, scopes.length, `entries of one kind: ${scopes}`);
    await page.getByRole('button', { name: 'Insert confirmation' }).click();
    holds((await reply(page).inputValue()).includes('write START'), 'the prepared text');
    await reply(page).fill('');
  });
  await step('a row says that its person opted out, instead of how long a reply is possible, and no longer once they write again', [page, phone], async () => {
    await page.goto(`${server.origin}/inbox?q=tara%20menon`);
    await row(page, /Tara Menon/).getByText('Opted out', { exact: true }).waitFor();
    equal(await row(page, /Tara Menon/).getByText(/ left$/).count(), 0, 'chips about the reply window');
    await picture(page, 'faults-opted-out');
    equal(await row(page, /Guest/).count(), 0, 'others in the search');
    await page.goto(`${server.origin}/inbox`);
    await row(page, /Guest 098/).waitFor();
    equal(await row(page, /Guest/).getByText('Opted out', { exact: true }).count(), 0, 'others that opted out');
    await openRow(page, /Tara Menon/);
    await bubble(page, 'monstera').waitFor();
  });
  await step('after five minutes the confirmation is not possible any more, and the box says so', page, async () => {
    await server.ahead(6 * 60);
    await page.reload();
    await page.locator('#refusal').waitFor();
    equal(await reply(page).count(), 0, 'reply boxes');
  });
  await step('START after it makes no opt-in that never was', [page, phone], async () => {
    await says(phone, 'START');
    await reply(page).waitFor();
    await until(async () => (await row(page, /Tara Menon/).first().getByText('Opted out', { exact: true }).count()) === 0, 'the chip of the row going');
    const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
    const person = page.getByRole('region', { name: 'Consent' });
    await page.reload();
    await person.getByText('WhatsApp, marketing').waitFor();
    equal(await person.getByText('Not asked').count(), 2, 'purposes that were not asked about');
    const refused = await server.api('POST', `/v1/conversations/${talk.id}/messages`, { template: { name: 'weekend_offer', language: 'en' } }, { 'idempotency-key': 'faults-start' });
    equal(`${refused.status} ${refused.json.code}`, '403 consent.unknown', 'the answer to an offer');
  });
  await step('with a shut window nothing says that replies need no opt-in, and r leads to the templates', page, async () => {
    await server.ahead(25 * 3600);
    await guard.context.clearCookies();
    await signIn(page, server.origin);
    await page.goto(`${server.origin}/inbox?q=guest%20091`);
    await openRow(page, /Guest 091/);
    await page.getByText(/Reply window closed since/).waitFor();
    equal(await page.getByText(/need no opt-in/).count(), 0, 'words about opt-ins for replies');
    await moveAway(page);
    await log(page).focus();
    await page.keyboard.press('r');
    await until(() => page.evaluate(() => document.activeElement.id === 'picker-search'), 'the search for templates having the focus');
  });
  await step('at 360 pixels a shut window leaves the private note within reach', page, async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.reload();
    await page.getByText(/Reply window closed since/).waitFor();
    const note = page.getByRole('button', { name: /Private note/ });
    await note.scrollIntoViewIfNeeded();
    const [box, bar] = [await note.boundingBox(), await page.getByRole('navigation', { name: 'Main' }).boundingBox()];
    holds(box.y + box.height <= bar.y + 1, `the button ends at ${Math.round(box.y + box.height)}, and the bar begins at ${Math.round(bar.y)}`);
    await picture(page, 'faults-shut-360');
  });
}
