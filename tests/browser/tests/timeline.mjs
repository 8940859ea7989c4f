// What happened with a person: by day and kind on the contact page, and folded in the thread.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { openRow } from './talk.mjs';

export async function timeline({ server, guard }) {
  const page = await guard.open();
  await page.setViewportSize({ width: 1440, height: 900 });
  story('What happened with a person');
  await step('changes in a row are one line that unfolds and stays open while more is added', page, async () => {
    const talk = (await server.api('GET', '/v1/conversations?q=visitor%2012')).json.data[0];
    for (const state of ['closed', 'open', 'closed', 'open']) await server.api('PATCH', `/v1/conversations/${talk.id}`, { state });
    await page.goto(`${server.origin}/inbox`);
    await openRow(page, /Visitor 12/);
    const fold = page.locator('#thread-items .fold');
    await fold.getByText(/^4 changes, /).click();
    await fold.getByText(/closed the conversation/).first().waitFor();
    await server.api('PATCH', `/v1/conversations/${talk.id}`, { state: 'closed' });
    await fold.getByText(/^5 changes, /).waitFor();
    equal(await page.locator('#thread-items .item-event').count(), 1, 'lines of changes');
    holds(await fold.evaluate((box) => box.open), 'the fold was closed');
    await picture(page, 'folded');
    await server.api('PATCH', `/v1/conversations/${talk.id}`, { state: 'open' });
  });
  await step('the contact page shows it by day, and one kind alone on demand', page, async () => {
    await page.goto(`${server.origin}/contacts?q=Tara`);
    await page.getByRole('link', { name: /Tara Menon/ }).first().click();
    const list = page.getByRole('region', { name: 'Timeline' });
    await list.getByRole('heading', { name: 'Today' }).first().waitFor();
    holds((await list.locator('.timeline-card').count()) > 0, 'no conversation in the timeline');
    await picture(page, 'timeline');
    await list.getByRole('link', { name: 'Notes' }).click();
    await until(async () => (await list.locator('.timeline-card:not(.timeline-note), .timeline-item').count()) === 0, 'notes alone');
    holds((await list.locator('.timeline-note').count()) > 0, 'no note in the timeline');
    await list.getByRole('link', { name: 'Everything' }).click();
    await list.locator('.timeline-card:not(.timeline-note)').first().waitFor();
  });
  await step('the number is copied from the head of the page', page, async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(server.origin).origin });
    await page.getByRole('button', { name: /^Copy the number/ }).click();
    await until(async () => (await page.evaluate(() => navigator.clipboard.readText())).startsWith('+91 98400'), 'the number in the clipboard');
  });
  for (const [width, scheme] of [[360, 'light'], [1024, 'dark'], [1600, 'light']]) {
    await step(`the contact page fits ${width} pixels, ${scheme}`, page, async () => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.reload();
      await page.getByRole('region', { name: 'Timeline' }).waitFor();
      holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page hangs over');
      await picture(page, `timeline-${width}-${scheme}`);
    });
  }
  await page.close();
}
