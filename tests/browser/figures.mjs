// How fast the inbox is with ten thousand conversations: first paint, a click to its thread, the bytes of a click, a key in the
// search to its answer. Prints a table. Not a test: the figures are of this machine.
//
//   DIALZIO_BIN=target/release/dialzio node figures.mjs
//   CONVERSATIONS=1000 DIALZIO_BIN=target/debug/dialzio node figures.mjs
import { startBrowser } from './browser.mjs';
import { startProvider } from './provider.mjs';
import { equal, until } from './report.mjs';
import { startServer } from './server.mjs';
import { PASSWORD } from './tests/talk.mjs';
import { connectSecond } from './tests/unknown.mjs';

const MANY = Number(process.env.CONVERSATIONS ?? 10_000);
const BATCH = 100;
const say = (line) => process.stdout.write(`${line}\n`);
const median = (all) => [...all].sort((one, other) => one - other)[Math.floor(all.length / 2)];
const span = (all) => `${Math.round(Math.min(...all))} to ${Math.round(Math.max(...all))}`;

/** One person in each conversation, a batch in each webhook, one after the other. */
async function fill(server, second) {
  const from = Math.floor(server.now() / 1000) - MANY - 60;
  const begun = performance.now();
  for (let first = 0; first < MANY; first += BATCH) {
    const people = Array.from({ length: Math.min(BATCH, MANY - first) }, (_, place) => {
      const which = first + place;
      return { name: `Person ${String(which).padStart(5, '0')}`, number: `9197${String(10_000_000 + which)}`, id: `wamid.many.${which}`, words: `Is order ${which} on its way?`, at: String(from + which) };
    });
    equal((await second.write(people)).status, 200, 'status of a webhook');
  }
  const newest = `9197${10_000_000 + MANY - 1}`;
  await until(async () => (await server.api('GET', `/v1/conversations?q=${newest}`)).json.data.length === 1, 'the last conversation being there', 120_000);
  return performance.now() - begun;
}

/** First paint with everything that may be cached in the cache. */
async function firstPaints(page, url, times) {
  const found = [];
  for (let round = 0; round <= times; round += 1) {
    await page.goto(url);
    const paint = await page.evaluate(() => new Promise((done) => {
      const look = () => {
        const [first] = performance.getEntriesByName('first-contentful-paint');
        if (first) done(first.startTime); else requestAnimationFrame(look);
      };
      look();
    }));
    // The first one fills the cache.
    if (round > 0) found.push(paint);
    await page.waitForTimeout(200);
  }
  return found;
}

/** From the click to the frame after the thread is there, measured in the page. */
const click = (page, place) => page.evaluate((nth) => new Promise((done) => {
  const row = document.querySelectorAll('#queue-rows a[data-conversation]')[nth];
  const begun = performance.now();
  const seen = new MutationObserver(() => {
    if (document.getElementById('thread')?.dataset.conversation !== row.dataset.conversation) return;
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - begun));
  });
  seen.observe(document.getElementById('conversation'), { childList: true, subtree: true });
  row.click();
}), place);

/** From a key in the search to the list that it answers. The page waits 200 ms for a further key. */
const key = (page, typed) => page.evaluate((text) => new Promise((done) => {
  const field = document.getElementById('queue-search');
  const begun = performance.now();
  const seen = new MutationObserver(() => {
    if (new URLSearchParams(document.getElementById('queue-list')?.dataset.query).get('q') !== text) return;
    seen.disconnect();
    requestAnimationFrame(() => done(performance.now() - begun));
  });
  seen.observe(document.getElementById('queue'), { childList: true, subtree: true, attributes: true });
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}), typed);

