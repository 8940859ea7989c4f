// Finding what was said: below the people, with the words marked, and opened at the message.
import { equal, holds, picture, step, story, until } from '../report.mjs';

export async function said({ server, guard, scene }) {
  story('Search in what was said');
  const { write } = scene.second;
  const now = Math.floor(server.now() / 1000);
  const line = (place, words) => ({ name: 'Search S', number: '919812349000', id: `wamid.said.${place}`, words, at: String(now - 600 + place) });
  equal((await write([line(0, 'Do you still have the blue Monstera in the café?')])).status, 200, 'status');
  equal((await write(Array.from({ length: 60 }, (_, place) => line(place + 1, `Line ${place}`)))).status, 200, 'status');
  const page = await guard.open();
  await page.goto(`${server.origin}/inbox`);
  const rows = page.locator('#queue-rows > li.is-message');
  await step('words of a message are found in any order, without accents, and marked', page, async () => {
    await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('cafe monst');
    await rows.first().waitFor();
    equal(await rows.count(), 1, 'messages');
    equal((await rows.locator('mark').allTextContents()).join(), 'Monstera,café', 'marked');
    await picture(page, 'said-1440');
  });
  await step('it opens the conversation at the message, also from a link', page, async () => {
    await rows.first().getByRole('link').click();
    const bubble = page.locator('#thread-items').getByRole('listitem').filter({ hasText: 'blue Monstera' });
    await until(async () => (await bubble.count()) === 1 && bubble.evaluate((item) => {
      const [inner, outer] = [item.getBoundingClientRect(), document.getElementById('thread-log').getBoundingClientRect()];
      return inner.top >= outer.top && inner.bottom <= outer.bottom;
    }), 'the message in sight');
    holds(/[?&]at=/.test(page.url()), page.url());
    await picture(page, 'said-open');
    await page.reload();
    await until(async () => (await bubble.count()) === 1 && bubble.evaluate((item) => {
      const [inner, outer] = [item.getBoundingClientRect(), document.getElementById('thread-log').getBoundingClientRect()];
      return inner.top >= outer.top && inner.bottom <= outer.bottom;
    }), 'the message in sight again');
  });
  await step('messages are narrowed by who wrote them, what they hold and when, and the choices are part of the address', page, async () => {
    const choice = async (label, value) => {
      await page.getByTitle('Filter and order').click();
      const field = page.getByLabel(label, { exact: true });
      await (await field.evaluate((one) => one.tagName) === 'SELECT' ? field.selectOption(value) : field.fill(value));
      await page.keyboard.press('Escape');
    };
    await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('cafe monst');
    await until(async () => (await rows.count()) === 1, 'the message');
    await choice('Written by', 'outbound');
    await until(async () => (await rows.count()) === 0, 'nothing of ours');
    await page.getByRole('link', { name: /^Messages from us/ }).waitFor();
    holds(/from=outbound/.test(page.url()), page.url());
    await picture(page, 'said-narrowed');
    await page.getByRole('link', { name: /^Messages from us/ }).click();
    await until(async () => (await rows.count()) === 1, 'the message again');
    await choice('Until', '2000-01-01');
    await until(async () => (await rows.count()) === 0, 'nothing so old');
    await page.reload();
    await page.getByRole('link', { name: /^Messages until/ }).click();
    await until(async () => (await rows.count()) === 1, 'the message once more');
  });
  await step('links and files stand in a list of their own, and lead back to their message; a day is gone to', page, async () => {
    equal((await write([line(70, 'See https://plants.example/blue-monstera'), line(71, 'Thank you')])).status, 200, 'status');
    await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('plants example');
    await until(async () => (await rows.count()) === 1, 'the message with the link');
    await rows.first().getByRole('link').click();
    // Opened anew, at this message.
    await page.locator('#thread-items').getByText('blue-monstera').waitFor();
    await page.getByRole('button', { name: 'Files, links, days' }).click();
    const dialog = page.getByRole('dialog', { name: /^Shared with/ });
    await dialog.getByText('Nothing of this kind has been shared here.').waitFor();
    await dialog.getByRole('button', { name: 'Links' }).click();
    await dialog.getByRole('link', { name: 'https://plants.example/blue-monstera' }).waitFor();
    await picture(page, 'shared-links');
    await dialog.getByLabel('Go to a day').fill('2001-01-01');
    await dialog.getByRole('button', { name: 'Go', exact: true }).click();
    await dialog.getByText(/^No messages on or before/).waitFor();
    const today = new Date(server.now()).toISOString().slice(0, 10);
    await dialog.getByLabel('Go to a day').fill(today);
    await dialog.getByRole('button', { name: 'Go', exact: true }).click();
    await page.waitForURL(/[?]at=/);
  });
  await step('what nobody said is said to be nowhere', page, async () => {
    await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('monstera nobody');
    await page.getByText(/^Nothing matches\. Search looks at/).waitFor();
  });
  await page.close();
}
