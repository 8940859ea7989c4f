// Story 1 and 2: from the link of the invitation to the first answer that was read.
import { crc32, deflateSync } from 'node:zlib';
import { equal, holds, picture, step, story, until } from '../report.mjs';

export const PASSWORD = 'nine green leaves grow slowly';

/** A green picture of 120 by 90. */
export function photo() {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(data.length, 0);
    frame.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(120, 0);
  header.writeUInt32BE(90, 4);
  header.set([8, 2], 8);
  const rows = Buffer.concat(Array.from({ length: 90 }, (_, y) => Buffer.concat([Buffer.from([0]), Buffer.alloc(360, Buffer.from([60, 120 + y, 80]))])));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

export async function invent(phone, { name, number = '', username = '' }) {
  await phone.goto(phone.origin + '/sandbox');
  await phone.getByLabel('Profile name').fill(name);
  await phone.getByLabel('Number', { exact: true }).fill(number);
  await phone.getByLabel('Username').fill(username);
  await phone.getByRole('button', { name: 'Open phone' }).click();
  await phone.getByRole('log', { name: 'Messages on the phone' }).waitFor();
}

export async function says(phone, words) {
  await phone.getByRole('textbox', { name: 'Message' }).fill(words);
  await phone.getByRole('button', { name: 'Send', exact: true }).click();
  await phone.getByRole('log').getByRole('listitem').filter({ hasText: words }).first().waitFor();
}

/** The queue stands still while the pointer is over it. */
export const moveAway = (inbox) => inbox.mouse.move(900, 300);
export async function openRow(inbox, name) {
  await row(inbox, name).click();
  await moveAway(inbox);
}
export const row = (inbox, name) => inbox.getByRole('region', { name: 'Conversations' }).getByRole('link', { name });
export const log = (inbox) => inbox.getByRole('log');
export const bubble = (inbox, words) => log(inbox).getByRole('listitem').filter({ hasText: words });

/** From here on the page must not be loaded again: what is written onto the window would be gone. */
export const mark = (page) => page.evaluate(() => { window.walked = true; });
export const isSamePage = (page) => page.evaluate(() => window.walked === true);

export async function signIn(page, origin) {
  await page.goto(`${origin}/inbox`);
  await page.getByLabel('Email').fill('owner@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('region', { name: 'Conversations' }).waitFor();
  await mark(page);
}

export async function setUp({ server, guard, inbox }) {
  story('The owner sets up');
  await step('the page of the link asks for a name and a password', inbox, async () => {
    await inbox.goto(server.setup);
    await inbox.getByLabel('Your name').waitFor();
    equal(await inbox.getByLabel('Email').inputValue(), 'owner@example.com', 'address');
    equal(new URL(inbox.url()).hash, '', 'what is left of the token in the address');
  });
  await step('the country is proposed from the time zone of the browser', inbox, async () => {
    equal(await inbox.getByLabel(/Country of your business/).inputValue(), '', 'what universal time proposes');
    const there = await guard.browser.newContext({ locale: 'en-GB', timezoneId: 'Asia/Kolkata' });
    const page = await there.newPage();
    await page.goto(server.setup);
    equal(await page.getByLabel(/Country of your business/).inputValue(), 'IN', 'what the time of India proposes');
    equal(await page.getByLabel('Time zone of your business').inputValue(), 'Asia/Kolkata', 'the zone that is proposed');
    await page.getByText('Your browser is in the time zone Asia/Kolkata, which is in India (IN).').waitFor();
    await picture(page, 'setup-guess');
    await there.close();
  });
  await step('what is no country is refused beside its field, and nothing is lost', inbox, async () => {
    await inbox.getByLabel('Your name').fill('Ravi Kumar');
    await inbox.getByLabel('Password').fill(PASSWORD);
    await inbox.getByLabel(/Country of your business/).fill('XX');
    await inbox.getByRole('button', { name: 'Create account' }).click();
    await inbox.getByText(/This is no country/).waitFor();
    equal(await inbox.getByLabel('Your name').inputValue(), 'Ravi Kumar', 'the name');
    await inbox.getByLabel(/Country of your business/).fill('in');
  });
  await step('a password that is easily guessed is refused beside its field', inbox, async () => {
    await inbox.getByLabel('Your name').fill('Ravi Kumar');
    await inbox.getByLabel('Password').fill('abcabcabcabcabcabc');
    await inbox.getByRole('button', { name: 'Create account' }).click();
    await inbox.getByText(/The password is too/).waitFor();
    await picture(inbox, 'setup');
  });
  await step('a good one leads into the inbox, which is empty', inbox, async () => {
    await inbox.getByLabel('Password').fill(PASSWORD);
    await inbox.getByRole('button', { name: 'Create account' }).click();
    await inbox.getByText('No open conversations. New ones appear here automatically.').waitFor();
    await mark(inbox);
    await picture(inbox, 'inbox-empty');
    const organisation = await server.api('GET', '/v1/organisation');
    equal(organisation.json.country, 'IN', 'the country that the organisation has now');
  });
  await step('the link does not work a second time', inbox, async () => {
    const other = await inbox.context().newPage();
    await other.goto(server.setup);
    await other.getByText('This link has expired or was used').waitFor();
    await other.close();
  });
}

export async function firstTalk({ server, guard, inbox, phone }) {
  await guard.share();
  story('A customer writes for the first time');
  await invent(phone, { name: 'Tara Menon', number: '+91 98400 12345' });
  await step('the message appears in the inbox by itself', [inbox, phone], async () => {
    await says(phone, 'Good morning, is the monstera still there?');
    await row(inbox, /Tara Menon/).waitFor();
    holds(await isSamePage(inbox), 'the inbox was loaded again');
  });
  await step('as a new contact, with an unread count', inbox, async () => {
    const words = await row(inbox, /Tara Menon/).innerText();
    holds(/1\s*unread/.test(words), `no unread count in: ${words}`);
    holds(!/ left/.test(words), `a chip about a window that is open for a day: ${words}`);
    await inbox.getByRole('navigation', { name: 'Main' }).getByText('1 unread').or(inbox.locator('#rail-unread .badge')).first().waitFor();
    const contacts = await server.api('GET', '/v1/contacts?q=Tara');
    equal(contacts.json.data.length, 1, 'contacts by that name');
    equal(contacts.json.data[0].details[0]?.value ?? '+919840012345', '+919840012345', 'number');
    await picture(inbox, 'inbox-first-message');
  });
  await step('opening it reads it: the unread count goes, and her ticks turn blue', [inbox, phone], async () => {
    await openRow(inbox, /Tara Menon/);
    await bubble(inbox, 'is the monstera still there?').waitFor();
    await inbox.getByText(/You can reply for 2[34] h/).first().waitFor();
    await until(async () => !/unread/.test(await row(inbox, /Tara Menon/).innerText()), 'the unread count going');
    await phone.getByRole('log').getByRole('listitem').filter({ hasText: 'monstera' }).getByTitle('Read', { exact: true }).waitFor();
  });

  story('We answer');
  const phoneAway = phone.url();
  await phone.goto(`${server.origin}/sandbox`);
  await step('the answer goes out with ticks: queued, sent, delivered', inbox, async () => {
    await inbox.evaluate(() => {
      window.ticks = [];
      const note = () => {
        const own = [...document.querySelectorAll('#thread-items .item')].filter((item) => item.textContent.includes('we keep one for you')).at(-1);
        const title = own?.querySelector('.delivery')?.getAttribute('title');
        if (title && window.ticks.at(-1) !== title) window.ticks.push(title);
      };
      new MutationObserver(note).observe(document.getElementById('thread-items'), { subtree: true, childList: true, attributes: true });
    });
    await inbox.getByRole('textbox', { name: 'Reply' }).fill('Good morning Tara, we keep one for you.');
    await inbox.keyboard.press('Control+Enter');
    await bubble(inbox, 'we keep one for you').getByTitle('Delivered').waitFor();
    const ticks = await inbox.evaluate(() => window.ticks);
    equal(ticks.filter((tick) => ['Queued', 'Sent', 'Delivered'].includes(tick)).join(' '), 'Queued Sent Delivered', 'ticks');
  });
  await step('and read, once the customer looks', [inbox, phone], async () => {
    await phone.goto(phoneAway);
    await phone.getByRole('log').getByText('we keep one for you').waitFor();
    await bubble(inbox, 'we keep one for you').getByTitle('Read', { exact: true }).waitFor();
    equal(await bubble(inbox, 'we keep one for you').count(), 1, 'bubbles of the one answer');
    await picture(inbox, 'thread-read');
    await picture(phone, 'phone');
  });
  await step('a photo and a reaction arrive live', [inbox, phone], async () => {
    await phone.getByLabel('Send a photo').setInputFiles({ name: 'leaf.png', mimeType: 'image/png', buffer: photo() });
    await log(inbox).getByRole('img', { name: /Photo/ }).waitFor();
    await until(() => log(inbox).getByRole('img', { name: /Photo/ }).evaluate((image) => image.naturalWidth === 120), 'the photo being shown');
    await phone.getByRole('form', { name: 'React' }).last().getByRole('button', { name: 'React with 👍' }).click();
    await bubble(inbox, 'we keep one for you').getByText('👍').waitFor();
  });
  await step('a person without a number is a person like any other', [inbox, phone], async () => {
    await invent(phone, { name: 'Kavya', username: 'kavya.designs' });
    await says(phone, 'Do you look after offices?');
    await row(inbox, /Kavya/).waitFor();
    holds(/No number shared/.test(await row(inbox, /Kavya/).innerText()), 'the row does not say that no number is shared');
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
}
