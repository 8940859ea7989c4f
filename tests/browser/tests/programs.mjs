// API keys in the settings: made with a choice of permissions, shown once, rotated and revoked.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

export async function apiKeys(scene) {
  const { server, inbox } = scene;
  story('API keys');
  const asked = async (key, path) => (await fetch(`${server.origin}${path}`, { headers: { authorization: `Bearer ${key}` } })).status;
  const row = inbox.getByRole('listitem').filter({ hasText: 'Website form' });
  const shown = inbox.getByLabel('API key', { exact: true });
  let first = '';
  await step('a key without a permission is refused at the field, and nothing typed is lost', inbox, async () => {
    await inbox.goto(`${server.origin}/settings`);
    await inbox.getByRole('link', { name: 'API keys' }).click();
    await inbox.getByRole('heading', { name: 'API keys', level: 2 }).waitFor();
    await inbox.getByLabel('Name').fill('Website form');
    await inbox.getByRole('button', { name: 'Create key' }).click();
    await inbox.getByText('Choose at least one.').waitFor();
    equal(await inbox.getByLabel('Name').inputValue(), 'Website form', 'the name');
    equal(await inbox.evaluate(() => document.activeElement.type), 'checkbox', 'where the focus is');
  });
  await step('a key is made, shown once, and permits what was chosen', inbox, async () => {
    await inbox.getByLabel('See contacts, notes and tasks').check();
    await inbox.getByLabel('Works for').selectOption('30');
    await inbox.getByRole('button', { name: 'Create key' }).click();
    await shown.waitFor();
    first = await shown.inputValue();
    holds(/^dialzio_live_/.test(first), 'its prefix');
    equal(await asked(first, '/v1/contacts'), 200, 'contacts');
    equal(await asked(first, '/v1/conversations'), 403, 'conversations');
    await picture(inbox, 'api-keys');
    await inbox.reload();
    await row.waitFor();
    holds(!(await inbox.content()).includes(first), 'it is still shown');
  });
  await step('a rotated key works beside its successor', inbox, async () => {
    await row.getByRole('button', { name: 'Rotate' }).click();
    await shown.waitFor();
    const second = await shown.inputValue();
    holds(second !== first, 'it is another one');
    equal(await asked(first, '/v1/contacts'), 200, 'the one before');
    equal(await asked(second, '/v1/contacts'), 200, 'the new one');
    equal(await row.count(), 2, 'keys of that name');
  });
  await step('a revoked key lets nobody in', inbox, async () => {
    await row.last().getByRole('button', { name: 'Revoke' }).click();
    await inbox.getByText('Website form was revoked.').waitFor();
    equal(await asked(first, '/v1/contacts'), 401, 'the answer');
    equal(await row.count(), 1, 'keys of that name');
  });
  await step('who manages no members has no way to it', inbox, async () => {
    const agent = await join(scene, { email: 'agent.keys@example.com', name: 'Agnes Keys', role: 'agent' });
    await agent.goto(`${server.origin}/settings/profile`);
    equal(await agent.getByRole('link', { name: 'API keys' }).count(), 0, 'links');
    equal((await agent.goto(`${server.origin}/settings/api-keys`)).status(), 403, 'the answer');
  });
  await step('it fits a phone and a wide screen', inbox, () => fits(inbox, `${server.origin}/settings/api-keys`, 'api-keys'));
}
