// Two members in one conversation: each sees that the other looks, and writes.
import { holds, picture, step, story } from '../report.mjs';
import { isSamePage, mark, openRow, row } from './talk.mjs';

const SECRET = 'seven brown foxes sleep in hedges';

export async function presence({ server, guard, inbox }) {
  story('Two members in one conversation');
  const invited = (await server.api('POST', '/v1/members', { email: 'meera@example.com', role: 'agent' })).json;
  const meera = await guard.openAlone();
  await inbox.goto(`${server.origin}/inbox?view=all&state=open`);
  await step('a colleague joins and opens the conversation: each sees the other, oneself is not named', [inbox, meera], async () => {
    await meera.goto(invited.setup_url);
    await meera.getByLabel('Your name').fill('Meera Nair');
    await meera.getByLabel('Password').fill(SECRET);
    await meera.getByRole('button', { name: 'Create account' }).click();
    await meera.getByRole('link', { name: /^All/ }).click();
    await row(meera, /Tara Menon/).waitFor();
    await openRow(inbox, /Tara Menon/);
    await mark(inbox);
    await openRow(meera, /Tara Menon/);
    await inbox.getByText('Meera Nair is viewing', { exact: true }).waitFor();
    await meera.getByText('Ravi Kumar is viewing', { exact: true }).waitFor();
  });
  await step('writing is seen while it lasts, and nothing that was written', [inbox, meera], async () => {
    await meera.getByRole('textbox', { name: 'Reply' }).pressSequentially('Let me look');
    await inbox.getByText('Meera Nair is writing', { exact: true }).waitFor();
    await picture(inbox, 'presence');
    holds(!(await inbox.content()).includes('Let me look'), 'what a colleague writes is on the page');
    await inbox.getByText('Meera Nair is viewing', { exact: true }).waitFor({ timeout: 15_000 });
    await meera.getByRole('textbox', { name: 'Reply' }).fill('');
    holds(await isSamePage(inbox), 'the page was loaded again');
  });
  await step('who leaves the conversation is gone from it', [inbox, meera], async () => {
    await meera.goto(`${server.origin}/contacts`);
    await inbox.getByText(/Meera Nair is/).waitFor({ state: 'detached' });
  });
  await meera.context().close();
}
