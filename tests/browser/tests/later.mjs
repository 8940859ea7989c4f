// Messages that are sent later: at the end of the thread until their time comes, changed, cancelled, and refused in words.
import { equal, picture, step, story, until } from '../report.mjs';
import { hideCalls } from './flows.mjs';
import { bubble, invent, says, signIn } from './talk.mjs';

const reply = (page) => page.getByRole('textbox', { name: 'Reply' });
const list = (page) => page.getByRole('list', { name: 'Scheduled messages' });

export async function later({ server, guard, phone }) {
  story('Sent later');
  const page = await guard.open();
  // Whatever was done with the clock and the others before: somebody new writes, so the reply window is open.
  await guard.context.clearCookies();
  await signIn(page, server.origin);
  await guard.share();
  await invent(phone, { name: 'Leela Nair', number: '+91 98400 77123' });
  await says(phone, 'Is the monstera still there?');
  const talk = await until(async () => (await server.api('GET', '/v1/conversations?q=leela')).json.data[0], 'her conversation being there');
  const kept = async () => (await server.api('GET', `/v1/conversations/${talk.id}/scheduled-messages`)).json.data;
  await page.goto(`${server.origin}/inbox/${talk.id}`);
  await step('“Later” offers times, and what is scheduled stands dashed at the end of the thread', page, async () => {
    await reply(page).fill('The monstera is ready for you.');
    await page.getByRole('button', { name: 'Later', exact: true }).click();
    await page.getByRole('dialog', { name: 'Send later' }).getByRole('button', { name: /In 3 hours/ }).waitFor();
    await picture(page, 'later-menu');
    await page.getByRole('button', { name: /In 3 hours/ }).click();
    await list(page).getByText('The monstera is ready for you.').waitFor();
    await list(page).getByText(/^Scheduled message\. Sends /).waitFor();
    equal(await reply(page).inputValue(), '', 'what is left in the box');
    equal((await kept()).length, 1, 'scheduled messages');
    await picture(page, 'later-thread');
  });
  await step('it is edited in place, and a time that has passed is refused beside its field', page, async () => {
    await list(page).getByRole('button', { name: /^Edit/ }).click();
    await page.getByRole('textbox', { name: 'Text' }).fill('Your monstera is ready.');
    const at = await page.getByLabel('Send at').inputValue();
    await page.getByLabel('Send at').fill('2020-01-01T09:00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The time has passed: choose a later time.').waitFor();
    equal(await page.getByRole('textbox', { name: 'Text' }).inputValue(), 'Your monstera is ready.', 'the text that was typed');
    await picture(page, 'later-edit');
    await page.getByLabel('Send at').fill(at);
    await page.getByRole('button', { name: 'Save' }).click();
    await list(page).getByText('Your monstera is ready.').waitFor();
  });
  await step('cancelled, and taken back', page, async () => {
    await list(page).getByRole('button', { name: /^Cancel/ }).click();
    await list(page).getByText('Your monstera is ready.').waitFor({ state: 'detached' });
    equal((await kept()).length, 0, 'scheduled messages');
    await page.getByRole('button', { name: /Undo/ }).last().click();
    await list(page).getByText('Your monstera is ready.').waitFor();
  });
  await step('when its time comes it is a message like any other, without a reload', page, async () => {
    const [one] = await kept();
    const soon = new Date(server.now() + 20 * 60000).toISOString();
    equal((await server.api('PATCH', `/v1/scheduled-messages/${one.id}`, { send_at: soon })).status, 200, 'status of another time');
    await server.ahead(21 * 60);
    await bubble(page, 'Your monstera is ready.').last().waitFor();
    await until(async () => (await kept()).length === 0, 'nothing being scheduled any more');
    await until(async () => (await list(page).getByText('Your monstera is ready.').count()) === 0, 'it leaving the end of the thread');
  });
  await step('a day and time of one’s own beyond the reply window warns; an opt-out refuses it at once, in the thread', page, async () => {
    // Calls of an earlier story stand in front of the end of the thread.
    await hideCalls(page);
    await reply(page).fill('Shall we keep it?');
    await page.getByRole('button', { name: 'Later', exact: true }).click();
    const day = new Date(server.now() + 27 * 3600000 + 5.5 * 3600000).toISOString().slice(0, 16);
    await page.getByLabel('Another day and time').fill(day);
    await page.getByRole('button', { name: 'Schedule', exact: true }).click();
    await list(page).getByText(/^Will not be sent as things stand:/).waitFor();
    await says(phone, 'STOP');
    await list(page).getByText('Will not be sent. Opted out.').waitFor();
    await picture(page, 'later-refused');
    await list(page).getByRole('button', { name: /^Discard/ }).click();
    await list(page).getByText('Shall we keep it?').waitFor({ state: 'detached' });
  });
  await page.close();
}

/** Send and close, by key. Beside the others, since it needs an open window. */
export async function sendAndClose({ server, guard }) {
  story('Send and close');
  const page = await guard.open();
  const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  await step('Ctrl, Shift and Enter send and close, and the close can be taken back', page, async () => {
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    await reply(page).fill('That is all, thank you.');
    await reply(page).press('Control+Shift+Enter');
    await bubble(page, 'That is all, thank you.').waitFor();
    await until(async () => (await server.api('GET', `/v1/conversations/${talk.id}`)).json.state === 'closed', 'the conversation being closed');
    await page.getByRole('button', { name: /Undo/ }).last().click();
    await until(async () => (await server.api('GET', `/v1/conversations/${talk.id}`)).json.state === 'open', 'it being open again');
    await reply(page).fill('One thing more.');
    await reply(page).press('Control+Enter');
    await bubble(page, 'One thing more.').waitFor();
    await page.waitForTimeout(300);
    equal((await server.api('GET', `/v1/conversations/${talk.id}`)).json.state, 'open', 'the state after an ordinary send');
  });
  await page.close();
}
