// What strangers and colleagues may type at worst, through every page at every size and colour: nothing hangs over an edge,
// no control is out of reach or under 24 pixels. On a server of its own, with such texts in every place that takes one.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../browser.mjs';
import { startProvider } from '../provider.mjs';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { startServer } from '../server.mjs';
import { join as joins } from './people.mjs';
import { postSigned } from './order.mjs';
import { PASSWORD } from './talk.mjs';
import { connectSecond } from './unknown.mjs';

const LONG = 'W'.repeat(120);
const LINK = `https://maps.example/${'a'.repeat(279)}`;
const NAMES = [LONG, 'सुब्रह्मण्यम्'.repeat(9), 'سلام'.repeat(30), '漢字'.repeat(60), '\u202egnirts desrever\u202c', '🌱🌿🪴', '{{name}} {first_name} <b>x</b>'];
const WORDS = ['w'.repeat(5000), 'word '.repeat(1000), LINK, '🌱'.repeat(200), '{{1}} {{name}} <script>alert(1)</script>', 'السلام عليكم، price 4,50,000 INR (model X)', '\u202egnirts desrever'];
const number = (place) => `91981120${String(7000 + place)}`;

const SIZES = [['360 light', 360, 740, 'light'], ['360 dark', 360, 740, 'dark'], ['1024 light', 1024, 768, 'light'], ['1024 dark', 1024, 768, 'dark'], ['1600 light', 1600, 900, 'light'], ['1600 dark', 1600, 900, 'dark']];

/** The pages that the server answers, as its routes name them. Those that only lead elsewhere are none. */
async function routes() {
  const read = (path) => readFile(fileURLToPath(new URL(`../../../dialzio-http/src/web/${path}`, import.meta.url)), 'utf8');
  const source = `${await read('mod.rs')}${await read('sandbox/mod.rs')}`;
  const found = [...source.matchAll(/\.route\("(\/[^"]*)", get\(([\w:]+)\)/g)].filter(([, path, handler]) => !/^\/(web|assets)\/|\.csv$/.test(path) && !/moved$|home$/.test(handler));
  return found.map(([, path]) => path);
}

export async function hostile() {
  story('The worst that can be typed, on every page');
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

async function walk({ server, guard, provider }) {
  const page = await guard.open();
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Q'.repeat(120));
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No open conversations.').waitFor();
  await guard.share();
  let addresses = null;
  await step('such names and texts are taken wherever a person can put them', page, async () => {
    addresses = await plant({ server, guard, provider, page });
  });
  if (!addresses) return;
  await step('every page that the server has is among those that are looked at', null, async () => {
    const all = await routes();
    holds(all.length > 25, `only ${all.length} routes were found`);
    const missing = all.filter((route) => {
      const form = new RegExp(`^${route.replace(/\{[^}]*\}/g, '[^/?]+')}(\\?|#|$)`);
      return !addresses.some(([path]) => form.test(path));
    });
    equal(missing.join(' '), '', 'pages that are not looked at');
  });
  const alone = await guard.openAlone();
  for (const [name, width, height, scheme] of SIZES) {
    await step(`nothing hangs over and everything can be reached: ${name}`, page, async () => {
      const wrong = [];
      for (const [path, label, isPublic] of addresses) {
        const at = isPublic ? alone : page;
        await at.setViewportSize({ width, height });
        await at.emulateMedia({ colorScheme: scheme });
        await at.goto(server.origin + path);
        await at.locator('main').first().waitFor();
        // Calls of earlier, and what else the page asks for at once.
        await at.waitForTimeout(120);
        for (const fault of await at.evaluate(faults)) wrong.push(`${path.replace(/[0-9a-f-]{36}/g, '…')}: ${fault}`);
        if (scheme === 'light') await picture(at, `hostile-${width}-${label}`);
      }
      holds(wrong.length === 0, wrong.join('\n'));
    });
  }
  await alone.context().close();
}

/** In the page: what is wider than it should be, out of reach, or too small. */
function faults() {
  const found = [];
  const name = (one) => `${one.tagName.toLowerCase()}${one.id ? `#${one.id}` : ''}.${[...one.classList].join('.')} “${(one.textContent ?? '').replace(/\s+/g, ' ').trim().slice(0, 24)}”`;
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`the page is ${wide} pixels too wide`);
  // Many parts stand there at once, narrower than they are anywhere, each with the ids of its kind.
  if (location.pathname.endsWith('/dev/parts')) return found;
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && one.getClientRects().length > 0 && !one.closest('.sr, .skip, [hidden], [inert]');
  for (const one of document.querySelectorAll('body *')) {
    if (!isShown(one)) continue;
    const style = getComputedStyle(one);
    // A table may be scrolled.
    if (['auto', 'scroll'].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1 && !one.matches('pre, textarea') && !one.matches('.table-wrap, .table-scroll')) found.push(`${name(one)} scrolls sideways by ${one.scrollWidth - one.clientWidth}`);
  }
  for (const one of document.querySelectorAll('button, summary, select, textarea, a[href], input:not([type="hidden"])')) {
    if (!isShown(one)) continue;
    const box = one.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1) found.push(`${name(one)} is at ${Math.round(box.left)} to ${Math.round(box.right)} of ${innerWidth}`);
    // A box and its label are one control, and a link within a sentence is as high as the sentence.
    const label = one.labels?.[0]?.getBoundingClientRect();
    const height = Math.max(box.height, label?.height ?? 0);
    const width = Math.max(box.width, label?.width ?? 0);
    const isInSentence = one.matches('a, .link-button') && getComputedStyle(one).display.startsWith('inline') && one.parentElement.textContent.trim() !== one.textContent.trim();
    if (!isInSentence && (height < 23.5 || width < 23.5)) found.push(`${name(one)} has ${Math.round(box.width)} by ${Math.round(box.height)} pixels`);
  }
  return [...new Set(found)].slice(0, 80);
}

