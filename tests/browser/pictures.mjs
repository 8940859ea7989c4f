// Takes the pictures of the README from sample data: node pictures.mjs writes them to docs/pictures. Look at each before it is
// committed. With pngquant on the machine they are reduced to a palette.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startBrowser } from './browser.mjs';
import { equal } from './report.mjs';
import { startServer } from './server.mjs';
import { join } from './tests/people.mjs';
import { PASSWORD, bubble, invent, openRow, says, signIn } from './tests/talk.mjs';

const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
const LARGEST = 250_000;
const HOUR = 3600;
const run = promisify(execFile);

/** Asks the API as the member whose page it is, so that their name stands below what was done. */
const asMember = (page, method, path, body, headers = {}) => page.evaluate(async ([how, where, json, extra]) => {
  const answer = await fetch(where, { method: how, headers: { 'X-Dialzio-Request': '1', 'content-type': 'application/json', ...extra }, body: JSON.stringify(json) });
  return answer.status;
}, [method, path, body, headers]);

async function take(page, name, width, height) {
  await page.setViewportSize({ width, height });
  // Nothing has the focus, nothing is under the pointer, and every letter and picture is there.
  await page.mouse.move(width / 2, 2);
  await page.evaluate(async () => { document.activeElement?.blur(); await document.fonts.ready; });
  await page.waitForTimeout(900);
  const path = `${FOLDER}${name}.png`;
  await page.screenshot({ path });
  await run('pngquant', ['--quality=80-98', '--speed', '1', '--output', `${path}.small`, '--', path]).then(() => rename(`${path}.small`, path), () => process.stdout.write(`${name}.png was not reduced: pngquant is missing or refused it\n`));
  const { size } = await stat(path);
  process.stdout.write(`${name}.png  ${width}x${height}  ${Math.round(size / 1000)} kB${size > LARGEST ? ', too large' : ''}\n`);
}

const server = await startServer();
const guard = await startBrowser(server.origin);
const page = await guard.open();
const phone = await guard.openBeside();
phone.origin = server.origin;
try {
  await mkdir(FOLDER, { recursive: true });
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel('Time zone of your business').selectOption('Asia/Kolkata');
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No open conversations.').waitFor();
  await guard.share();
  const meera = await join({ server, guard }, { email: 'meera@example.com', name: 'Meera Nair', role: 'agent' });
  await meera.context().close();

  const talk = await mornings();
  await server.ahead(8.5 * HOUR);
  await evening(talk);
  await take(page, 'inbox', 1440, 900);
  await page.goto(`${server.origin}/inbox`);
  await openRow(page, /Farhan Qureshi/);
  await bubble(page, /./).first().waitFor();
  await take(page, 'narrow', 390, 844);
  await page.setViewportSize({ width: 1440, height: 900 });
  await calls();
  await take(page, 'calls', 1440, 900);
  await templates();
  await take(page, 'templates', 1440, 900);
} finally {
  await guard.browser.close();
  await server.stop();
}

/** At noon a customer asks, is answered, and agrees to offers. */
async function mornings() {
  await invent(phone, { name: 'Tara Menon', number: '+91 98400 12345' });
  await says(phone, 'Good morning, is the monstera still there?');
  await openRow(page, /Tara Menon/);
  await page.getByRole('textbox', { name: 'Reply' }).fill('Good morning Tara, yes. We keep one for you until Friday. 🌿');
  await page.keyboard.press('Control+Enter');
  await bubble(page, 'We keep one for you').getByTitle(/Delivered|Read/).waitFor();
  await says(phone, 'Lovely, I come on Thursday. Do you have a pot for it?');
  await page.getByRole('textbox', { name: 'Reply' }).fill('We have three sizes, from 450 rupees.');
  await page.keyboard.press('Control+Enter');
  await bubble(page, 'three sizes').getByTitle(/Delivered|Read/).waitFor();
  const found = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  const contact = `/v1/contacts/${found.contact}`;
  equal(await asMember(page, 'PATCH', contact, { stage: 'customer', tags: ['monstera', 'loyalty card'] }), 200, 'status of the contact');
  equal(await asMember(page, 'POST', `${contact}/tasks`, { title: 'Put the monstera aside', due_at: new Date(server.now() + 30 * HOUR * 1000).toISOString() }), 201, 'status of the task');
  equal(await asMember(page, 'POST', `${contact}/consents`, { channel: 'whatsapp', scope: 'marketing', evidence: { kind: 'paper', note: 'Form 118, folder at the counter' }, occurred_at: new Date(server.now()).toISOString() }), 201, 'status of the opt-in');
  await page.getByRole('log').focus();
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'Private note' }).fill('Gets the loyalty price.');
  await page.getByRole('button', { name: 'Add note' }).click();
  await bubble(page, 'Gets the loyalty price').waitFor();
  return found;
}

