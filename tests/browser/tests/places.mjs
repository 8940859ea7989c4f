// The other pages, each once, wide, narrow and dark; signing out.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { postSigned } from './order.mjs';

export async function places({ server, inbox, guard }) {
  const page = await guard.open();
  story('The other pages');
  await step('a new contact, and the one that has the number already', page, async () => {
    await page.goto(`${server.origin}/contacts`);
    await page.getByRole('button', { name: 'New contact' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Tara again');
    await page.getByRole('dialog').getByLabel('Number').fill('+91 98400 12345');
    await page.getByRole('dialog').locator('[type="submit"]').click();
    await page.getByText('Open the contact that has this number').waitFor();
    await picture(page, 'contact-doubled');
    await page.getByText('Open the contact that has this number').click();
    await page.getByRole('heading', { name: 'Tara Menon' }).waitFor();
    await picture(page, 'contact');
  });
  await step('name, numbers and addresses are edited in place, and mistakes lose nothing', page, async () => {
    await page.evaluate(() => { window.wasHere = true; });
    await page.getByRole('button', { name: 'Edit Contact details' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit contact' });
    const number = () => dialog.getByRole('group', { name: /^Number/ }).last();
    const email = () => dialog.getByRole('group', { name: /^Email/ }).last();
    await dialog.getByLabel('Name').fill('Tara M. Menon');
    await dialog.getByRole('button', { name: 'Add a number' }).click();
    await number().getByRole('textbox', { name: 'Number' }).fill('+91 98400 5432O');
    await number().getByRole('textbox', { name: 'Label' }).fill('shop');
    await dialog.getByRole('button', { name: 'Add an email' }).click();
    await email().getByRole('textbox', { name: 'Email' }).fill('tara@example.com');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.getByText('This number cannot be used').waitFor();
    await picture(page, 'contact-edit');
    equal(await dialog.getByLabel('Name').inputValue(), 'Tara M. Menon', 'the name that was typed');
    await number().getByRole('textbox', { name: 'Number' }).fill('+91 98400 54321');
    await email().getByRole('button', { name: /^Remove/ }).click();
    await until(async () => (await dialog.getByRole('group', { name: /^Email/ }).count()) === 0, 'the row removed');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Tara M. Menon' }).waitFor();
    await page.getByText('+91 98400 54321').waitFor();
    holds(!(await dialog.isVisible()), 'the dialog is still open');
    await picture(page, 'contact-edited');
    await page.getByRole('button', { name: 'Edit Contact details' }).click();
    await dialog.getByLabel('Name').fill('Tara Menon');
    const { length } = await dialog.getByRole('group', { name: /^Number/ }).all();
    await number().getByRole('button', { name: /^Remove/ }).click();
    await until(async () => (await dialog.getByRole('group', { name: /^Number/ }).count()) === length - 1, 'the row removed');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Tara Menon' }).waitFor();
    holds(await page.evaluate(() => window.wasHere === true), 'the page was loaded again');
  });
  await step('the ledger shows what was given and taken back', page, async () => {
    await page.getByRole('link', { name: 'Consent', exact: true }).click();
    const table = page.getByRole('region', { name: 'Entries' });
    await table.getByText('Form 118, folder at the counter').waitFor();
    await table.getByText('Withdrawn').first().waitFor();
    await picture(page, 'ledger');
  });
  await step('a channel is checked field by field before it is stored, and says where the mistake is', page, async () => {
    await page.goto(`${server.origin}/settings/channels`);
    await page.getByRole('link', { name: 'Connect a channel' }).click();
    const form = page.locator('#channel-form');
    await form.getByRole('button', { name: 'Check and connect' }).click();
    await form.getByText('Phone number ID is missing.').waitFor();
    await until(async () => (await page.evaluate(() => document.activeElement?.id)) === 'channel-name', 'the focus on the first mistake');
    await picture(page, 'channel-missing');
    await form.getByLabel('Name').fill('Second line');
    await form.getByLabel('App secret').fill('a secret');
    await form.getByLabel('Verify token').fill('a token');
    await form.getByLabel('Phone number ID').fill('not an id!');
    await form.getByLabel('WhatsApp Business Account ID').fill('2002');
    await form.getByLabel('Access token').fill('a-token-that-is-none');
    await form.getByRole('button', { name: 'Check and connect' }).click();
    await form.getByText('This cannot be the Phone number ID').waitFor();
    equal(await form.getByLabel('Access token').inputValue(), '', 'the token in the form');
    equal(await form.getByLabel('WhatsApp Business Account ID').inputValue(), '2002', 'the id that was typed');
    await page.goto(`${server.origin}/contacts`);
  });
  await step('numbers work', page, async () => {
    await page.goto(`${server.origin}/settings/channels`);
    const line = page.getByRole('region', { name: 'Shop line' });
    await line.getByRole('button', { name: 'Check now' }).click();
    await line.getByText('Connected').waitFor();
    await picture(page, 'numbers');
  });
  await step('the webhook address is rotated, and the one before works beside it', page, async () => {
    const line = page.getByRole('region', { name: 'Shop line' });
    const address = () => line.getByLabel('Webhook address').inputValue();
    const first = await address();
    page.once('dialog', (dialog) => dialog.accept());
    await line.getByRole('button', { name: 'Rotate the address' }).press('Enter');
    await line.getByLabel('Address before').waitFor();
    equal(await line.getByLabel('Address before').inputValue(), first, 'the address before');
    holds((await address()) !== first, 'another address');
    await line.getByText('It works until').waitFor();
    await picture(page, 'hook-rotated');
    equal((await fetch(first, { method: 'POST', body: '{}' })).status, 401, 'the address before without a signature');
    await line.getByRole('button', { name: 'End the address before' }).waitFor();
  });
  await step('a new token is checked before it is saved, and a refused one says why', page, async () => {
    const line = page.getByRole('region', { name: 'Shop line' });
    const me = (await server.api('GET', '/v1/me')).json;
    const set = async (token) => {
      if (!(await line.getByLabel('New access token').isVisible())) await line.getByText('Set a new token').click();
      await line.getByLabel('New access token').fill(token);
      await line.getByRole('button', { name: 'Save token' }).click();
    };
    await set('a-token-that-is-none');
    await line.getByText('The provider refused this token, so it was not saved.').waitFor();
    equal(await line.getByLabel('New access token').inputValue(), '', 'the refused token in the form');
    await picture(page, 'token-refused');
    await set(`sandbox-token-${me.organisation}`);
    await until(async () => !(await line.getByLabel('New access token').isVisible()), 'the form folded away');
    await line.getByText('Connected').waitFor();
  });
  await step('settings are kept within what the law leaves', page, async () => {
    await page.goto(`${server.origin}/settings`);
    await page.getByLabel('From').fill('23:00');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Quiet hours must cover').waitFor();
    await page.getByLabel('From').fill('20:00');
    await page.getByLabel('Time zone of the organisation').selectOption('Asia/Kolkata');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    await picture(page, 'settings');
  });
  await step('what could not be used is held back, shown, and discarded with a word', page, async () => {
    const app = (await server.api('GET', '/v1/apps')).json.data.find((one) => one.provider === 'whatsapp');
    const me = (await server.api('GET', '/v1/me')).json;
    const account = (await server.api('GET', '/v1/accounts')).json.data.find((one) => one.provider === 'whatsapp');
    const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: account.business_id, changes: [{ field: 'a_field_of_tomorrow', value: { metadata: { phone_number_id: account.routing_key }, news: 'unheard of' } }] }] });
    equal((await postSigned(app.hook_url, body, `sandbox-secret-${me.organisation}`)).status, 200, 'status');
    await page.goto(`${server.origin}/settings/events`);
    await picture(page, 'quarantine');
    await page.getByRole('region', { name: 'Events' }).getByRole('link').first().click();
    await page.getByText('unheard of').waitFor();
    await page.getByRole('button', { name: 'Discard' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Discard this event?' });
    holds(await dialog.getByRole('button', { name: 'Discard' }).isDisabled(), 'it can be discarded without the word');
    await dialog.getByRole('textbox').fill('discard');
    await picture(page, 'quarantine-discard');
    await dialog.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('Thrown away.').waitFor();
    equal((await server.api('GET', '/v1/quarantine')).json.data.length, 0, 'events held back');
  });
  await step('a page that does not exist says so', page, async () => {
    await page.goto(`${server.origin}/no-such-page`);
    await page.getByRole('heading', { name: 'This page does not exist' }).waitFor();
  });
  await step('a sample day plays, and can be stopped', page, async () => {
    await page.goto(`${server.origin}/sandbox`);
    await page.getByRole('button', { name: 'Play a day of sample conversations' }).click();
    await page.getByRole('progressbar').waitFor();
    await page.waitForTimeout(9000);
    await picture(page, 'sample-day');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText(/Stopped after/).waitFor();
    await inbox.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: /Farhan Qureshi/ }).waitFor();
  });

  story('Every size and colour');
  for (const [name, width, height, scheme] of [['wide', 1600, 940, 'light'], ['dark', 1600, 940, 'dark'], ['laptop', 1180, 800, 'light'], ['middle', 800, 900, 'light'], ['narrow', 360, 780, 'light'], ['narrow-dark', 360, 780, 'dark']]) {
    await step(`nothing hangs over the edge: ${name}`, page, async () => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      const tara = (await server.api('GET', '/v1/conversations?limit=50')).json.data.find((talk) => (talk.person.name ?? talk.person.profile_name) === 'Tara Menon');
      for (const [path, label] of [['/inbox', 'inbox'], [`/inbox/${tara.id}`, 'thread'], ['/tasks?view=team', 'tasks'], ['/contacts', 'contacts'], [`/contacts/${tara.contact}`, 'contact'], ['/sandbox/ZZ.919840012345', 'sandbox'], ['/settings', 'settings'], ['/settings/channels', 'channels'], ['/settings/events', 'events'], ['/dev/parts', 'parts']]) {
        await page.goto(server.origin + path);
        await page.waitForTimeout(250);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        await picture(page, `${name}-${label}`);
        holds(over <= 0, `${path} hangs over by ${over} pixels`);
      }
      await page.goto(`${server.origin}/contacts/${tara.contact}`);
      await page.getByRole('button', { name: 'Edit Contact details' }).click();
      const dialog = page.getByRole('dialog', { name: 'Edit contact' });
      await dialog.getByRole('button', { name: 'Add a number' }).click();
      await dialog.getByRole('textbox', { name: 'Number' }).last().waitFor();
      await picture(page, `${name}-contact-edit`);
      const wide = await dialog.evaluate((box) => box.scrollWidth - box.clientWidth);
      holds(wide <= 0, `the dialog hangs over by ${wide} pixels`);
      await page.keyboard.press('Escape');
    });
  }

  story('The door');
  await step('posts without the mark of our own pages are refused', page, async () => {
    for (const path of ['/web/sign-in', '/web/setup', '/web/sign-out', '/web/settings']) {
      const answer = await page.request.post(server.origin + path, { form: { email: 'a@b.example' } });
      holds([401, 403].includes(answer.status()), `${path} answered ${answer.status()}`);
    }
  });
  await step('after sign-out nothing is open', page, async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${server.origin}/contacts`);
    await page.getByRole('button', { name: /signed in as/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto(`${server.origin}/inbox`);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await picture(page, 'sign-in');
  });
  await step('wrong passwords are slowed down', page, async () => {
    for (let tries = 0; tries < 6; tries += 1) {
      await page.getByLabel('Email').fill('guess@example.com');
      await page.getByLabel('Password').fill('guess number one of many');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByText(/Wrong email or password|Too many attempts/).waitFor();
      await page.waitForTimeout(150);
    }
    await page.getByText('Too many attempts').waitFor();
    equal(await page.getByLabel('Email').inputValue(), 'guess@example.com', 'address in the form');
  });
}
