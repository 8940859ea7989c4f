// The sandbox: the phone beside the conversation, and the clock that is moved forward.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { PASSWORD, bubble } from './talk.mjs';

export async function phoneBeside({ server, guard }) {
  const page = await guard.open();
  await page.setViewportSize({ width: 1440, height: 900 });
  story('The sandbox');
  await step('the phone of the open conversation stands beside it, and both sides are seen at once', page, async () => {
    // She may have a conversation by SMS too, and others may have written since.
    const line = (await server.api('GET', '/v1/accounts')).json.data.find((one) => one.provider === 'whatsapp' && one.name === 'Shop line').id;
    const talk = (await server.api('GET', `/v1/conversations?q=tara%20menon&account=${line}`)).json.data[0];
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    await page.getByRole('region', { name: 'Conversation with Tara Menon' }).waitFor();
    await page.getByRole('link', { name: 'Sandbox phone' }).click();
    const drawer = page.getByRole('complementary', { name: 'Sandbox phone' });
    const phone = drawer.frameLocator('iframe');
    await phone.getByLabel('Message', { exact: true }).fill('Written on the phone beside');
    await phone.getByRole('button', { name: 'Send', exact: true }).click();
    await bubble(page, 'Written on the phone beside').waitFor();
    await picture(page, 'phone-beside');
    await drawer.getByRole('button', { name: 'Close phone' }).click();
    equal(await drawer.count(), 0, 'drawers');
    holds(page.url().includes('/inbox/'), 'the inbox was left');
  });
  await step('the clock is moved forward on the page, and says by how much', page, async () => {
    await page.goto(`${server.origin}/sandbox`);
    const clock = page.getByRole('region', { name: 'Clock' });
    const before = await clock.getByRole('status').textContent();
    await clock.getByRole('button', { name: '1 hour' }).click();
    await until(async () => (await clock.getByRole('status').textContent()) !== before, 'another time');
    await picture(page, 'sandbox-clock');
    await server.ahead(3600);
  });
  await step('an hour later the session has ended, as on any day', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await page.getByLabel('Email').fill('owner@example.com');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('region', { name: 'Conversations' }).waitFor();
  });
  await page.close();
}
