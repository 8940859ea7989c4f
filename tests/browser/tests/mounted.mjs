// The server below a path of somebody else's site, which has a first page, an inbox and a fallback of its own.
import { createServer, request as ask } from 'node:http';
import { startBrowser } from '../browser.mjs';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { freePort, startServer } from '../server.mjs';
import { PASSWORD, bubble, invent, isSamePage, mark, moveAway, openRow, row, says } from './talk.mjs';

const OWN = { '/': 'The nursery', '/inbox': 'The nursery’s own inbox' };

/** A site that passes on what is below the path, as it is, and answers all else itself. */
async function startSite(port, to, prefix) {
  const site = createServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://site.example');
    if (pathname !== prefix && !pathname.startsWith(`${prefix}/`)) {
      outgoing.writeHead(pathname in OWN ? 200 : 404, { 'content-type': 'text/html; charset=utf-8' });
      outgoing.end(`<!doctype html><title>Nursery</title><link rel="icon" href="data:,"><h1>${OWN[pathname] ?? 'The nursery has no such page'}</h1>`);
      return;
    }
    const passed = ask({ host: '127.0.0.1', port: to, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise((resolve) => site.listen(port, '127.0.0.1', resolve));
  return { stop: () => { site.closeAllConnections(); site.close(); } };
}

export async function mounted() {
  story('Below a path of another site');
  const port = await freePort();
  const server = await startServer({ at: '/crm', public: `http://127.0.0.1:${port}` });
  const site = await startSite(port, server.port, '/crm');
  const guard = await startBrowser(`http://127.0.0.1:${port}`);
  try {
    await walk(server, guard, `http://127.0.0.1:${port}`);
  } finally {
    await guard.browser.close();
    site.stop();
    await server.stop();
  }
}

async function walk(server, guard, host) {
  const inbox = await guard.open();
  const outside = [];
  inbox.on('request', (request) => {
    const { protocol, pathname } = new URL(request.url());
    if (protocol === 'http:' && !pathname.startsWith('/crm/')) outside.push(pathname);
  });
  const path = () => new URL(inbox.url()).pathname;

  await step('the site keeps its own pages', inbox, async () => {
    for (const [own, words] of [...Object.entries(OWN), ['/contacts', 'The nursery has no such page']]) {
      await inbox.goto(host + own);
      await inbox.getByRole('heading', { name: words }).waitFor();
    }
    outside.length = 0;
  });
  await step('the link of the invitation leads below the path, and so does what follows', inbox, async () => {
    equal(server.setup.split('#')[0], `${host}/crm/setup`, 'the link');
    await inbox.goto(server.setup);
    await inbox.getByLabel('Your name').fill('Ravi Kumar');
    await inbox.getByLabel(/Country of your business/).fill('IN');
    await inbox.getByLabel('Password').fill(PASSWORD);
    await inbox.getByRole('button', { name: 'Create account' }).click();
    await inbox.getByText('No open conversations.').waitFor();
    equal(path(), '/crm/inbox', 'address');
    const cookies = await inbox.context().cookies(`${host}/crm/inbox`);
    equal(cookies.map((cookie) => `${cookie.name} ${cookie.path}`).sort().join(), '__Secure-dialzio_device /crm,__Secure-dialzio_session /crm', 'cookies');
    await mark(inbox);
  });
  const phone = await guard.open();
  phone.origin = server.origin;
  await step('a message arrives by its webhook and is shown live', [inbox, phone], async () => {
    await invent(phone, { name: 'Tara Menon', number: '+91 98400 12345' });
    await says(phone, 'Good morning, is the monstera still there?');
    await row(inbox, /Tara Menon/).waitFor();
    holds(await isSamePage(inbox), 'the inbox was loaded again');
  });
  await step('it is opened and answered in place, and the answer reaches the phone', [inbox, phone], async () => {
    await openRow(inbox, /Tara Menon/);
    await bubble(inbox, 'is the monstera still there?').waitFor();
    holds(/^\/crm\/inbox\/[0-9a-f-]+$/.test(path()), `address ${path()}`);
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('We keep one for you.');
    await inbox.keyboard.press('Control+Enter');
    await bubble(inbox, 'We keep one for you.').getByTitle(/Delivered|Read/).waitFor();
    await phone.getByRole('log').getByText('We keep one for you.').waitFor();
    await until(async () => !/unread/.test(await row(inbox, /Tara Menon/).innerText()), 'the unread count going');
    holds(await isSamePage(inbox), 'the inbox was loaded again');
    await picture(inbox, 'mounted');
  });
  await step('a draft is there again after a reload', inbox, async () => {
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('And a pot for');
    const saved = inbox.waitForResponse((answer) => answer.url().endsWith('/draft'));
    equal((await saved).status(), 204, 'status of the save');
    await inbox.reload();
    equal(await inbox.getByRole('textbox', { name: 'Reply' }).inputValue(), 'And a pot for', 'what stands in the box');
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('');
  });
  await step('search, tabs and the way back stay below the path', inbox, async () => {
    await mark(inbox);
    await inbox.getByLabel('Search people').fill('tara');
    await until(() => new URL(inbox.url()).searchParams.get('q') === 'tara', 'the search being in the address');
    await row(inbox, /Tara Menon/).waitFor();
    await inbox.getByLabel('Search people').fill('');
    await moveAway(inbox);
    await until(() => !new URL(inbox.url()).searchParams.get('q'), 'the search being taken back');
    await inbox.getByRole('link', { name: /^Closed/ }).click();
    await until(() => new URL(inbox.url()).searchParams.get('state') === 'closed', 'the closed ones being listed');
    await row(inbox, /Tara Menon/).waitFor({ state: 'detached' });
    await inbox.goBack();
    await row(inbox, /Tara Menon/).waitFor();
    holds(path().startsWith('/crm/inbox'), `address ${path()}`);
  });
  await step('skip links lead to places of the page that is shown', inbox, async () => {
    const before = inbox.url();
    for (const [name, id] of [['Skip to content', 'main'], ['Skip to conversations', 'queue-search']]) {
      await inbox.getByRole('link', { name }).focus();
      await inbox.keyboard.press('Enter');
      equal(await inbox.evaluate(() => document.activeElement.id), id, `focus after ${name}`);
    }
    equal(inbox.url(), before, 'address');
  });
  await step('Ctrl K finds pages and people, and single keys lead on', inbox, async () => {
    await inbox.keyboard.press('Control+k');
    await inbox.getByLabel('Find a person, a page or a command').fill('tara');
    await inbox.getByRole('option', { name: /Tara Menon/ }).click();
    await inbox.waitForURL(/\/crm\/(inbox|contacts)\/[0-9a-f-]+/);
    await inbox.keyboard.press('Control+k');
    await inbox.getByLabel('Find a person, a page or a command').fill('contacts');
    await inbox.getByRole('option', { name: /^Contacts/ }).waitFor();
    await inbox.keyboard.press('Enter');
    await inbox.waitForURL(`${host}/crm/contacts`);
    await inbox.keyboard.press('g');
    await inbox.keyboard.press('s');
    await inbox.waitForURL(`${host}/crm/settings`);
  });
  await step('settings are saved, and the theme is kept for the path alone', inbox, async () => {
    await inbox.getByRole('button', { name: /^Save/ }).first().click();
    await inbox.getByText('Saved', { exact: false }).first().waitFor();
    await inbox.getByRole('button', { name: /Menu, signed in as/ }).click();
    await inbox.getByLabel('Dark').check();
    const theme = (await inbox.context().cookies(`${host}/crm/inbox`)).find((cookie) => cookie.name === 'dialzio_theme');
    equal(theme?.path, '/crm', 'path of the theme');
    await inbox.goto(`${host}/crm/settings/channels`);
    equal(await inbox.evaluate(() => document.documentElement.dataset.theme), 'dark', 'theme');
  });
  await step('what is not signed in is asked to sign in, and comes back to its page', inbox, async () => {
    await inbox.getByRole('button', { name: /Menu, signed in as/ }).click();
    await inbox.getByRole('button', { name: 'Sign out' }).click();
    await inbox.waitForURL(`${host}/crm/sign-in`);
    await inbox.goto(`${host}/crm/contacts?q=tara`);
    equal(path(), '/crm/sign-in', 'address');
    await inbox.getByLabel('Email').fill('owner@example.com');
    await inbox.getByLabel('Password').fill(PASSWORD);
    await inbox.getByRole('button', { name: 'Sign in' }).click();
    await inbox.waitForURL(`${host}/crm/contacts?q=tara`);
    await inbox.getByRole('link', { name: 'Tara Menon' }).first().waitFor();
  });
  await step('nothing was ever asked of the site itself, and no console had an error', inbox, async () => {
    equal([...new Set(outside)].join(), '', 'paths outside');
    holds(guard.trouble.length === 0, [...new Set(guard.trouble)].join('\n'));
  });
}
