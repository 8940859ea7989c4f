// Help: a member asks, the operator answers in the command line, the member reads it, writes back and closes.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

export async function help(scene) {
  const { server, inbox } = scene;
  story('Help');
  const omar = await join(scene, { email: 'omar@example.com', name: 'Omar', role: 'viewer' });
  let id;
  await step('a member asks the operator', omar, async () => {
    await omar.goto(`${server.origin}/help`);
    await omar.getByLabel('Subject').fill('Calls are silent');
    await omar.getByLabel('Question').fill('Since this morning\nnobody hears us.');
    await omar.getByRole('button', { name: 'Send' }).click();
    await omar.getByRole('heading', { name: 'Calls are silent' }).waitFor();
    id = new URL(omar.url()).pathname.split('/').pop();
    equal(await omar.locator('#help-state').innerText(), 'Waits for an answer', 'the state');
  });
  await step('the operator reads and answers in the command line', omar, async () => {
    const list = await server.command('support', 'list', '--reason', 'browser test');
    holds(list.includes(id) && list.includes('Calls are silent'), list);
    const shown = await server.command('support', 'show', id, '--reason', 'browser test');
    holds(shown.includes('nobody hears us.'), shown);
    await server.command('support', 'answer', id, '--text', 'It was a cable.', '--reason', 'browser test');
    await omar.reload();
    await omar.getByText('It was a cable.').waitFor();
    equal(await omar.locator('#help-state').innerText(), 'Answered', 'the state');
    await picture(omar, 'help');
  });
  await step('the member writes back and closes', omar, async () => {
    await omar.getByLabel('Write a message').fill('Thank you.');
    await omar.getByRole('button', { name: 'Send' }).click();
    await omar.getByText('Thank you.').waitFor();
    await omar.getByRole('button', { name: 'Close the request' }).click();
    await omar.getByRole('button', { name: 'Close the request' }).waitFor({ state: 'detached' });
    equal(await omar.locator('#help-state').innerText(), 'Closed', 'the state');
  });
  await step('who manages the organisation sees the request and that it was read', inbox, async () => {
    await inbox.goto(`${server.origin}/help`);
    await inbox.getByRole('link', { name: 'Calls are silent' }).waitFor();
    await inbox.goto(`${server.origin}/settings/audit`);
    const entries = inbox.getByRole('list', { name: 'Entries' }).getByRole('listitem');
    await entries.filter({ hasText: 'Request for help read by the operator' }).first().waitFor();
  });
  await step('it fits at every width', inbox, () => fits(inbox, `${server.origin}/help`, 'help'));
}