/** Puts such texts everywhere, and answers the addresses of the pages that show them. */
async function plant({ server, guard, provider, page }) {
  const api = async (method, path, body, status = 201, headers = {}) => {
    const answer = await server.api(method, path, body, headers);
    equal(answer.status, status, `status of ${method} ${path}: ${JSON.stringify(answer.json)?.slice(0, 300)}`);
    return answer.json;
  };
  provider.state.templates = [
    { id: '1', name: `order_${'x'.repeat(100)}`, language: 'en', status: 'APPROVED', category: 'UTILITY', components: [{ type: 'HEADER', format: 'TEXT', text: LONG.slice(0, 60) }, { type: 'BODY', text: `{{1}} ${'y'.repeat(900)}` }, { type: 'FOOTER', text: 'z'.repeat(60) }, { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'B'.repeat(25) }] }] },
    { id: '2', name: 'spring_offer', language: 'ar', status: 'APPROVED', category: 'MARKETING', components: [{ type: 'BODY', text: 'سلام'.repeat(100) }] },
  ];
  const second = await connectSecond(server, provider);
  await api('PATCH', `/v1/accounts/${second.account.id}`, { name: 'L'.repeat(64) }, 200);
  await api('POST', `/v1/accounts/${second.account.id}/templates/sync`, undefined, 200);
  const now = Math.floor(server.now() / 1000);
  const people = NAMES.map((name, place) => ({ name, number: number(place), id: `wamid.name.${place}`, words: 'Hello', at: String(now - 900 + place) }));
  equal((await second.write(people)).status, 200, 'status');
  equal((await second.write(WORDS.map((words, place) => ({ name: LONG, number: number(0), id: `wamid.words.${place}`, words, at: String(now - 600 + place) })))).status, 200, 'status');
  const talks = (await api('GET', '/v1/conversations?limit=100', undefined, 200)).data;
  const talk = talks.find((one) => one.person.phone === `+${number(0)}`);
  holds(talk, 'no conversation');
  const say = (body) => server.api('POST', `/v1/conversations/${talk.id}/messages`, body, { 'idempotency-key': randomUUID() });
  for (const text of ['v'.repeat(4096), LINK, '🌱']) equal((await say({ text })).status, 202, 'status of an answer');
  await api('POST', `/v1/conversations/${talk.id}/scheduled-messages`, { text: 's'.repeat(4000), send_at: new Date(server.now() + 3600000).toISOString() }, 201, { 'idempotency-key': randomUUID() });
  provider.state.refuses = { status: 400, body: { error: { message: 'M'.repeat(300), type: 'OAuthException', code: 131009, error_data: { details: 'D'.repeat(500) } } } };
  equal((await say({ text: `Refused ${LONG}` })).status, 202, 'status of an answer');
  await until(async () => (await api('GET', `/v1/conversations/${talk.id}/messages`, undefined, 200)).data.some((message) => message.status === 'failed'), 'a message being refused');
  provider.state.refuses = null;

  const contact = `/v1/contacts/${talk.contact}`;
  await api('PATCH', contact, { name: LONG, details: [{ kind: 'phone', value: `+${number(0)}`, label: 'l'.repeat(64) }, { kind: 'email', value: `${'e'.repeat(60)}@${'d'.repeat(60)}.example.com` }], tags: ['t'.repeat(64), '🌱', '{{tag}}'] }, 200);
  await api('POST', `${contact}/notes`, { text: 'n'.repeat(5000) });
  await api('POST', `${contact}/notes`, { text: `See ${LINK}` });
  await api('POST', `${contact}/tasks`, { title: 'k'.repeat(500), due_at: new Date(server.now() - 86400000).toISOString() });
  await api('POST', `${contact}/consents`, { channel: 'whatsapp', scope: 'marketing', evidence: { kind: 'paper', note: 'p'.repeat(2000) }, occurred_at: new Date(server.now() - 86400000).toISOString() });
  await api('POST', '/v1/canned-replies', { title: 'c'.repeat(120), shortcut: 's'.repeat(32), text: 'r'.repeat(4096) });
  await api('POST', '/v1/dispositions', { name: 'O'.repeat(40), label: 'O'.repeat(40) }).catch(() => {});
  const accounts = (await api('GET', '/v1/accounts', undefined, 200)).data;
  const telephone = accounts.find((one) => one.provider === 'piopiy');
  await api('POST', '/v1/call-flows', { account: telephone.id, name: 'f'.repeat(120), enabled: false, definition: {
    greeting: { say: 'g'.repeat(600) }, ring: { targets: [{ number: '+919876500009' }], strategy: 'together', seconds: 20 }, voicemail: { prompt: 'v'.repeat(600) },
  } });
  const member = await joins({ server, guard }, { email: 'hostile@example.com', name: 'H'.repeat(120), role: 'agent' });
  await member.context().close();
  await api('POST', '/v1/members', { email: `${'q'.repeat(60)}@${'x'.repeat(60)}.example.com`, role: 'viewer' });
  const unheard = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: second.account.business_id, changes: [{ field: 'f'.repeat(100), value: { metadata: { phone_number_id: second.account.routing_key }, news: 'u'.repeat(2000) } }] }] });
  await postSigned(second.app.hook_url, unheard, 'the-secret-of-the-second-app');
  const event = (await until(async () => (await api('GET', '/v1/quarantine', undefined, 200)).data[0], 'an event being held back')).id;

  // A call by somebody with such a name, and a voicemail.
  await page.goto(`${server.origin}/sandbox`);
  await page.getByLabel('Profile name').fill(LONG.slice(0, 80));
  await page.getByLabel('Number', { exact: true }).fill(`+${number(90)}`);
  await page.getByRole('button', { name: 'Open phone' }).click();
  await page.getByRole('textbox', { name: 'Message', exact: true }).fill('w'.repeat(2000));
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  const telephones = page.getByRole('region', { name: 'Telephones' });
  await telephones.getByRole('button', { name: 'Call', exact: true }).click();
  await telephones.getByRole('button', { name: 'Leave a voicemail', exact: true }).click();
  const phone = new URL(page.url()).pathname;
  const call = (await until(async () => (await api('GET', '/v1/calls', undefined, 200)).data[0], 'a call in the log')).id;
  await api('PATCH', `/v1/calls/${call}`, { note: 'x'.repeat(3000) }, 200);
  const spoken = accounts.find((one) => one.provider === 'telecmi');
  await page.goto(`${server.origin}/help`);
  await page.getByLabel('Subject').fill('h'.repeat(120));
  await page.getByLabel('Question').fill('q'.repeat(3000));
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.waitForURL(/\/help\/.+/);
  const request = new URL(page.url()).pathname;
  await api('POST', '/v1/identity-providers', { name: 'i'.repeat(120), issuer: `https://login.example.com/${'i'.repeat(400)}`, client_id: 'c'.repeat(300), client_secret: 'a secret' });
  const { organisation } = await api('GET', '/v1/me', undefined, 200);
  const invited = await api('POST', '/v1/members', { email: 'late@example.com', role: 'viewer' });
  return [
    ['/inbox', 'inbox'], [`/inbox/${talk.id}`, 'thread'], [`/inbox?q=${'W'.repeat(30)}`, 'search'], [`/inbox/${talks.find((one) => one.person.phone === `+${number(2)}`).id}`, 'thread-rtl'],
    ['/tasks?view=team', 'tasks'], ['/notices', 'notices'], ['/news', 'news'], ['/help', 'help'], [request, 'help-request'], ['/contacts', 'contacts'], ['/contacts/import', 'import'], [`/contacts/${talk.contact}`, 'contact'], [`/contacts/${talk.contact}?tab=consent`, 'ledger'],
    ['/calls', 'calls'], [`/calls/${call}`, 'call'], ['/reports/calls', 'report'],
    ['/settings', 'settings'], ['/settings/profile', 'profile'], ['/second-factor', 'second-factor'], ['/settings/members', 'members'], ['/settings/audit', 'audit'], ['/settings/api-keys', 'api-keys'], ['/settings/activity', 'activity'], ['/settings/canned-replies', 'canned'], ['/settings/call-flows', 'flows'],
    ['/settings/recordings', 'recordings'], [`/settings/recordings?contact=${talk.contact}`, 'recordings-of'], ['/settings/channels', 'channels'],
    ...['whatsapp', 'telecmi', 'piopiy', 'piopiy_v3'].map((provider) => [`/settings/channels/new?provider=${provider}`, `channel-${provider}`]),
    [`/settings/channels/${spoken.id}/agents`, 'agents'], [`/settings/channels/${spoken.id}/sms`, 'sms'], ['/settings/templates', 'templates'],
    ['/settings/events', 'events'], [`/settings/events/${event}`, 'event'], ['/sandbox', 'sandbox'], [phone, 'phone'],
    [`/sandbox/of/${talk.id}`, 'phone-beside'], ['/dev/parts', 'parts'], ['/no-such-page', 'nowhere'],
    ['/sign-in', 'sign-in', true], [`/sign-in/${organisation}`, 'sign-on', true], ['/sign-on/return?error=access_denied', 'sign-on-return', true], ['/forgot', 'forgot', true], ['/email-link', 'email-link', true], ['/new-password', 'new-password', true], ['/link', 'link', true], ['/confirm', 'confirm', true], [new URL(invited.setup_url).pathname + new URL(invited.setup_url).hash, 'set-up', true],
  ];
}
