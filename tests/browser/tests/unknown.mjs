// A send whose outcome is unknown: never repeated by itself, and settled by a person in one of three ways.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { startProvider } from '../provider.mjs';
import { postSigned } from './order.mjs';
import { bubble, isSamePage, openRow, row } from './talk.mjs';

const NUMBER = '200300400500600';
const BUSINESS = '600500400300200';
const SECRET = 'the-secret-of-the-second-app';

/** A second number, whose provider is played by the test, and a person who has written to it. */
export async function connectSecond(server, provider) {
  const app = (await server.api('POST', '/v1/apps', { provider: 'whatsapp', name: 'Second app', app_secrets: [SECRET], verify_token: 'second-verify-token' })).json;
  const account = (await server.api('POST', '/v1/accounts', { app: app.id, name: 'Second line', routing_key: NUMBER, business_id: BUSINESS, token: 'second-token', base_url: provider.url })).json;
  equal(account.state, 'routable', 'state of the second number');
  const write = (people) => {
    const at = String(Math.floor(server.now() / 1000));
    const body = JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: BUSINESS, changes: [{ field: 'messages', value: {
        messaging_product: 'whatsapp',
        metadata: { display_phone_number: '918047180001', phone_number_id: NUMBER },
        contacts: people.map(({ name, number }) => ({ profile: { name }, wa_id: number })),
        messages: people.map(({ number, id, words, at: own }) => ({ from: number, id, timestamp: own ?? at, type: 'text', text: { body: words } })),
      } }] }],
    });
    return postSigned(app.hook_url, body, SECRET);
  };
  /** What the provider reports about a message that it took: a status and, of a failure, its errors. */
  const report = (id, number, status, errors) => postSigned(app.hook_url, JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: BUSINESS, changes: [{ field: 'messages', value: {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '918047180001', phone_number_id: NUMBER },
      statuses: [{ id, status, timestamp: String(Math.floor(server.now() / 1000)), recipient_id: number, errors }],
    } }] }],
  }), SECRET);
  return { app, account, write, report };
}

const fate = (inbox, words) => bubble(inbox, words).last();

export async function unknownSends({ server, inbox, scene }) {
  story('A send whose outcome is unknown');
  const provider = await startProvider();
  scene.provider = provider;
  scene.second = await connectSecond(server, provider);
  const { state } = provider;
  const person = { name: 'Nandini Bose', number: '919830011223' };
  equal((await scene.second.write([{ ...person, id: 'wamid.nandini', words: 'Do you deliver to Salt Lake?' }])).status, 200, 'status');
  await row(inbox, /Nandini Bose/).waitFor();
  await openRow(inbox, /Nandini Bose/);
  await inbox.getByRole('heading', { name: 'Nandini Bose' }).first().waitFor();
  const reply = async (words) => {
    await inbox.getByRole('textbox', { name: 'Reply' }).fill(words);
    await inbox.keyboard.press('Control+Enter');
    await fate(inbox, words).getByText('The provider did not answer. It may have been sent, or not.').waitFor();
  };
  const find = async (words) => {
    const talk = (await server.api('GET', '/v1/conversations?limit=50')).json.data.find((one) => one.person.profile_name === 'Nandini Bose');
    return (await server.api('GET', `/v1/conversations/${talk.id}/messages`)).json.data.filter((message) => message.text === words);
  };
  state.hangsUp = true;
  await step('it says so, and is not repeated by itself', inbox, async () => {
    await reply('Yes, on Fridays');
    await picture(inbox, 'unknown');
    const { read } = state;
    await inbox.waitForTimeout(2500);
    equal(state.read, read, 'messages that the provider has read');
    equal((await find('Yes, on Fridays'))[0].status, 'unknown', 'status');
  });
  await step('marked as sent, it is sent', inbox, async () => {
    await fate(inbox, 'Yes, on Fridays').getByRole('button', { name: 'Mark as sent' }).click();
    await fate(inbox, 'Yes, on Fridays').getByTitle('Sent', { exact: true }).waitFor();
    equal((await find('Yes, on Fridays'))[0].status, 'sent', 'status');
  });
  await step('given up, it says so, and what is settled is not settled again', inbox, async () => {
    await reply('Before noon');
    await fate(inbox, 'Before noon').getByRole('button', { name: 'Mark as failed' }).click();
    await fate(inbox, 'Before noon').getByText('Marked as failed. It is not known whether it was sent.').waitFor();
    const [message] = await find('Before noon');
    equal(message.status, 'failed', 'status');
    equal((await server.api('POST', `/v1/messages/${message.id}/resolution`, { sent: true })).status, 409, 'status of a second verdict');
  });
  await step('sent again, it is a new message, and the old one is given up', inbox, async () => {
    await reply('What is your address?');
    state.hangsUp = false;
    const { length } = state.taken;
    await fate(inbox, 'What is your address?').getByRole('button', { name: 'Send again' }).click();
    await until(async () => (await bubble(inbox, 'What is your address?').count()) === 2, 'a second bubble');
    await bubble(inbox, 'What is your address?').last().getByTitle('Sent', { exact: true }).waitFor();
    await bubble(inbox, 'What is your address?').first().getByText('Marked as failed').waitFor();
    equal(state.taken.length - length, 1, 'messages that the provider took');
    const all = await find('What is your address?');
    equal(all.map((message) => message.status).sort().join(' '), 'accepted failed', 'statuses');
    await picture(inbox, 'unknown-settled');
  });
  await step('the API refuses the same to a key that may not send', null, async () => {
    const [message] = await find('Yes, on Fridays');
    const key = (await server.api('POST', '/v1/keys', { name: 'Reader', permissions: ['conversations.read'] })).json.api_key;
    for (const [path, body] of [['resolution', { sent: true }], ['cancellation', undefined]]) {
      const answer = await server.api('POST', `/v1/messages/${message.id}/${path}`, body, { authorization: `Bearer ${key}` });
      equal(answer.status, 403, `status of ${path}`);
      equal(answer.json.code, 'access.denied', 'code');
    }
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
}
