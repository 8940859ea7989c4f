// Saved views: saved beside a list, opened, marked, renamed, shared, deleted and taken back.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const menu = (page) => page.locator('#views-menu');
const link = (page, name) => menu(page).getByRole('link', { name, exact: true });
const inView = (page, heading) => menu(page).getByRole('region', { name: heading }).locator('.view-name').allTextContents();

async function open(page) {
  await page.locator('#views > summary').click();
  await menu(page).waitFor();
  await until(async () => page.evaluate(() => document.getElementById('views-menu').contains(document.activeElement)), 'focus in the menu');
}
async function save(page, name, shared = false) {
  await open(page);
  await menu(page).getByLabel('Save what is shown now as').fill(name);
  if (shared) await menu(page).getByLabel('Shared with everyone').check();
  await menu(page).getByLabel('Save what is shown now as').press('Enter');
  await link(page, name).waitFor();
}

export async function views({ server, guard }) {
  story('Saved views');
  await server.api('POST', '/v1/contacts', { name: 'Viewed A', stage: 'customer', details: [{ kind: 'phone', value: '+919840078001' }] });
  await server.api('POST', '/v1/contacts', { name: 'Viewed B', details: [{ kind: 'phone', value: '+919840078002' }] });
  const page = await guard.open();

  await step('the filters, order and columns of the contacts are saved under a name and come back by it', page, async () => {
    await page.goto(`${server.origin}/contacts?stage=customer&order=newest`);
    await page.locator('#contact-columns > summary').click();
    await page.locator('#contact-columns').getByLabel('Owner').uncheck();
    await page.keyboard.press('Escape');
    await save(page, 'Newest customers');
    equal(await link(page, 'Newest customers').getAttribute('aria-current'), 'true', 'it is what is shown');
    await picture(page, 'views-contacts');
    await page.goto(`${server.origin}/contacts`);
    await page.locator('#contact-columns > summary').click();
    await page.locator('#contact-columns').getByLabel('Owner').check();
    await page.keyboard.press('Escape');
    await open(page);
    equal(await link(page, 'Newest customers').getAttribute('aria-current'), null, 'it is not what is shown');
    await link(page, 'Newest customers').press('Enter');
    await page.waitForURL(/stage=customer/);
    holds(page.url().includes('order=newest'), page.url());
    holds(!(await page.getByRole('columnheader', { name: 'Owner' }).isVisible()), 'its columns are shown');
  });
  await step('a view is renamed, shared, and replaced by what is shown', page, async () => {
    await page.goto(`${server.origin}/contacts?stage=new`);
    await open(page);
    await menu(page).getByRole('button', { name: 'Change Newest customers' }).click();
    const form = menu(page).getByRole('form', { name: 'Change this view' });
    await form.getByLabel('Name').fill('');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('The name').waitFor();
    await form.getByLabel('Name').fill('New people');
    await form.getByLabel('List what is shown now').check();
    await form.getByLabel('Shared with everyone').check();
    await form.getByRole('button', { name: 'Save' }).click();
    await link(page, 'New people').waitFor();
    equal(await link(page, 'New people').getAttribute('aria-current'), 'true', 'it is what is shown');
    const [kept] = (await server.api('GET', '/v1/saved-views')).json.data;
    equal(`${kept.name} ${kept.shared} ${kept.query.stage}`, 'New people true new', 'what is kept');
  });
  await step('a view that is deleted comes back by Undo', page, async () => {
    await menu(page).getByRole('button', { name: 'Delete New people' }).click();
    await menu(page).getByText('Deleted: New people').waitFor();
    equal(await link(page, 'New people').count(), 0, 'gone');
    await page.locator('#undo').getByRole('button', { name: /Undo/ }).click();
    await link(page, 'New people').waitFor();
    equal((await inView(page, 'Your views')).join(), 'New people', 'there again');
    await page.keyboard.press('Escape');
    holds(!(await menu(page).isVisible()), 'closed');
  });
  await step('the inbox and the call log have views of their own', page, async () => {
    await page.goto(`${server.origin}/inbox?view=mine&state=closed&order=waiting`);
    await save(page, 'My closed ones');
    equal((await inView(page, 'Your views')).join(), 'My closed ones', 'no view of another list');
    await picture(page, 'views-inbox');
    await page.goto(`${server.origin}/calls?view=missed&from=2026-11-01`);
    await save(page, 'Missed since November');
    await picture(page, 'views-calls');
    await page.goto(`${server.origin}/inbox`);
    await open(page);
    await link(page, 'My closed ones').click();
    await page.waitForURL(/state=closed/);
    holds(page.url().includes('view=mine') && page.url().includes('order=waiting'), page.url());
    await page.setViewportSize({ width: 360, height: 740 });
    await open(page);
    await picture(page, 'views-360');
    await page.setViewportSize({ width: 1440, height: 900 });
  });
  await page.close();
}
