// What a member may not do is not offered, and refused all the same when it is asked for by hand.
import { equal, holds, picture, step, story } from '../report.mjs';
import { row, says } from './talk.mjs';

const VIEWER = 'twelve quiet herons stand in reeds';

export async function roles({ server, guard, phone, taraPhone }) {
  story('A member who may only look');
  const invited = (await server.api('POST', '/v1/members', { email: 'viewer@example.com', role: 'viewer' })).json;
  const page = await guard.openAlone();
  const tara = (await server.api('GET', '/v1/conversations?limit=100')).json.data.find((talk) => (talk.person.name ?? talk.person.profile_name) === 'Tara Menon');
  await step('joins by the link, and sees the inbox without anything to press', page, async () => {
    await page.goto(invited.setup_url ?? invited.link ?? invited.url);
    await page.getByLabel('Your name').fill('Vera Look');
    await page.getByLabel('Password').fill(VIEWER);
    await page.getByRole('button', { name: 'Create account' }).click();
    await row(page, /Tara Menon/).click();
    await page.getByText('You have view-only access.').waitFor();
    equal(await page.getByRole('textbox', { name: 'Reply' }).count(), 0, 'reply boxes');
    for (const name of [/^Close/, /^Assign/, /^Snooze/]) equal(await page.locator('#thread-head').getByRole('button', { name }).count(), 0, `buttons ${name}`);
    const person = page.getByRole('complementary', { name: 'Tara Menon' });
    await person.getByText('Contact details').waitFor();
    equal(await person.getByRole('combobox').count(), 0, 'choices beside the conversation');
    for (const words of ['Add a tag', 'Add a task', 'Add a note']) equal(await person.getByText(words).count(), 0, words);
    await page.getByRole('log').focus();
    await page.keyboard.press('n');
    equal(await page.getByRole('textbox', { name: 'Private note' }).count(), 0, 'boxes for notes');
    await picture(page, 'viewer');
  });
  await step('counts nothing as theirs to read, neither in the navigation nor in the title, also when something comes', [page, phone], async () => {
    const count = page.locator('#rail-unread');
    holds((await server.api('GET', '/v1/conversations?unread=true&limit=1')).json.data.length > 0, 'nothing is unread');
    equal((await count.textContent()).trim(), '', 'the number at the inbox');
    const asked = [];
    page.on('request', (request) => { if (request.url().endsWith('/read')) asked.push(request.url()); });
    await phone.goto(taraPhone);
    await says(phone, 'Is somebody there?');
    await row(page, /Is somebody there/).click();
    await page.getByRole('log').getByText('Is somebody there?').waitFor();
    equal((await count.textContent()).trim(), '', 'the number at the inbox after a message');
    holds(!/^\(/.test(await page.title()), `the title is ${await page.title()}`);
    equal(asked.length, 0, 'attempts to mark it as read');
  });
  await step('what the page does not offer is refused by the server', page, async () => {
    const before = JSON.stringify((await server.api('GET', `/v1/conversations/${tara.id}`)).json);
    const post = (path, fields = {}) => page.evaluate(async ([url, form]) => {
      const answer = await fetch(url, { method: 'POST', headers: { 'X-Dialzio-Request': '1', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(form).toString() });
      return answer.status;
    }, [path, fields]);
    const talk = `/web/conversations/${tara.id}`;
    const tries = [
      [`${talk}/messages`, { text: 'Hello', key: 'k1' }],
      [`${talk}/notes`, { text: 'Hello', key: 'k2' }],
      [`${talk}/template`, { template: 'weekend_offer/en', key: 'k3' }],
      [`${talk}/assign`, { member: '' }],
      [`${talk}/close`, {}],
      [`${talk}/snooze`, { until: '2030-01-01T00:00:00Z' }],
      [`${talk}/read`, {}],
      [`/web/contacts/${tara.contact}/stage`, { stage: 'lost' }],
      [`/web/contacts/${tara.contact}/tasks`, { text: 'Call' }],
      [`/web/contacts/${tara.contact}/consent`, { event: 'given', purpose: 'marketing', channel: 'whatsapp', method: 'paper', date: '2026-03-02', evidence: 'Form 118' }],
      ['/web/contacts', { name: 'Refused', phone: '+91 98400 99999' }],
      ['/web/contacts/bulk', { [`id.${tara.contact}`]: 'on', action: 'stage', stage: 'lost' }],
      ['/web/contacts/bulk/undo', { [`was.${tara.contact}`]: '1 stage lost' }],
    ];
    for (const [path, fields] of tries) {
      const status = await post(path, fields);
      holds(status === 403 || status === 404, `${path} answered ${status}`);
    }
    equal(JSON.stringify((await server.api('GET', `/v1/conversations/${tara.id}`)).json), before, 'the conversation');
    for (const path of ['/settings/events', '/settings/channels']) {
      await page.goto(server.origin + path);
      if (path === '/settings/events') await page.getByRole('heading', { name: 'You do not have access to this page' }).waitFor();
    }
  });
  await step('the same by the API, with the session and with a key that may only read', page, async () => {
    const asked = await page.evaluate(async (id) => {
      const answer = await fetch(`/v1/conversations/${id}`, { method: 'PATCH', headers: { 'X-Dialzio-Request': '1', 'content-type': 'application/json' }, body: '{"state":"closed"}' });
      return [answer.status, (await answer.json()).code];
    }, tara.id);
    equal(asked.join(), '403,access.denied', 'answer to the session');
    const key = (await server.api('POST', '/v1/keys', { name: 'Looks', permissions: ['conversations.read', 'contacts.read'] })).json.api_key;
    for (const [method, path, body] of [['PATCH', `/v1/conversations/${tara.id}`, { state: 'closed' }], ['POST', `/v1/contacts/${tara.contact}/notes`, { text: 'x' }], ['POST', '/v1/members', { email: 'x@example.com', role: 'owner' }], ['GET', '/v1/quarantine', undefined], ['POST', '/v1/keys', { name: 'More', permissions: ['messages.send'] }]]) {
      const answer = await server.api(method, path, body, { authorization: `Bearer ${key}` });
      equal(answer.status, 403, `status of ${method} ${path}`);
    }
  });
  await page.context().close();
}