/** From a webhook of a call that comes in to its card in the dock of a page that is open. */
async function pop(page, server, hook, round) {
  const shown = page.evaluate((nth) => new Promise((done) => {
    const dock = () => document.getElementById('dock')?.textContent ?? '';
    const seen = new MutationObserver(() => {
      if (!dock().includes(`98400 2${String(nth).padStart(4, '0')}`)) return;
      seen.disconnect();
      requestAnimationFrame(() => done(performance.timeOrigin + performance.now()));
    });
    seen.observe(document.body, { childList: true, subtree: true, characterData: true });
  }), round);
  const begun = Date.now();
  const call = `00000000-0000-4000-8000-${String(round).padStart(12, '0')}`;
  const body = { type: 'event', direction: 'inbound', conversation_uuid: call, cmiuuid: call, from: `9198400 2${String(round).padStart(4, '0')}`.replaceAll(' ', ''), to: '914471000001', app_id: 1234567, time: server.now(), status: 'waiting' };
  const answer = await fetch(`${server.origin}/hooks/${hook}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  equal(answer.status, 200, 'status of a webhook');
  return (await shown) - begun;
}

const server = await startServer();
const guard = await startBrowser(server.origin);
const provider = await startProvider();
try {
  const page = await guard.open();
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No open conversations.').waitFor();
  await page.goto('about:blank');
  const filled = await fill(server, await connectSecond(server, provider));
  const paints = await firstPaints(page, `${server.origin}/inbox`, 15);

  await page.locator('#queue-rows a[data-conversation]').nth(29).waitFor();
  const clicks = [];
  const bytes = [];
  let sum = 0;
  const sizes = [];
  const parts = new Map();
  page.on('requestfinished', (request) => {
    if (request.url().includes('/web/events')) return;
    sizes.push(request.sizes().then(({ responseBodySize, responseHeadersSize }) => {
      const part = new URL(request.url()).pathname.replace(/[0-9a-f-]{36}/, '{id}');
      parts.set(part, (parts.get(part) ?? 0) + responseBodySize + responseHeadersSize);
      sum += responseBodySize + responseHeadersSize;
    }));
  });
  // Each is unread until it is opened; then all are read.
  const open = async (into) => {
    for (let place = 0; place < 30; place += 1) {
      sum = 0;
      const took = await click(page, place);
      await page.waitForTimeout(700);
      await Promise.all(sizes.splice(0));
      if (into === bytes) clicks.push(took);
      into.push(sum);
    }
  };
  await open(bytes);
  const ofUnread = [...parts].map(([part, all]) => `${part} ${(all / 30000).toFixed(1)} kB`).join(', ');
  await page.waitForTimeout(1000);
  const again = [];
  await open(again);
  const searches = [];
  for (let round = 0; round < 15; round += 1) {
    searches.push(await key(page, `person 0${round}`));
    await page.waitForTimeout(300);
  }
  const hook = (await server.api('GET', '/v1/apps')).json.data.find((app) => app.provider === 'telecmi').hook_url.split('/').at(-1);
  const pops = [];
  for (let round = 0; round < 15; round += 1) {
    pops.push(await pop(page, server, hook, round));
    await page.waitForTimeout(400);
  }
  const kind = process.env.DIALZIO_BUILD ?? (/\/release\//.test(process.env.DIALZIO_BIN) ? 'release' : 'debug');
  say(`\n${MANY.toLocaleString('en')} conversations, ${kind} build, SQLite, on this machine; they came in ${(filled / 1000).toFixed(1)} s\n`);
  say('| what | median | span | aim |');
  say('|---|---|---|---|');
  say(`| first paint of /inbox, warm (15) | ${Math.round(median(paints))} ms | ${span(paints)} | under 150 ms |`);
  say(`| click to thread (30) | ${Math.round(median(clicks))} ms | ${span(clicks)} | under 80 ms |`);
  say(`| bytes of a click on an unread row, all requests (30) | ${(median(bytes) / 1000).toFixed(1)} kB | ${span(bytes.map((one) => one / 1000))} | at most 10 kB |`);
  say(`| bytes of a click on a read row, all requests (30) | ${(median(again) / 1000).toFixed(1)} kB | ${span(again.map((one) => one / 1000))} | at most 10 kB |`);
  say(`| key in the search to its answer, 200 ms of it the pause for typing (15) | ${Math.round(median(searches))} ms | ${span(searches)} | |`);
  say(`| webhook of a call to its card in the dock (15) | ${Math.round(median(pops))} ms | ${span(pops)} | under 500 ms |`);
  say(`\nA click on an unread row reads, on average: ${ofUnread}.`);
} finally {
  await guard.browser.close();
  await provider.stop();
  await server.stop();
}
