// Keeping order: close, reopen, assign, snooze, notes, tasks, search, keys, and news from outside the browser.
import { createHmac } from 'node:crypto';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { bubble, isSamePage, log, moveAway, openRow, row, says } from './talk.mjs';

const head = (inbox) => inbox.locator('#thread-head');
/** A line of the log about something that was done. */
const line = (inbox, words) => inbox.locator('.item-event p').filter({ hasText: words });
/** Waits for such a line, also within changes that are folded. */
const told = (inbox, words) => until(async () => {
  const folded = inbox.locator('.fold:not([open]) > summary');
  if (await folded.count()) await folded.first().click();
  return line(inbox, words).last().isVisible();
}, `a line ${words}`);
const conversations = (inbox) => inbox.getByRole('region', { name: 'Conversations' });

/** Posts a webhook with the signature that belongs to the secret. */
export const postSigned = (url, body, secret) => fetch(url, {
  method: 'POST',
  body,
  headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` },
});

export async function keepOrder({ server, inbox, phone, taraPhone }) {
  story('Order in the inbox');
  await openRow(inbox, /Tara Menon/);
  await step('assign to me, with undo', inbox, async () => {
    await inbox.getByRole('button', { name: /^Assign/ }).first().click();
    await inbox.getByRole('dialog', { name: 'Assign' }).getByRole('button', { name: /Ravi Kumar/ }).click();
    await head(inbox).getByText('assigned to you').waitFor();
    await inbox.getByRole('button', { name: /Undo/ }).last().click();
    await head(inbox).getByText(/· unassigned/).waitFor();
  });
  await step('both are lines of the log, live', inbox, async () => {
    await told(inbox, /^You assigned this to yourself/);
    await told(inbox, /^You unassigned this conversation/);
    equal(await line(inbox, /assigned this/).count(), 2, 'lines');
  });
  await step('close takes it out of the queue, undo brings it back', inbox, async () => {
    await inbox.getByRole('button', { name: /^Close/ }).first().click();
    await row(inbox, /Tara Menon/).waitFor({ state: 'detached' });
    await inbox.getByRole('button', { name: /Undo/ }).last().click();
    await moveAway(inbox);
    await row(inbox, /Tara Menon/).waitFor();
    await told(inbox, /^You closed the conversation/);
    await told(inbox, /^You reopened the conversation/);
  });
  await step('snooze, and wake up', inbox, async () => {
    await inbox.getByRole('button', { name: /^Snooze/ }).click();
    await picture(inbox, 'snooze');
    await inbox.getByRole('dialog', { name: 'Snooze until' }).getByRole('button', { name: /Tomorrow morning/ }).click();
    await head(inbox).getByText(/snoozed until tomorrow 09:00/).waitFor();
    await row(inbox, /Tara Menon/).waitFor({ state: 'detached' });
    await told(inbox, /^You snoozed the conversation until tomorrow 09:00/);
    await inbox.getByRole('button', { name: /End snooze/ }).click();
    await row(inbox, /Tara Menon/).waitFor();
    await told(inbox, /^You ended the snooze/);
  });
  await step('closed, it opens by itself when she writes', [inbox, phone], async () => {
    await inbox.getByRole('button', { name: /^Close/ }).first().click();
    await row(inbox, /Tara Menon/).waitFor({ state: 'detached' });
    await phone.goto(taraPhone);
    await says(phone, 'I will come at six');
    await row(inbox, /Tara Menon/).waitFor();
    await bubble(inbox, 'I will come at six').waitFor();
    await told(inbox, /^Reopened: Tara Menon wrote/);
    await picture(inbox, 'event-lines');
  });
  await step('a private note stands in the log and never on the phone', [inbox, phone], async () => {
    await log(inbox).focus();
    await inbox.keyboard.press('n');
    await inbox.getByRole('textbox', { name: 'Private note' }).fill('Gets the loyalty price');
    await inbox.getByRole('button', { name: 'Add note' }).click();
    await bubble(inbox, 'Gets the loyalty price').getByText('private note').waitFor();
    equal(await phone.getByText('loyalty price').count(), 0, 'notes on the phone');
  });
  await step('a task is made, and ticked off', inbox, async () => {
    const person = inbox.getByRole('complementary', { name: 'Tara Menon' });
    await person.getByText('Add a task').click();
    await person.getByLabel('What').fill('Put the pot aside');
    await person.getByRole('button', { name: 'Add task' }).click();
    await person.getByRole('checkbox', { name: 'Put the pot aside' }).check();
    const contact = (await server.api('GET', '/v1/contacts?q=Tara')).json.data[0].id;
    await until(async () => (await server.api('GET', `/v1/contacts/${contact}/tasks`)).json.data[0]?.done_at, 'the task being done');
  });
  await step('stage and tag are changed in place', inbox, async () => {
    const person = inbox.getByRole('complementary', { name: 'Tara Menon' });
    await person.getByLabel('Stage').selectOption('customer');
    await person.getByText('Add a tag').click();
    await person.getByLabel('Tag', { exact: true }).fill('plants');
    await person.getByRole('button', { name: 'Add', exact: true }).click();
    await person.getByRole('button', { name: 'Remove the tag plants' }).waitFor();
    const contact = (await server.api('GET', '/v1/contacts?q=plants')).json.data[0];
    equal(contact?.stage, 'customer', 'stage');
  });
  await step('search finds by number in any form', inbox, async () => {
    await inbox.getByLabel('Search people').fill('98400 12345');
    await row(inbox, /Kavya/).waitFor({ state: 'detached' });
    await row(inbox, /Tara Menon/).waitFor();
    await inbox.getByLabel('Search people').fill('no such name');
    await inbox.getByText('Nothing matches').waitFor();
    await inbox.getByLabel('Search people').fill('');
    await row(inbox, /Kavya/).waitFor();
  });

  story('Without a mouse');
  await step('j and Enter open, Ctrl K goes to a person, ? lists the keys', inbox, async () => {
    await log(inbox).focus();
    await inbox.keyboard.press('k');
    await inbox.keyboard.press('j');
    await inbox.keyboard.press('Enter');
    await inbox.keyboard.press('Control+k');
    await inbox.keyboard.type('tara');
    await inbox.getByRole('option', { name: /Tara Menon/ }).waitFor();
    await inbox.keyboard.press('Escape');
    await log(inbox).focus();
    await inbox.keyboard.press('?');
    await inbox.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await inbox.keyboard.press('Escape');
    await row(inbox, /Tara Menon/).focus();
    await inbox.keyboard.press('Enter');
    await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
    await log(inbox).focus();
    await inbox.keyboard.press('m');
    await head(inbox).getByText('assigned to you').waitFor();
  });

  story('News from outside the browser');
  await step('a signed webhook appears live, a forged one does not', inbox, async () => {
    const app = (await server.api('GET', '/v1/apps')).json.data.find((one) => one.provider === 'whatsapp');
    const account = (await server.api('GET', '/v1/accounts')).json.data.find((one) => one.provider === 'whatsapp');
    const me = (await server.api('GET', '/v1/me')).json;
    const at = Math.floor(server.now() / 1000);
    const message = (id, words) => JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: account.business_id, changes: [{ field: 'messages', value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: '918047180000', phone_number_id: account.routing_key },
        contacts: [{ profile: { name: 'Imran Sheikh' }, wa_id: '919820055771' }],
        messages: [{ from: '919820055771', id, timestamp: String(at), type: 'text', text: { body: words } }],
      } }] }],
    });
    const post = (body, signedWith) => postSigned(app.hook_url, body, signedWith);
    const secret = `sandbox-secret-${me.organisation}`;
    const forged = await post(message('wamid.forged', 'this is forged'), 'another secret');
    holds(forged.status >= 400, `a forged webhook was answered with ${forged.status}`);
    equal((await post(message('wamid.outside', 'written from outside'), secret)).status, 200, 'status');
    await row(inbox, /Imran Sheikh/).waitFor();
    equal(await conversations(inbox).getByText('this is forged').count(), 0, 'forged messages');
    equal((await post(message('wamid.outside', 'written from outside'), secret)).status, 200, 'status of the repetition');
    await openRow(inbox, /Imran Sheikh/);
    await bubble(inbox, 'written from outside').waitFor();
    equal(await bubble(inbox, 'written from outside').count(), 1, 'bubbles of the one message');
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
}
