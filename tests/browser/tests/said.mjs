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
  await step('what nobody said is said to be nowhere', page, async () => {
    await page.getByRole('searchbox', { name: 'Search people and messages' }).fill('monstera nobody');
    await page.getByText(/^Nothing matches\. Search looks at/).waitFor();
  });
  await page.close();
}
