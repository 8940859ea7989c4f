// What people typed is kept, and what they look for is found: long texts, hostile names, a session that ends, a save that
// fails, a network that goes away, a search over every state.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { PASSWORD, bubble, log, openRow, row } from './talk.mjs';

const reply = (page) => page.getByRole('textbox', { name: 'Reply' });
/** Opens a conversation and waits until it is the one that is shown. */
async function open(page, name) {
  await openRow(page, name);
  await page.getByRole('log', { name }).waitFor();
}
const over = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const isInside = (page, selector) => page.locator(selector).evaluate((box) => {
  const own = box.getBoundingClientRect();
  const pane = box.closest('.thread').getBoundingClientRect();
  return own.left >= pane.left - 1 && own.right <= pane.right + 1;
});

export async function kept({ server, guard, scene }) {
  const { write } = scene.second;
  const page = await guard.open();
  await page.setViewportSize({ width: 1280, height: 800 });
  const hostile = ['W'.repeat(120), 'سلام'.repeat(20), '🌱🌱🌱', '\u202eevil\u202c', '{{name}} <b>x</b>'];
  equal((await write(hostile.map((name, place) => ({ name, number: `91987660${1000 + place}`, id: `wamid.hostile.${place}`, words: place === 1 ? 'السلام عليكم، price 4,50,000 INR (model X)' : 'Hello' })))).status, 200, 'status');

  story('Nothing typed is lost');
  await page.goto(`${server.origin}/inbox`);
  await open(page, /Visitor 07/);
  const whole = Array.from({ length: 700 }, (_, place) => `word${place}`).join(' ');
  await step('a text over the limit is counted and never cut, and the send is refused in words', page, async () => {
    await reply(page).fill('x'.repeat(3400));
    equal(await page.locator('#reply-count').isVisible(), false, 'a counter at 3,400 characters');
    await reply(page).fill('x'.repeat(3500));
    await page.getByText('3,500 of 4,096 characters').waitFor();
    await reply(page).fill(whole);
    equal((await reply(page).inputValue()).length, whole.length, 'characters in the box');
    await page.getByText(/characters over the limit of 4,096/).waitFor();
    const before = (await server.api('GET', '/v1/conversations?q=visitor%2007')).json.data[0].last_message;
    await page.keyboard.press('Control+Enter');
    await page.waitForTimeout(300);
    equal((await reply(page).inputValue()).length, whole.length, 'characters after the refused send');
    equal((await server.api('GET', '/v1/conversations?q=visitor%2007')).json.data[0].last_message, before, 'the newest message');
    await picture(page, 'over-the-limit');
  });
  await step('split into two, both parts go out, whole', page, async () => {
    await page.getByRole('button', { name: 'Split into two' }).click();
    await page.getByText(/The second part \([\d,]+\) comes into the box/).waitFor();
    const first = await reply(page).inputValue();
    holds(first.length <= 4096 && first.length > 2048, `the first part has ${first.length} characters`);
    await page.keyboard.press('Control+Enter');
    await until(async () => { const rest = await reply(page).inputValue(); return rest !== '' && rest !== first; }, 'the second part coming into the box');
    const second = await reply(page).inputValue();
    equal(`${first} ${second}`, whole, 'both parts together');
    await page.keyboard.press('Control+Enter');
    await until(async () => (await reply(page).inputValue()) === '', 'the second part being sent');
  });
  await step('what is typed while the message before is on its way stays, and goes out after it', page, async () => {
    await page.route('**/messages', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 800));
      await route.continue();
    });
    await reply(page).fill('The first of two');
    await page.keyboard.press('Control+Enter');
    await reply(page).pressSequentially('The second of two');
    await bubble(page, 'The first of two').getByTitle(/Queued|Sent|Delivered|Read/).first().waitFor();
    equal(await reply(page).inputValue(), 'The second of two', 'what is in the box');
    await page.unroute('**/messages');
    await page.keyboard.press('Control+Enter');
    await bubble(page, 'The second of two').getByTitle(/Queued|Sent|Delivered|Read/).first().waitFor();
    equal(await bubble(page, 'of two').count(), 2, 'bubbles');
    equal(await reply(page).inputValue(), '', 'what is left in the box');
  });
  await step('a long link stays inside the column', page, async () => {
    await reply(page).fill(`https://maps.example/${'a'.repeat(130)}`);
    holds(await isInside(page, '#reply-form'), 'the box hangs over its column');
    holds(await isInside(page, '#reply-form [type="submit"]'), 'the button hangs over');
    equal(await over(page), 0, 'pixels over the edge');
    await reply(page).fill('');
  });
  await step('names that strangers chose widen no page, and right-to-left text reads from the right', page, async () => {
    for (const width of [1280, 1024, 360]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of ['/contacts', '/inbox', '/sandbox']) {
        await page.goto(server.origin + path);
        await page.waitForTimeout(150);
        holds((await over(page)) <= 0, `${path} hangs over at ${width}`);
        const wide = await page.locator('.table-wrap').evaluateAll((all) => all.some((box) => box.scrollWidth > box.clientWidth + 1));
        holds(!wide, `a table of ${path} scrolls sideways at ${width}`);
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(`${server.origin}/inbox`);
    await open(page, /سلام/);
    equal(await bubble(page, 'model X').locator('.bubble-text').evaluate((text) => getComputedStyle(text).direction), 'rtl', 'direction of the message');
  });
  await step('a session that ended asks for the password over the page, and the reply goes out once', page, async () => {
    await open(page, /Visitor 08/);
    await reply(page).fill('This must not be lost');
    await page.context().clearCookies();
    await page.keyboard.press('Control+Enter');
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.waitFor();
    await until(async () => (await reply(page).inputValue()) === 'This must not be lost', 'the text standing behind the dialog');
    await picture(page, 'session-ended');
    await page.keyboard.press('Escape');
    holds(await dialog.isVisible(), 'the dialog can be sent away');
    await dialog.getByLabel('Email').fill('owner@example.com');
    await dialog.getByLabel('Password').fill('not the right password at all');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByText('Wrong email or password.').waitFor();
    await dialog.getByLabel('Password').fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await bubble(page, 'This must not be lost').getByTitle(/Queued|Sent|Delivered|Read/).first().waitFor();
    await until(async () => (await reply(page).inputValue()) === '', 'the box being empty');
    const talk = (await server.api('GET', '/v1/conversations?q=visitor%2008')).json.data[0];
    const sent = (await server.api('GET', `/v1/conversations/${talk.id}/messages`)).json.data.filter((message) => message.direction === 'outbound');
    equal(sent.length, 1, 'messages sent');
  });
  await step('a save that fails says so beside its control, which goes back to what is stored', page, async () => {
    await page.setViewportSize({ width: 1600, height: 900 });
    const person = page.getByRole('complementary', { name: 'Visitor 08' });
    await page.route('**/stage', (route) => route.fulfill({ status: 403, contentType: 'text/html', body: '<span>Your role does not allow this.</span>' }));
    await person.getByLabel('Stage').selectOption('lost');
    await person.getByText('Your role does not allow this.').waitFor();
    equal(await person.getByLabel('Stage').inputValue(), 'new', 'the stage that is shown');
    await page.unroute('**/stage');
    await page.setViewportSize({ width: 1280, height: 800 });
  });
  await step('after an outage the page repairs itself and complains no more', page, async () => {
    // Refused connections are errors of the console, so this page is not watched for them.
    const alone = await guard.context.newPage();
    await alone.goto(`${server.origin}/inbox`);
    await open(alone, /Visitor 09/);
    // The other pages, which are watched, go offline too: what they still read about the opened row comes first.
    await alone.waitForTimeout(1000);
    await alone.context().setOffline(true);
    await reply(alone).fill('While the line was down');
    await alone.keyboard.press('Control+Enter');
    await alone.getByText('Not sent: no connection. Your text is kept.').waitFor();
    await until(async () => (await reply(alone).inputValue()) === 'While the line was down', 'the text being back');
    await alone.context().setOffline(false);
    await alone.getByText('Not sent: no connection. Your text is kept.').waitFor({ state: 'hidden', timeout: 4000 });
    await alone.keyboard.press('Control+Enter');
    await bubble(alone, 'While the line was down').getByTitle(/Queued|Sent|Delivered|Read/).first().waitFor();
    await alone.close();
  });

  story('Everybody is found');
  await step('search looks at every state, counts each, and clears', page, async () => {
    const closed = (await server.api('GET', '/v1/conversations?q=visitor%2003')).json.data[0];
    equal((await server.api('PATCH', `/v1/conversations/${closed.id}`, { state: 'closed' }, { 'if-match': `"${closed.revision}"` })).status, 200, 'status');
    await page.goto(`${server.origin}/inbox`);
    await page.getByLabel('Search people').fill('visitor 03');
    await page.getByText('Closed 1', { exact: true }).waitFor();
    await row(page, /Visitor 03/).waitFor();
    await page.getByLabel('Search people').fill('visitor');
    await page.getByText('Open 59', { exact: true }).waitFor();
    const shown = await page.locator('#queue-rows > li.queue-row').count();
    const more = page.getByRole('button', { name: 'Load more' });
    await more.first().click();
    await until(async () => (await page.locator('#queue-rows > li.queue-row').count()) > shown, 'more of what was found');
    await picture(page, 'search-states');
    await page.getByLabel('Search people').fill('%');
    await page.getByText('Nothing matches').waitFor();
    await page.getByRole('link', { name: 'Clear search' }).click();
    await row(page, /Visitor 00/).waitFor();
  });
  await step('the last digits of a number find the person, with zeros as typed', page, async () => {
    await page.getByLabel('Search people').fill('10055');
    await row(page, /Visitor 55/).waitFor();
    equal(await page.locator('#queue-rows > li.queue-row').count(), 1, 'rows');
    await page.getByLabel('Search people').fill('0055');
    await row(page, /Visitor 55/).waitFor();
    await page.getByLabel('Search people').fill('');
    await row(page, /Visitor 00/).waitFor();
  });
  await step('Ctrl K leads to pages and commands', page, async () => {
    await page.keyboard.press('Control+k');
    await page.getByLabel('Find a person, a page or a command').fill('chan');
    await page.getByRole('option', { name: /Settings: channels/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Channels', level: 2 }).first().waitFor();
    equal(new URL(page.url()).pathname, '/settings/channels', 'address');
  });
  await step('reload deep in the queue keeps rows and place', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await row(page, /Visitor 00/).waitFor();
    const scroll = page.locator('#queue-scroll');
    while (await page.locator('#queue-more').count()) {
      const before = await page.locator('#queue-rows > li').count();
      await scroll.evaluate((list) => { list.scrollTop = list.scrollHeight; });
      await until(async () => (await page.locator('#queue-rows > li').count()) !== before, 'the list reading on');
    }
    await scroll.evaluate((list) => { list.scrollTop = 2500; });
    const rows = await page.locator('#queue-rows > li.queue-row').count();
    await page.reload();
    await until(async () => (await page.locator('#queue-rows > li.queue-row').count()) === rows, 'the same rows');
    await until(async () => Math.abs((await scroll.evaluate((list) => list.scrollTop)) - 2500) < 100, 'the same place');
  });
  await step('from an opened conversation two Tabs at most lead to the reply box, Enter into the messages', page, async () => {
    await open(page, /Visitor 20/);
    await reply(page).waitFor();
    await until(() => log(page).evaluate((box) => box === document.activeElement), 'the messages having the focus');
    // The way of an answer comes first where there are several.
    const focused = () => page.evaluate(() => document.activeElement.id);
    await page.keyboard.press('Tab');
    if ((await focused()) !== 'reply-text') await page.keyboard.press('Tab');
    equal(await focused(), 'reply-text', 'what has the focus');
    await log(page).focus();
    await page.keyboard.press('Enter');
    holds(await page.evaluate(() => document.activeElement.closest('.item') !== null), 'the focus is not in a message');
    await page.keyboard.press('Escape');
    holds(await log(page).evaluate((box) => box === document.activeElement), 'Escape does not lead back to the messages');
  });
  await step('who hears the page is told who speaks, and which button answers what', page, async () => {
    const words = await bubble(page, 'I am number 20').innerText();
    holds(/Visitor 20/.test(await bubble(page, 'I am number 20').textContent()), `no speaker is named in: ${words}`);
    await log(page).getByRole('button', { name: /^Reply to: I am number 20/ }).waitFor({ state: 'attached' });
  });
  await page.close();
}
