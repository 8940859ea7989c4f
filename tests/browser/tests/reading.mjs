// What a click on an unread conversation asks the server for, and what colleagues see of it.
import { equal, holds, step, until } from '../report.mjs';
import { join } from './people.mjs';
import { bubble, moveAway, openRow, row } from './talk.mjs';

export async function reading({ server, guard, page, second }) {
  const meera = await join({ server, guard }, { email: 'reader@example.com', name: 'Meera Nair', role: 'agent' });
  const isRead = async (name) => (await server.api('GET', `/v1/conversations?q=${encodeURIComponent(name)}`)).json.data[0].unread === 0;
  await step('a click on an unread conversation reads the conversation, and nothing of it twice', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await row(page, /Guest 107/).waitFor();
    // Until the stream of events is open, and what it brings up to date is there.
    await page.waitForTimeout(1500);
    const asked = [];
    const note = (request) => { const path = new URL(request.url()).pathname; if (request.method() === 'GET' && /^\/web\//.test(path) && !/presence|dock/.test(path)) asked.push(path); };
    page.on('request', note);
    await openRow(page, /Guest 107/);
    await bubble(page, 'question 107').waitFor();
    await until(() => isRead('guest 107'), 'it being read');
    await until(async () => !/unread/.test(await row(page, /Guest 107/).innerText()), 'the number of the row going');
    await page.waitForTimeout(800);
    page.off('request', note);
    equal(asked.map((path) => path.replace(/[0-9a-f-]{36}/, '{id}')).join(' '), '/web/conversations/{id}', 'what was asked for');
  });
  await step('a colleague’s row loses its number at once, and keeps that of a message that came after', [page, meera], async () => {
    await meera.goto(`${server.origin}/inbox?view=all&state=open`);
    await row(meera, /Guest 106/).getByText(/unread/).waitFor({ state: 'attached' });
    await moveAway(meera);
    await openRow(page, /Guest 106/);
    await until(async () => !/unread/.test(await row(meera, /Guest 106/).innerText()), 'the number of the colleague’s row going');
    holds(await row(meera, /Guest 105/).getByText(/unread/).count() === 1, 'the number of another row is gone');
    await openRow(page, /Guest 104/);
    await bubble(page, 'question 104').waitFor();
    equal((await second.write([{ name: 'Guest 106', number: '919811230206', id: 'wamid.guest.again', words: 'one more' }])).status, 200, 'status');
    await row(meera, /Guest 106/).getByText('1', { exact: false }).filter({ hasText: 'unread' }).waitFor();
  });
  await step('where unread ones alone are listed, one that a colleague reads leaves the list, and the numbers follow', [page, meera], async () => {
    await meera.goto(`${server.origin}/inbox?view=all&state=open&unread=true`);
    await row(meera, /Guest 103/).waitFor();
    await moveAway(meera);
    await openRow(page, /Guest 103/);
    await row(meera, /Guest 103/).waitFor({ state: 'detached' });
  });
  await meera.context().close();
}
