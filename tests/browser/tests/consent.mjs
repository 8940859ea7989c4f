// Story 3 and 4: the window shuts, consent is asked for, given and taken back.
import { randomUUID } from 'node:crypto';
import { equal, holds, picture, step, story } from '../report.mjs';
import { bubble, isSamePage, openRow, row, says, signIn } from './talk.mjs';

const HOUR = 3600;
const picker = (inbox) => inbox.getByRole('group', { name: 'Template', exact: true });

export async function consent({ server, guard, inbox, phone, taraPhone }) {
  const tara = (await server.api('GET', '/v1/conversations')).json.data.find((talk) => talk.person.name === 'Tara Menon' || talk.person.profile_name === 'Tara Menon');
  const send = (body) => server.api('POST', `/v1/conversations/${tara.id}/messages`, body, { 'idempotency-key': randomUUID() });
  const offer = { template: { name: 'weekend_offer', language: 'en' } };

  story('The reply window shuts');
  await server.ahead(23.5 * HOUR);
  await step('a session that was idle for long is over, and its owner comes back to where she was', inbox, async () => {
    await signIn(inbox, server.origin);
    await guard.share();
    await openRow(inbox, /Tara Menon/);
    await inbox.getByText(/You can reply for \d+ min/).waitFor();
    await picture(inbox, 'window-closing');
  });
  await server.ahead(0.75 * HOUR);
  await step('a reply that comes too late is refused with the reason, and its words stay', inbox, async () => {
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('Are you still coming?');
    await inbox.keyboard.press('Control+Enter');
    await inbox.getByRole('alert').filter({ hasText: 'The reply window is closed' }).waitFor();
    equal(await inbox.getByRole('textbox', { name: 'Reply' }).inputValue(), 'Are you still coming?', 'words in the box');
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('');
  });
  await step('the composer turns into the template picker', inbox, async () => {
    await openRow(inbox, /Kavya/);
    await inbox.getByRole('heading', { name: 'Kavya' }).first().waitFor();
    await openRow(inbox, /Tara Menon/);
    await inbox.getByText(/Reply window closed since/).waitFor();
    await picker(inbox).waitFor();
    equal(await inbox.getByRole('textbox', { name: 'Reply' }).count(), 0, 'reply boxes');
    await picture(inbox, 'picker');
  });
  await step('so does the API: free text is refused', null, async () => {
    const answer = await send({ text: 'Are you still coming?' });
    equal(answer.status, 403, 'status');
    equal(answer.json.code, 'window.closed', 'code');
  });

  story('Marketing needs an opt-in');
  await step('the template says why it is refused, and its button does nothing', inbox, async () => {
    await picker(inbox).getByRole('button', { name: /weekend_offer/ }).click();
    const form = inbox.getByRole('form', { name: 'Weekend offer' });
    await form.getByText('No opt-in is recorded.').waitFor();
    holds(await form.getByRole('button', { name: 'Send template' }).isDisabled(), 'the button can be pressed');
    await picture(inbox, 'marketing-refused');
  });
  await step('so does the API', null, async () => {
    const answer = await send(offer);
    equal(answer.status, 403, 'status');
    equal(answer.json.code, 'consent.unknown', 'code');
  });
  await step('an opt-in is recorded with its evidence', inbox, async () => {
    await picker(inbox).getByText(/Record an opt-in/).click();
    await inbox.getByLabel('How they agreed').selectOption('paper');
    await inbox.getByRole('textbox', { name: 'Evidence' }).fill('Form 118, folder at the counter');
    await picture(inbox, 'opt-in');
    await inbox.getByRole('button', { name: 'Record opt-in' }).click();
    await inbox.getByRole('form', { name: 'Weekend offer' }).getByRole('button', { name: 'Send template', disabled: false }).waitFor();
    const entries = (await server.api('GET', `/v1/contacts/${tara.contact}/consents`)).json.data;
    equal(entries[0].evidence.note, 'Form 118, folder at the counter', 'evidence');
  });
  await step('the same template goes out now', [inbox, phone], async () => {
    await phone.goto(taraPhone);
    await inbox.getByRole('button', { name: 'Send template' }).click();
    await bubble(inbox, 'everything is half price').getByTitle('Read', { exact: true }).waitFor();
    await phone.getByRole('log').getByText('everything is half price').waitFor();
  });

  story('In the evening it waits');
  await server.ahead(8.25 * HOUR);
  await step('outside the hours a marketing template is put off, and says until when', inbox, async () => {
    await signIn(inbox, server.origin);
    await guard.share();
    await openRow(inbox, /Tara Menon/);
    await picker(inbox).getByRole('button', { name: /weekend_offer/ }).click();
    await inbox.getByRole('button', { name: 'Send template' }).click();
    const waiting = bubble(inbox, 'everything is half price').last();
    await waiting.getByText(/Goes out tomorrow/).waitFor();
    await waiting.getByRole('button', { name: 'Cancel' }).waitFor();
    await picture(inbox, 'deferred');
  });

  story('She writes STOP');
  await step('what waited is cancelled at once', [inbox, phone], async () => {
    await phone.goto(taraPhone);
    await says(phone, 'STOP');
    await bubble(inbox, 'everything is half price').last().getByText(/Cancelled before sending/).waitFor();
    await inbox.getByText(/opted out of all messages/).waitFor();
    await picture(inbox, 'opted-out');
  });
  await step('marketing is refused in the picker', inbox, async () => {
    await inbox.getByRole('textbox', { name: 'Reply' }).waitFor();
    await inbox.getByRole('button', { name: 'Template', exact: true }).click();
    await picker(inbox).getByRole('button', { name: /weekend_offer/ }).getByText(/Opted out/).waitFor();
  });
  await step('and by the API', null, async () => {
    const answer = await send(offer);
    equal(answer.status, 403, 'status');
    equal(answer.json.code, 'consent.withdrawn', 'code');
    const all = (await server.api('GET', `/v1/conversations/${tara.id}/messages`)).json.data;
    const waiting = all.filter((message) => message.direction === 'outbound' && message.status === 'queued');
    equal(waiting.length, 0, 'messages that still wait');
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
}
