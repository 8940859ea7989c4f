// My activity: what is kept of a member's own use, in their settings, and what who manages the organisation sees of all.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

const rows = (page) => page.getByRole('region', { name: 'What is kept of your use' }).getByRole('row');

export async function activity(scene) {
  const { server, inbox } = scene;
  story('My activity');
  const ilse = await join(scene, { email: 'ilse@example.com', name: 'Ilse Brandt', role: 'agent' });
  const contact = (await server.api('GET', '/v1/contacts?q=tara')).json.data[0];
  await step('what a member did is listed, the last first, as patterns and without what they typed', ilse, async () => {
    await ilse.goto(`${server.origin}/contacts?q=9840012345`);
    await ilse.goto(`${server.origin}/contacts/${contact.id}?tab=consent`);
    await ilse.goto(`${server.origin}/settings/profile`);
    await ilse.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'My activity' }).click();
    await ilse.getByRole('heading', { name: 'My activity', level: 2 }).waitFor();
    const cells = (row) => rows(ilse).nth(row).getByRole('cell').allInnerTexts();
    const [, page, action, browser, address] = await cells(1);
    equal([page, action, address].join(' '), '/settings/profile Opened Not known', 'the last use');
    holds(/^Chrome \d+$/.test(browser), `the browser is ${browser}`);
    equal((await cells(2))[1], '/contacts/{contact}', 'the one before');
    equal((await cells(3))[1], '/contacts', 'the one before that');
    const all = await ilse.locator('.page-body').innerText();
    for (const kept of ['9840012345', contact.id, 'tab=', 'Mozilla']) holds(!all.includes(kept), `${kept} is on the page`);
    equal(await ilse.locator('#organisation-usage').count(), 0, 'counts for an agent');
    await picture(ilse, 'activity');
  });
  await step('older rows follow on request', ilse, async () => {
    for (let count = 0; count < 50; count += 1) await ilse.evaluate(async () => { await (await fetch('v1/me/organisations')).text(); });
    await ilse.goto(`${server.origin}/settings/activity`);
    const before = await rows(ilse).count();
    await ilse.getByRole('button', { name: 'Older' }).click();
    await ilse.waitForFunction((count) => document.querySelectorAll('#usage tr').length > count, before);
    await rows(ilse).filter({ hasText: '/contacts/{contact}' }).first().waitFor();
    equal(await ilse.getByRole('button', { name: 'Older' }).count(), 0, 'a button at the end');
  });
  await step('who manages the organisation sees numbers of members, and of few nothing', inbox, async () => {
    await inbox.goto(`${server.origin}/settings/activity`);
    const counts = inbox.locator('#organisation-usage');
    await counts.getByRole('heading', { name: 'How the organisation uses Dialzio' }).waitFor();
    await counts.getByRole('row', { name: 'All other pages fewer than 5' }).waitFor();
    const numbers = await counts.locator('tbody td').allInnerTexts();
    holds(numbers.every((number) => number === 'fewer than 5' || Number(number.split(' to ')[0]) % 5 === 0), numbers.join(', '));
    holds(!(await counts.innerText()).includes('Ilse'), 'a name among the counts');
    await picture(inbox, 'activity-organisation');
  });
  await step('it fits at every width', inbox, () => fits(inbox, `${server.origin}/settings/activity`, 'activity'));
}
