// The page of tasks: mine and the team's, ticked off in place, by key, and live.
import { equal, holds, picture, step, story, until } from '../report.mjs';

export async function tasks({ server, guard }) {
  story('What is to be done');
  const page = await guard.open();
  const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  await page.goto(`${server.origin}/inbox`);
  const add = async (title, hours, assignee) => {
    const due = hours === null ? undefined : new Date(server.now() + hours * 3600000).toISOString();
    const made = await server.api('POST', `/v1/contacts/${talk.contact}/tasks`, { title, due_at: due, assignee });
    equal(made.status, 201, `status of ${title}`);
    return made.json.id;
  };
  const member = (await server.api('GET', '/v1/members')).json.data[0].id;
  await step('it is in the navigation and in Ctrl K, and says where tasks come from', page, async () => {
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Tasks' }).click();
    await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
    await page.getByText('You have no open tasks. Tasks are added on a contact.').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByLabel('Find a person, a page or a command').fill('overdue');
    await page.getByRole('option', { name: /Tasks: overdue/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('Nothing is overdue.').waitFor();
    await page.getByRole('link', { name: 'Show all open tasks' }).click();
    await page.getByRole('link', { name: 'Inbox' }).first().waitFor();
    await page.getByRole('main').click({ position: { x: 700, y: 500 } });
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await until(async () => new URL(page.url()).pathname === '/tasks' && new URL(page.url()).search === '', 'g t leading to the tasks');
  });
  await step('a task of today and an overdue one come in by themselves, in their groups', page, async () => {
    await page.getByText('You have no open tasks.').waitFor();
    await page.waitForTimeout(600);
    await add('Send the price list to Tara', null, member);
    await add('Call Tara back about the monstera', -26, member);
    await add('Order new pots', 72, member);
    for (const [group, words] of [['Overdue 1', 'Call Tara back about the monstera'], ['Later 1', 'Order new pots'], ['No date 1', 'Send the price list to Tara']]) {
      await page.getByRole('region', { name: group }).getByText(words).waitFor();
    }
    await picture(page, 'tasks');
  });
  const box = (words) => page.getByRole('checkbox', { name: words });
  await step('j, e and u walk, tick off and take back, and the focus keeps its place', page, async () => {
    await page.keyboard.press('j');
    holds(await page.evaluate(() => document.activeElement.closest('li')?.textContent.includes('Call Tara back')), 'the first task has not the focus');
    await page.keyboard.press('e');
    await box('Call Tara back about the monstera').waitFor({ state: 'detached' });
    await page.getByText('Done: Call Tara back about the monstera', { exact: true }).waitFor();
    await until(() => page.evaluate(() => Boolean(document.activeElement.closest('#task-list li'))), 'the next task having the focus');
    await picture(page, 'task-done');
    await page.keyboard.press('u');
    await box('Call Tara back about the monstera').waitFor();
    equal(await box('Call Tara back about the monstera').isChecked(), false, 'the box of the task that is open again');
    await box('Order new pots').focus();
    await page.keyboard.press('Space');
    await box('Order new pots').waitFor({ state: 'detached' });
  });
  await step('the team’s are beside one’s own, the address keeps what is listed, and a colleague’s tick is seen', page, async () => {
    await page.getByRole('link', { name: /^Team/ }).click();
    await page.getByRole('link', { name: /^Overdue 1/ }).click();
    await page.reload();
    await box('Call Tara back about the monstera').waitFor();
    equal(await page.getByRole('checkbox').count(), 1, 'overdue tasks');
    await page.waitForTimeout(600);
    const open = (await server.api('GET', `/v1/contacts/${talk.contact}/tasks`)).json.data.find((task) => task.title.startsWith('Call Tara back'));
    equal((await server.api('PATCH', `/v1/contacts/${talk.contact}/tasks/${open.id}`, { done: true }, { 'if-match': `"${open.revision}"` })).status, 200, 'status');
    await page.getByText('Nothing is overdue.').waitFor();
    await page.goBack();
    equal(new URL(page.url()).searchParams.get('due'), 'all', 'what the address lists after Back');
  });
  for (const task of (await server.api('GET', `/v1/contacts/${talk.contact}/tasks`)).json.data.filter((one) => one.done_at === null)) {
    await server.api('PATCH', `/v1/contacts/${talk.contact}/tasks/${task.id}`, { done: true }, { 'if-match': `"${task.revision}"` });
  }
  await page.close();
}
