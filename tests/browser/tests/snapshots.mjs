// What a screen reader finds: the accessibility tree of the regions that matter, compared with the files in snapshots/. On a
// server of its own, so that it depends on no other story. DIALZIO_WRITE_SNAPSHOTS=1 writes the files anew.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser } from '../browser.mjs';
import { holds, step, story } from '../report.mjs';
import { startServer } from '../server.mjs';
import { PASSWORD, bubble, invent, mark, moveAway, openRow, photo, row, says } from './talk.mjs';

const FOLDER = fileURLToPath(new URL('../snapshots/', import.meta.url));

/** What differs from one run to the next, by a word of its kind. */
const CHANGING = [
  [/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'],
  [/https?:\/\/127\.0\.0\.1:\d+/g, '<origin>'],
  [/\/hooks\/[\w-]+/g, '/hooks/<hook>'],
  [/\b\d{4}-\d\d-\d\d(T[\d:.]+Z?)?/g, '<date>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b/g, '<day>'],
  [/\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d{4})?\b/g, '<day>'],
  [/\b\d{1,2}:\d\d\b/g, '<time>'],
  [/\b\d+ (h|min|s)\b/g, '<n> $1'],
  [/\b(just )?now\b(?=")/g, '<time>'],
];
/** Of a long list of choices, such as time zones, the first three. */
const MANY = /((?:^ *- option .*\n){3})(?:^ *- option .*\n){10,}/gm;
const settled = (tree) => `${CHANGING.reduce((text, [from, to]) => text.replace(from, to), tree)}\n`.replace(MANY, '$1    # and the others\n');

/** The first lines that differ. */
function difference(found, wanted) {
  const [ours, theirs] = [found.split('\n'), wanted.split('\n')];
  const at = ours.findIndex((line, place) => line !== theirs[place]);
  const place = at < 0 ? ours.length : at;
  const some = (lines) => lines.slice(Math.max(0, place - 1), place + 4).join('\n  ');
  return `line ${place + 1}\n  found:\n  ${some(ours)}\n  in the file:\n  ${some(theirs)}`;
}

async function compare(name, region) {
  await region.waitFor();
  const found = settled(await region.ariaSnapshot());
  const path = `${FOLDER}${name}.yml`;
  if (process.env.DIALZIO_WRITE_SNAPSHOTS) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(path, found);
    return;
  }
  const wanted = await readFile(path, 'utf8').catch(() => { throw new Error(`there is no ${name}.yml: write it with DIALZIO_WRITE_SNAPSHOTS=1`); });
  holds(found === wanted, `${name}.yml differs at ${difference(found, wanted)}`);
}

export async function snapshots() {
  story('What a screen reader finds');
  const server = await startServer();
  const guard = await startBrowser(server.origin);
  try {
    await walk(server, guard);
    await step('no error in any console', null, () => holds(guard.trouble.length === 0, guard.trouble.join('\n')));
  } finally {
    await guard.browser.close();
    await server.stop();
  }
}

async function walk(server, guard) {
  const page = await guard.open();
  await step('the set-up', page, async () => {
    await page.goto(server.setup);
    await page.getByLabel('Your name').waitFor();
    await compare('set-up', page.getByRole('main'));
  });
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByText('No open conversations.').waitFor();
  await mark(page);
  await step('the way in', page, async () => {
    const alone = await guard.openAlone();
    await alone.goto(`${server.origin}/sign-in`);
    await compare('sign-in', alone.getByRole('main'));
    await alone.context().close();
  });
  await guard.share();
  const phone = await guard.openBeside();
  phone.origin = server.origin;
  await invent(phone, { name: 'Kavya', username: 'kavya.designs' });
  await says(phone, 'Do you look after offices?');
  // One after the other, so that their order in the inbox is certain.
  await page.waitForTimeout(1100);
  await invent(phone, { name: 'Tara Menon', number: '+91 98400 12345' });
  await says(phone, 'Good morning, is the monstera still there?');
  const taraPhone = phone.url();
  await row(page, /Tara Menon/).waitFor();
  await openRow(page, /Tara Menon/);
  await page.getByRole('textbox', { name: 'Reply' }).fill('Good morning Tara, we keep one for you.');
  await page.keyboard.press('Control+Enter');
  await bubble(page, 'we keep one for you').getByTitle(/Delivered|Read/).waitFor();
  await phone.goto(taraPhone);
  await phone.getByLabel('Send a photo').setInputFiles({ name: 'leaf.png', mimeType: 'image/png', buffer: photo() });
  await page.getByRole('log').getByRole('img', { name: /Photo/ }).waitFor();
  await bubble(page, 'we keep one for you').getByTitle('Read', { exact: true }).waitFor();
  await page.getByRole('log').focus();
  await page.keyboard.press('n');
  await page.getByRole('textbox', { name: 'Private note' }).fill('Gets the loyalty price');
  await step('the form of a private note', page, async () => compare('note', page.getByRole('form', { name: 'Private note' })));
  await page.getByRole('button', { name: 'Add note' }).click();
  await bubble(page, 'Gets the loyalty price').waitFor();
  await moveAway(page);
  await row(page, /Photo/).waitFor();
  await step('the inbox with an open conversation', page, async () => {
    await page.reload();
    await bubble(page, 'Gets the loyalty price').waitFor();
    await compare('inbox', page.getByRole('region', { name: 'Conversations' }));
    await compare('navigation', page.getByRole('navigation', { name: 'Main' }));
  });
  await step('the thread, and the person beside it', page, async () => {
    await compare('thread', page.getByRole('region', { name: 'Conversation with Tara Menon' }));
    await compare('person', page.getByRole('complementary', { name: 'Tara Menon' }));
  });
  await step('the form of a task', page, async () => {
    await page.getByText('Add a task').click();
    await compare('task', page.getByRole('form', { name: 'Add a task' }));
  });
  await step('the outcome of a call', page, async () => {
    const telephones = phone.getByRole('region', { name: 'Telephones' });
    await telephones.getByRole('button', { name: 'Call', exact: true }).click();
    await telephones.getByRole('button', { name: 'Desk answers' }).click();
    await telephones.getByRole('button', { name: 'Person hangs up' }).click();
    const form = page.getByRole('complementary', { name: 'Calls' }).getByRole('form', { name: 'After the call' });
    await compare('disposition', form);
    await form.getByLabel('Outcome').selectOption({ label: 'Interested' });
    await form.getByRole('button', { name: 'Save' }).click();
    await form.waitFor({ state: 'detached' });
  });
  await step('a new contact, the contact page and its edit form', page, async () => {
    await page.goto(`${server.origin}/contacts`);
    await page.getByRole('button', { name: 'New contact' }).click();
    await compare('contact-new', page.getByRole('dialog', { name: 'New contact' }));
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Tara Menon' }).first().click();
    await page.getByRole('region', { name: 'Timeline' }).waitFor();
    await compare('contact', page.getByRole('main'));
    await page.getByRole('button', { name: 'Edit Contact details' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit contact' });
    await dialog.getByRole('button', { name: 'Add a number' }).click();
    await dialog.getByRole('textbox', { name: 'Number' }).last().waitFor();
    await compare('contact-edit', dialog);
  });
  await step('a channel that is connected', page, async () => {
    await page.goto(`${server.origin}/settings/channels/new?provider=whatsapp`);
    await compare('channel', page.locator('#channel-form'));
  });
}
