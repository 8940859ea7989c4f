// SMS: set up in the settings, received and answered in the inbox, ended by STOP.
import { equal, holds, picture, step, story } from '../report.mjs';
import { invent } from './talk.mjs';

const telephones = (page) => page.getByRole('region', { name: 'Telephones' });
const count = (page) => page.locator('#reply-count [data-count-words]');

async function write(phone, text) {
  await phone.getByLabel('SMS to the front desk').fill(text);
  await phone.getByRole('button', { name: 'Send SMS' }).click();
  await telephones(phone).getByText(text).first().waitFor();
}

export async function sms({ server, guard, taraPhone }) {
  const page = await guard.open();
  await page.setViewportSize({ width: 1440, height: 900 });
  const phone = await guard.openBeside();
  story('SMS');
  await step('SMS is switched on for a telephone account, and each mistake is named at its field', page, async () => {
    await page.goto(`${server.origin}/settings/channels`);
    await page.getByRole('region', { name: 'Front desk (TeleCMI)' }).getByRole('link', { name: 'SMS' }).click();
    const form = page.getByRole('form', { name: 'SMS settings' });
    await form.getByRole('checkbox', { name: /Send and receive SMS/ }).check();
    await form.getByLabel('Principal entity ID').fill('1101');
    await form.getByLabel('Header (sender ID)').fill('DLZ');
    await form.getByLabel('Price of one SMS').fill('cheap');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('is not a DLT id').waitFor();
    await form.getByText('is not a DLT header').waitFor();
    await form.getByText('is not a price').waitFor();
    equal(await page.evaluate(() => document.activeElement?.id), 'sms-entity', 'the focus is on the first mistake');
    equal(await form.getByLabel('Header (sender ID)').inputValue(), 'DLZ', 'what was typed stays');
    await picture(page, 'sms-settings-wrong');
    await form.getByLabel('Principal entity ID').fill('1101123456789012345');
    await form.getByLabel('Header (sender ID)').fill('dlzcrm');
    await form.getByLabel('Price of one SMS').fill('0.25 INR');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved').waitFor();
    equal(await form.getByLabel('Header (sender ID)').inputValue(), 'DLZCRM', 'the header');
  });
  await step('a registered text is entered', page, async () => {
    await page.getByText('Enter a text').click();
    const form = page.getByRole('form', { name: 'Enter a text' });
    await form.getByLabel('Name').fill('order_ready');
    await form.getByLabel('Language').fill('en');
    await form.getByLabel('For').selectOption({ label: 'Utility' });
    await form.getByLabel('DLT template ID').fill('1107123456789012345');
    await form.getByLabel('Text, exactly as registered').fill('Dear {{1}}');
    await form.getByRole('button', { name: 'Save text' }).click();
    await page.getByText('has braces that are no slot').waitFor();
    await page.getByLabel('Text, exactly as registered').fill('Dear {#var#}, your order {#var#} is ready.');
    await page.getByRole('button', { name: 'Save text' }).click();
    await page.getByRole('article', { name: 'order_ready' }).getByText('Dear {{1}}, your order {{2}} is ready.').waitFor();
    await picture(page, 'sms-settings');
  });
  await step('what a person writes by SMS is in the inbox within seconds, as another line', page, async () => {
    await page.goto(`${server.origin}/inbox`);
    await phone.goto(taraPhone);
    await write(phone, 'Is my order ready?');
    const row = page.getByRole('link').filter({ hasText: 'Is my order ready?' }).first();
    await row.waitFor({ timeout: 25000 });
    await row.click();
    await page.getByRole('region', { name: 'Conversation with Tara Menon' }).waitFor();
    await page.locator('#thread-head').getByText('SMS · Front desk (TeleCMI)').waitFor();
  });
  await step('to India a registered text is sent, and stays accepted', page, async () => {
    await page.getByText('An SMS to India follows a registered template').waitFor();
    equal(await page.getByRole('form', { name: 'Reply' }).count(), 0, 'reply boxes');
    await picture(page, 'sms-template');
    await page.getByRole('group', { name: 'Template', exact: true }).getByRole('button', { name: /order_ready/ }).click();
    const form = page.getByRole('form', { name: 'Order ready' });
    const boxes = form.getByRole('textbox');
    await boxes.nth(0).fill('Tara');
    await boxes.nth(1).fill('4711');
    await form.getByRole('button', { name: 'Send template' }).click();
    await telephones(phone).getByText('Dear Tara, your order 4711 is ready.').waitFor({ timeout: 15000 });
    await page.locator('#thread-log').getByText('Accepted by the provider, which does not report delivery').waitFor({ state: 'attached', timeout: 15000 });
    await picture(page, 'sms-sent');
  });
  await step('STOP by SMS ends SMS, and the other line says what it still allows', page, async () => {
    await write(phone, 'STOP');
    await page.getByRole('group', { name: 'Template', exact: true }).getByText(/Opted out on .* wait until they write again/).waitFor({ timeout: 25000 });
    await page.getByRole('button', { name: 'Answer by…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Answer by' });
    await dialog.getByRole('button', { name: /WhatsApp · Shop line/ }).waitFor();
    await picture(page, 'sms-ways');
    await dialog.getByRole('button', { name: /WhatsApp · Shop line/ }).click();
    await page.locator('#thread-head').getByText(/WhatsApp/).waitFor();
  });
  await step('elsewhere free text is sent, and counted in segments with their price', page, async () => {
    await invent(Object.assign(phone, { origin: server.origin }), { name: 'Olivia Hart', number: '+44 20 7946 0123' });
    await write(phone, 'Do you deliver to London?');
    await page.goto(`${server.origin}/inbox`);
    const row = page.getByRole('link').filter({ hasText: 'Do you deliver to London?' }).first();
    await row.waitFor({ timeout: 25000 });
    await row.click();
    const box = page.getByRole('form', { name: 'Reply' }).getByLabel('Reply', { exact: true });
    await box.fill('a'.repeat(160));
    equal(await count(page).textContent(), '160 characters, 1 SMS, 0.25 INR', 'one segment');
    await box.fill('a'.repeat(161));
    equal(await count(page).textContent(), '161 characters, 2 SMS, 0.50 INR', 'two segments');
    await box.fill(`${'a'.repeat(80)}’`);
    holds((await count(page).textContent()).startsWith('81 characters, 2 SMS, 0.50 INR. “’” is not in the SMS alphabet'), await count(page).textContent());
    await picture(page, 'sms-count');
    await box.fill('Yes, on Fridays.');
    await page.getByRole('form', { name: 'Reply' }).getByRole('button', { name: 'Send', exact: true }).click();
    await telephones(phone).getByText('Yes, on Fridays.').waitFor({ timeout: 15000 });
  });
  for (const [width, height] of [[360, 740], [1024, 768], [1600, 900]]) {
    await step(`the settings of SMS and a thread by SMS fit ${width} pixels`, page, async () => {
      await page.setViewportSize({ width, height });
      const channel = await page.evaluate(async () => {
        const html = await (await fetch('settings/channels')).text();
        return html.match(/settings\/channels\/[0-9a-f-]+\/sms/)[0];
      }).catch(() => null);
      for (const path of [channel, 'inbox'].filter(Boolean)) {
        await page.goto(`${server.origin}/${path}`);
        equal(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), true, `${path} fits`);
        await picture(page, `sms-${path === 'inbox' ? 'inbox' : 'settings'}-${width}`);
      }
    });
  }
  await page.close();
  await phone.close();
}