/** In the evening an offer waits for the morning, the customer opts out, and others write. */
async function evening(talk) {
  await guard.context.clearCookies();
  await signIn(page, server.origin);
  await guard.share();
  await phone.goto(`${server.origin}/sandbox`);
  await phone.getByRole('button', { name: 'Play a day of sample conversations' }).click();
  await phone.getByRole('progressbar').waitFor();
  await phone.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 });
  const colleague = (await server.api('GET', '/v1/members')).json.data.find((member) => member.name === 'Meera Nair').id;
  const all = (await server.api('GET', '/v1/conversations?limit=50')).json.data;
  for (const one of all.slice(2, 6)) equal(await asMember(page, 'PATCH', `/v1/conversations/${one.id}`, { assignee: colleague }), 200, 'status of an assignment');
  const offer = { template: { name: 'weekend_offer', language: 'en' } };
  equal(await asMember(page, 'POST', `/v1/conversations/${talk.id}/messages`, offer, { 'idempotency-key': randomUUID() }), 202, 'status of the offer');
  await page.waitForTimeout(1500);
  await phone.goto(`${server.origin}/sandbox/ZZ.919840012345`);
  await says(phone, 'STOP');
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${server.origin}/inbox`);
  await page.locator('#queue-scroll').evaluate((list) => { list.scrollTop = 0; });
  await openRow(page, /Tara Menon/);
  await page.getByText(/opted out of all messages/).first().waitFor();
}

/** Calls of every kind in the log, and one that rings. */
async function calls() {
  const telephones = phone.getByRole('region', { name: 'Telephones' });
  const press = (name) => telephones.getByRole('button', { name, exact: true }).click();
  const dock = page.getByRole('complementary', { name: 'Calls' });
  const of = async (name) => {
    await phone.goto(`${server.origin}/sandbox`);
    const link = phone.getByRole('link', { name: new RegExp(name) }).first();
    await phone.goto(await link.evaluate((one) => one.href));
    await phone.getByRole('log', { name: 'Messages on the phone' }).waitFor();
  };
  await page.goto(`${server.origin}/calls`);
  const answered = async (name, outcome, note) => {
    await of(name);
    await press('Call');
    await press('Desk answers');
    await dock.getByText('In call').waitFor();
    await server.ahead(95 + name.length * 7);
    await press('Person hangs up');
    const form = dock.getByRole('form', { name: 'After the call' });
    await form.waitFor();
    await form.getByLabel('Outcome').selectOption({ label: outcome });
    await form.getByLabel('Note').fill(note);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
    await server.ahead(240);
  };
  await answered('Asha Subramaniam', 'Interested', 'Wants the list of what is new');
  await answered('Devika Nair', 'Call back later', 'After six');
  await of('Meera Pillai');
  await press('Call');
  await press('Leave a voicemail');
  await server.ahead(300);
  await of('Suresh Kamath');
  await press('Call');
  await press('Person hangs up');
  await server.ahead(420);
  await answered('Grace Mathew', 'Interested', 'Visits on Saturday');
  await of('Nandini Bose');
  await press('Call');
  await page.goto(`${server.origin}/calls`);
  await dock.getByText('Incoming call').waitFor();
}

/** A day later the reply window is shut, and marketing needs an opt-in. */
async function templates() {
  await server.ahead(25 * HOUR);
  await guard.context.clearCookies();
  await signIn(page, server.origin);
  await openRow(page, /Grace Mathew/);
  const picker = page.getByRole('group', { name: 'Template', exact: true });
  await page.getByText(/Reply window closed since/).waitFor();
  await picker.getByRole('button', { name: /Weekend offer/ }).click();
  await page.getByText('No opt-in is recorded').first().waitFor();
  await picker.getByRole('group', { name: 'Preview' }).waitFor();
}
