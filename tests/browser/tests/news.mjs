// What's new: the operator publishes, members see it in the rail and on the page, and choose about product news.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

const badge = (page) => page.locator('.rail a[href="news"] .badge');

export async function news(scene) {
  const { server } = scene;
  story("What's new");
  const noor = await join(scene, { email: 'noor@example.com', name: 'Noor', role: 'viewer' });
  const publish = (kind, title) => server.command('news', 'publish', '--kind', kind, '--title', title, '--text', 'Some things change.\nRead on.', '--reason', 'browser test');
  await step('news of the operator is counted in the rail and read once', noor, async () => {
    await publish('maintenance', 'Work on Sunday');
    await publish('product', 'A new report');
    await noor.goto(`${server.origin}/inbox`);
    equal((await badge(noor).innerText()).trim().split(/\s/)[0], '2', 'unread news');
    await noor.getByRole('link', { name: "What's new" }).first().click();
    await noor.getByRole('heading', { name: 'Work on Sunday' }).waitFor();
    await picture(noor, 'news');
    await noor.getByRole('button', { name: 'Mark all as read' }).click();
    await noor.getByRole('button', { name: 'Mark all as read' }).waitFor({ state: 'detached' });
    await noor.goto(`${server.origin}/news`);
    equal(await badge(noor).count(), 0, 'a mark in the rail');
  });
  await step('product news is turned off, and nothing else', noor, async () => {
    await noor.getByRole('button', { name: 'Turn product news off' }).click();
    await noor.getByRole('button', { name: 'Turn product news on' }).waitFor();
    equal(await noor.getByRole('heading', { name: 'A new report' }).count(), 0, 'product news');
    holds(await noor.getByRole('heading', { name: 'Work on Sunday' }).count() === 1, 'maintenance is still there');
  });
  await step('it fits at every width', noor, () => fits(noor, `${server.origin}/news`, 'news'));
}
