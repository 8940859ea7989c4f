// Numbers and addresses for who sees them masked: an agent who shows those of one person, and a viewer who cannot.
import { serious } from './access.mjs';
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

const WHOLE = '+91 98400 77321';
const MASK = '+91 •••• ••••21';

export async function masking(scene) {
  const { server, guard } = scene;
  story('Masked numbers');
  const details = [{ kind: 'phone', value: WHOLE, label: 'mobile' }, { kind: 'email', value: 'nila@example.com' }];
  const contact = (await server.api('POST', '/v1/contacts', { name: 'Nila Menon', details })).json.id;
  const admin = await guard.open();
  const agent = await join(scene, { email: 'anand@example.com', name: 'Anand', role: 'agent' });
  const viewer = await join(scene, { email: 'vera@example.com', name: 'Vera', role: 'viewer' });
  const reached = (page) => page.locator('#addresses');
  await step('an admin has it so on the settings page', admin, async () => {
    await admin.goto(`${server.origin}/settings`);
    const box = admin.getByRole('checkbox', { name: /^Agents see numbers and email addresses masked/ });
    equal(await box.isChecked(), false, 'whether it is so at first');
    await box.check();
    await admin.locator('#settings-form').getByRole('button', { name: 'Save' }).click();
    await admin.getByText('Saved', { exact: true }).waitFor();
    await picture(admin, 'masking-settings');
  });
  await step('an agent sees masks, in the list and on the page of the contact', agent, async () => {
    await agent.goto(`${server.origin}/contacts?q=nila`);
    await agent.getByText(MASK).first().waitFor();
    await agent.goto(`${server.origin}/contacts/${contact}`);
    await reached(agent).getByText(MASK).waitFor();
    await reached(agent).getByText('n••••@example.com').waitFor();
    equal((await agent.content()).includes('77321'), false, 'whether the number is in the page');
    equal(await agent.getByRole('button', { name: /^Copy the number/ }).count(), 0, 'buttons that copy a mask');
    equal((await serious(agent)).join('\n'), '', 'what axe finds');
    await fits(agent, `${server.origin}/contacts/${contact}`, 'masking-contact');
  });
  await step('a whole number finds the person, and a part of it nobody', agent, async () => {
    await agent.goto(`${server.origin}/contacts?q=98400+77321`);
    await agent.getByRole('link', { name: /Nila Menon/ }).first().waitFor();
    await agent.goto(`${server.origin}/contacts?q=77321`);
    await agent.getByText(/^No contact/).first().waitFor();
  });
  await step('the form of the contact keeps what it does not show', agent, async () => {
    await agent.goto(`${server.origin}/contacts/${contact}`);
    await agent.locator('#edit-open').click();
    const dialog = agent.getByRole('dialog', { name: /Edit/ });
    equal(await dialog.getByRole('textbox', { name: /Number/ }).first().inputValue(), MASK, 'what the field shows');
    await dialog.getByRole('textbox', { name: 'Name' }).fill('Nila M.');
    await picture(agent, 'masking-edit');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await agent.getByRole('heading', { name: 'Nila M.' }).waitFor();
    const stored = (await server.api('GET', `/v1/contacts/${contact}`)).json;
    equal(stored.details.map((detail) => detail.value).join(), '+919840077321,nila@example.com', 'what is stored');
  });
  await step('the agent shows them, which is on record', agent, async () => {
    await agent.goto(`${server.origin}/contacts/${contact}`);
    await agent.getByRole('button', { name: 'Show numbers' }).click();
    await reached(agent).getByText(WHOLE).waitFor();
    await reached(agent).getByText('nila@example.com').waitFor();
    equal(await agent.evaluate(() => document.activeElement.matches('#addresses [data-focus]')), true, 'whether the focus is where they stand');
    for (const [width, height, scheme] of [[360, 740, 'light'], [1440, 900, 'dark']]) {
      await agent.setViewportSize({ width, height });
      await agent.emulateMedia({ colorScheme: scheme });
      await reached(agent).scrollIntoViewIfNeeded();
      await picture(agent, `masking-shown-${width}`);
    }
    await agent.emulateMedia({ colorScheme: 'light' });
    const log = (await server.api('GET', '/v1/audit/search?action=contact.revealed')).json.data;
    equal(`${log.length} ${log[0].subject}`, `1 ${contact}`, 'entries of the audit log');
    await agent.reload();
    await reached(agent).getByText(MASK).waitFor();
  });
  await step('a viewer sees masks and why, and nothing to press', viewer, async () => {
    await viewer.goto(`${server.origin}/contacts/${contact}`);
    await reached(viewer).getByText(MASK).waitFor();
    await viewer.getByText('Your role sees numbers and addresses masked.').waitFor();
    equal(await viewer.getByRole('button', { name: 'Show numbers' }).count(), 0, 'buttons');
    await picture(viewer, 'masking-viewer');
  });
  await step('agents see them whole again', admin, async () => {
    await server.api('PATCH', '/v1/organisation', { agents_see_masked: false });
    await agent.goto(`${server.origin}/contacts/${contact}`);
    await reached(agent).getByText(WHOLE).waitFor();
    holds(await agent.getByRole('button', { name: /^Copy the number/ }).isVisible(), 'the number can be copied');
  });
  for (const page of [admin, agent, viewer]) await page.close();
}
