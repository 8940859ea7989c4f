// API keys in the settings: made with a choice of permissions, shown once, rotated and revoked.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

export async function apiKeys(scene) {
  const { server, inbox } = scene;
  story('API keys');
  const asked = async (key, path, from) => (await fetch(`${server.origin}${path}`, { headers: { authorization: `Bearer ${key}`, ...(from && { 'x-forwarded-for': from }) } })).status;
  const row = inbox.getByRole('listitem').filter({ hasText: 'Website form' });
  const shown = inbox.getByLabel('API key', { exact: true });
  const form = inbox.getByRole('form', { name: 'New key' });
  let first = '';
  await step('a key without a permission is refused at the field, and nothing typed is lost', inbox, async () => {
    await inbox.goto(`${server.origin}/settings`);
    await inbox.getByRole('link', { name: 'API keys' }).click();
    await inbox.getByRole('heading', { name: 'API keys', level: 2 }).waitFor();
    await form.getByLabel('Name').fill('Website form');
    await inbox.getByRole('button', { name: 'Create key' }).click();
    await inbox.getByText('Choose at least one.').waitFor();
    equal(await form.getByLabel('Name').inputValue(), 'Website form', 'the name');
    equal(await inbox.evaluate(() => document.activeElement.type), 'checkbox', 'where the focus is');
  });
  await step('a key is made, shown once, and permits what was chosen', inbox, async () => {
    await inbox.getByLabel('See contacts, notes and tasks').check();
    await inbox.getByLabel('Works for').selectOption('30');
    await inbox.getByRole('button', { name: 'Create key' }).click();
    await shown.waitFor();
    first = await shown.inputValue();
    await row.getByText('Never used · Works from everywhere').waitFor();
    holds(/^dialzio_live_/.test(first), 'its prefix');
    equal(await asked(first, '/v1/contacts'), 200, 'contacts');
    equal(await asked(first, '/v1/conversations'), 403, 'conversations');
    await picture(inbox, 'api-keys');
    await inbox.reload();
    await row.waitFor();
    holds(!(await inbox.content()).includes(first), 'it is still shown');
  });
  await step('a key that is limited to addresses is refused from elsewhere, and the list is changed in its row', inbox, async () => {
    await inbox.reload();
    await row.getByText(/Last used/).waitFor();
    await row.locator('summary').click();
    const list = row.getByLabel('Works only from (optional)');
    await list.fill('192.0.2.0/24\n10.1.2.3/8');
    await row.getByRole('button', { name: 'Save key' }).click();
    await row.getByText('write 10.0.0.0/8 for the network, or 10.1.2.3 for the address').waitFor();
    equal(await list.inputValue(), '192.0.2.0/24\n10.1.2.3/8', 'what was typed');
    equal(await inbox.evaluate(() => document.activeElement.name), 'addresses', 'where the focus is');
    await picture(inbox, 'api-keys-refused');
    await list.fill('192.0.2.0/24\n2001:db8::/32');
    await row.getByRole('button', { name: 'Save key' }).click();
    await inbox.getByText('Website form was saved.').waitFor();
    await row.getByText('Works only from 192.0.2.0/24, 2001:db8::/32').waitFor();
    equal(await asked(first, '/v1/contacts', '203.0.113.7'), 403, 'from elsewhere');
    equal(await asked(first, '/v1/contacts', '192.0.2.7'), 200, 'from the network');
    await row.locator('summary').click();
    await list.fill('');
    await row.getByRole('button', { name: 'Save key' }).click();
    await row.getByText('Works from everywhere').waitFor();
    equal(await asked(first, '/v1/contacts', '203.0.113.7'), 200, 'from everywhere again');
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
