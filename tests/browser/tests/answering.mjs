// Two members answer one person: the slower one is told, and an answer opens a closed conversation. After the story of SMS,
// whose person from London has no reply window.
import { equal, picture, step, story } from '../report.mjs';
import { bubble, openRow } from './talk.mjs';

const SECRET = 'nine grey herons wait at dawn';
const box = (page) => page.getByRole('form', { name: 'Reply' }).getByRole('textbox', { name: 'Reply' });
const send = (page) => page.getByRole('form', { name: 'Reply' }).getByRole('button', { name: 'Send', exact: true });
const olivia = /7946 0123/;

export async function answering({ server, guard }) {
  story('Two members answer');
  const ravi = await guard.open();
  await ravi.goto(`${server.origin}/inbox?view=all&state=open`);
  const invited = (await server.api('POST', '/v1/members', { email: 'dev@example.com', role: 'agent' })).json;
  const dev = await guard.openAlone();
  await dev.goto(invited.setup_url);
  await dev.getByLabel('Your name').fill('Dev Shah');
  await dev.getByLabel('Password').fill(SECRET);
  await dev.getByRole('button', { name: 'Create account' }).click();
  await dev.getByRole('link', { name: /^All/ }).click();
  await openRow(dev, olivia);
  await openRow(ravi, olivia);
  await step('who began to write before a colleague answered is told, and the text stays', [dev, ravi], async () => {
    await box(dev).pressSequentially('On Saturdays too.');
    await box(ravi).fill('On Mondays as well.');
    await send(ravi).click();
    await bubble(dev, 'On Mondays as well.').first().waitFor();
    await send(dev).click();
    await dev.getByRole('alert').filter({ hasText: /Ravi Kumar answered \d+ s ago, after you began to write/ }).waitFor();
    equal(await box(dev).inputValue(), 'On Saturdays too.', 'the text');
    await picture(dev, 'answered-meanwhile');
  });
  await step('a second press sends it anyway, once', [dev, ravi], async () => {
    await send(dev).click();
    await bubble(ravi, 'On Saturdays too.').first().waitFor();
    equal(await bubble(ravi, 'On Saturdays too.').count(), 1, 'bubbles');
  });
  await step('an answer into a closed conversation opens it again', ravi, async () => {
    await ravi.getByRole('button', { name: /^Close/ }).first().click();
    await ravi.getByRole('button', { name: /^Reopen/ }).first().waitFor();
    await ravi.goto(`${server.origin}/inbox?view=all&state=closed`);
    await openRow(ravi, olivia);
    await ravi.getByRole('button', { name: /^Reopen/ }).waitFor();
    await box(ravi).fill('And one more thing.');
    await send(ravi).click();
    await ravi.getByRole('button', { name: /^Close/ }).first().waitFor();
  });
  await dev.context().close();
  await ravi.close();
}
