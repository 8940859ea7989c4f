// A provider that tells nothing of how calls go: connected in the page, a call placed by it, and written down by hand.
import { createServer } from 'node:http';
import { equal, holds, picture, step, story, until } from '../report.mjs';

/** A provider that takes calls and their ends, and says no more. */
async function startSilent() {
  const asked = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => { parts.push(part); });
    request.on('end', () => {
      asked.push([request.url, request.headers.authorization, JSON.parse(Buffer.concat(parts))]);
      response.writeHead(request.headers.authorization === 'Bearer a-token-that-is-right' ? 200 : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'call_queued' }));
    });
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { asked, url: `http://127.0.0.1:${server.address().port}`, stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

export async function unreported({ server, guard }) {
  story('A provider that reports nothing');
  const silent = await startSilent();
  const page = await guard.open();
  await page.setViewportSize({ width: 1280, height: 900 });
  const dock = page.getByRole('complementary', { name: 'Calls' });
  await step('is connected with a token that is checked, and the page says what it cannot tell', page, async () => {
    await page.goto(`${server.origin}/settings/channels/new?provider=piopiy_v3`);
    await page.getByLabel('Name', { exact: true }).fill('Outbound line');
    await page.getByLabel('App ID').fill('nursery_app');
    await page.getByLabel('Access token').fill('a-token-that-is-wrong');
    await page.getByLabel('Caller ID').fill('914471000003');
    await page.getByText('Another API address').click();
    await page.getByLabel('API address').fill(silent.url);
    await page.getByRole('button', { name: 'Check and connect' }).click();
    await page.locator('#channel-token-error').waitFor();
    await page.getByLabel('Access token').fill('a-token-that-is-right');
    await page.getByRole('button', { name: 'Check and connect' }).click();
    await page.getByText('This provider does not report on calls.').waitFor();
    equal(await page.getByLabel('Webhook address').count(), 0, 'webhook addresses');
    await picture(page, 'unreported-connected');
  });
  const account = (await server.api('GET', '/v1/accounts')).json.data.find((known) => known.provider === 'piopiy_v3');
  await step('rings the member and the person, and the form for the outcome is there at once', page, async () => {
    const me = (await server.api('GET', '/v1/members')).json.data.find((member) => member.name === 'Ravi Kumar');
    equal((await server.api('POST', `/v1/accounts/${account.id}/agents`, { phone: '+914471000109', member: me.id })).status, 201, 'status of the telephone');
    const contact = (await server.api('POST', '/v1/contacts', { name: 'Nila Raman', details: [{ kind: 'phone', value: '+919840077123' }] })).json;
    await page.goto(`${server.origin}/contacts/${contact.id}`);
    const agreed = { channel: 'voice', scope: 'any', evidence: { kind: 'paper', note: 'Form 7' }, occurred_at: '2026-03-02T10:00:00Z' };
    equal((await server.api('POST', `/v1/contacts/${contact.id}/consents`, agreed)).status, 201, 'status of the consent');
    const placed = await page.evaluate(async ([id, to]) => {
      const answer = await fetch('/v1/calls', { method: 'POST', headers: { 'X-Dialzio-Request': '1', 'content-type': 'application/json', 'Idempotency-Key': 'unreported-1' }, body: JSON.stringify({ account: id, number: '+919840077123', contact: to }) });
      return [answer.status, await answer.json()];
    }, [account.id, contact.id]);
    holds(placed[0] < 300, `status ${placed[0]}: ${JSON.stringify(placed[1])}`);
    await dock.getByText('Call placed').waitFor();
    await dock.getByText('The provider does not report on this call. Record how it went.').waitFor();
    const [path, , body] = silent.asked.at(-1);
    equal(path, '/v3/voice/pcmo/call', 'what was asked');
    equal(`${body.to_number} ${body.pipeline[0].endpoints[0].number}`, '914471000109 919840077123', 'who is rung');
    await picture(page, 'unreported-dock');
    const form = dock.getByRole('form', { name: 'After the call' });
    await form.getByLabel('Outcome').selectOption({ label: 'Interested' });
    await form.getByRole('button', { name: 'Save' }).click();
    await until(async () => (await server.api('GET', `/v1/calls/${placed[1].id}`)).json.disposition !== null, 'the outcome being kept');
  });
  await step('two minutes later the log says that nothing was reported', page, async () => {
    await server.ahead(180);
    await until(async () => (await server.api('GET', `/v1/calls?account=${account.id}`)).json.data[0]?.state === 'ended', 'the call being over', 30_000);
    await page.goto(`${server.origin}/calls`);
    await page.locator('.call-row').filter({ hasText: 'Nila Raman' }).getByText('Not reported').waitFor();
    await picture(page, 'unreported-log');
  });
  await server.api('DELETE', `/v1/accounts/${account.id}`);
  await page.close();
  await silent.stop();
}
