// The audit log: found in the settings, narrowed, verified, taken along as a file, and not there for who may not read it.
import { equal, holds, picture, step, story } from '../report.mjs';
import { fits, join } from './people.mjs';

export async function audit(scene) {
  const { server, inbox } = scene;
  story('Audit log');
  const viewer = await join(scene, { email: 'vera.audit@example.com', name: 'Vera Audit', role: 'viewer' });
  const entries = inbox.getByRole('list', { name: 'Entries' }).getByRole('listitem');
  await step('what people did is listed, newest first, with who and which record', inbox, async () => {
    await inbox.goto(`${server.origin}/settings`);
    await inbox.getByRole('link', { name: 'Audit log' }).click();
    await inbox.getByRole('heading', { name: 'Audit log', level: 2 }).waitFor();
    const joined = entries.filter({ hasText: 'Member joined' }).first();
    await joined.getByText('Vera Audit').waitFor();
    equal(await inbox.getByText('Message received', { exact: true }).count(), 1, 'places that name what the system did');
  });
  await step('it is narrowed by who, what and record, and goes on from where it ends', inbox, async () => {
    await inbox.getByLabel('What', { exact: true }).selectOption({ label: 'Member invited' });
    await inbox.getByRole('button', { name: 'Show' }).click();
    await inbox.waitForURL(/action=member\.invited/);
    holds(await entries.count() > 0, 'no invitation is on record');
    equal(await entries.filter({ hasNotText: 'Member invited' }).count(), 0, 'other entries');
    await inbox.getByRole('link', { name: 'Clear' }).click();
    const joined = entries.filter({ hasText: 'Member joined' }).first();
    await joined.getByTitle('All that was done with this record').click();
    await inbox.waitForURL(/record=/);
    await inbox.getByLabel('With what Dialzio did by itself').check();
    await inbox.getByRole('button', { name: 'Show' }).click();
    await inbox.waitForURL(/system=on/);
    // Each export is an entry.
    await inbox.evaluate(async () => {
      for (let count = 0; count < 50; count += 1) await (await fetch('settings/audit.csv')).text();
    });
    await inbox.goto(`${server.origin}/settings/audit?system=on`);
    const before = await entries.count();
    await inbox.getByRole('button', { name: 'Older entries' }).click();
    await inbox.waitForFunction((count) => document.querySelectorAll('.audit-row').length > count, before);
  });
  await step('a record that is no id is explained, and nothing is lost', inbox, async () => {
    await inbox.goto(`${server.origin}/settings/audit`);
    await inbox.getByLabel('Id of the record').fill('the third one');
    await inbox.getByRole('button', { name: 'Show' }).click();
    await inbox.getByText('The record is named by its id').waitFor();
    equal(await inbox.getByLabel('Id of the record').inputValue(), 'the third one', 'what was typed');
  });
  await step('the log is verified, and says what was compared', inbox, async () => {
    await inbox.goto(`${server.origin}/settings/audit`);
    await inbox.getByRole('button', { name: 'Verify now' }).click();
    await inbox.getByText('The log is whole').waitFor();
    await inbox.getByText(/^\d+ entries, \d+ consent records? and \d+ checkpoints? were compared\./).waitFor();
    await picture(inbox, 'audit-verified');
  });
  await step('it is taken along as a file, which is an entry itself', inbox, async () => {
    const [file] = await Promise.all([
      inbox.waitForEvent('download'),
      inbox.getByRole('link', { name: 'CSV' }).click(),
    ]);
    equal(file.suggestedFilename(), 'audit.csv', 'its name');
    await inbox.reload();
    await entries.first().getByText('Audit log exported').waitFor();
  });
  await step('a viewer has no way to it, and a try is on record', [viewer, inbox], async () => {
    await viewer.goto(`${server.origin}/settings/profile`);
    equal(await viewer.getByRole('link', { name: 'Audit log' }).count(), 0, 'links to the log');
    equal((await viewer.goto(`${server.origin}/settings/audit`)).status(), 403, 'the answer');
    await inbox.reload();
    const refused = entries.filter({ hasText: 'Access refused' }).first();
    await refused.getByText('Vera Audit').waitFor();
    await refused.getByText('audit.read').waitFor();
  });
  await step('it fits a phone and a wide screen', inbox, () => fits(inbox, `${server.origin}/settings/audit`, 'audit'));
}
