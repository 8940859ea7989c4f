// Files out: chosen, dropped, pasted, taken off again, refused in words, and seen by the customer.
import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { bubble, isSamePage, log, openRow, photo } from './talk.mjs';

const attached = (inbox) => inbox.getByRole('group', { name: 'Attached file' });
const reply = (inbox) => inbox.getByRole('textbox', { name: 'Reply' });
const quote = { name: 'quote.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 forty pots') };

/** A file in the hands of the browser, as a drop or a paste carries it. */
const carried = (inbox, names) => inbox.evaluateHandle((wanted) => {
  const carries = new DataTransfer();
  for (const [name, type, base64] of wanted) carries.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name, { type }));
  return carries;
}, names);

export async function files({ server, inbox, phone, taraPhone }) {
  story('Files from the composer');
  await openRow(inbox, /Tara Menon/);
  await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
  // The pane that was open shows the same name until the new one has come.
  await inbox.waitForTimeout(800);
  await step('a chosen file shows its name and size, and is taken off again', inbox, async () => {
    await inbox.getByLabel('Attach a file').setInputFiles(quote);
    await attached(inbox).getByText('quote.pdf').waitFor();
    equal(await reply(inbox).getAttribute('placeholder'), 'Add a caption', 'words in the empty box');
    await attached(inbox).getByRole('button', { name: 'Remove the file' }).click();
    await attached(inbox).waitFor({ state: 'hidden' });
    equal(await reply(inbox).getAttribute('placeholder'), 'Write a reply, or / for canned replies', 'words in the empty box');
  });
  await step('one that is too large says so beside the control, and is not uploaded', inbox, async () => {
    const path = join(tmpdir(), `catalogue-${randomUUID()}.pdf`);
    const file = await open(path, 'w');
    await file.truncate(104 * 1048576);
    await file.close();
    let uploads = 0;
    const count = (request) => { if (request.method() === 'POST' && request.url().endsWith('/messages')) uploads += 1; };
    inbox.on('request', count);
    await inbox.getByLabel('Attach a file').setInputFiles(path);
    await inbox.getByRole('alert').filter({ hasText: 'Not sent: 104 MB is over WhatsApp’s 100 MB limit for documents.' }).waitFor();
    await picture(inbox, 'file-too-large');
    holds(await attached(inbox).isHidden(), 'it is attached all the same');
    equal(uploads, 0, 'uploads');
    inbox.off('request', count);
    await rm(path);
  });
  await step('a picture is dropped on the conversation, shown, and goes out with its caption', [inbox, phone], async () => {
    await phone.goto(`${server.origin}/sandbox`);
    const drop = await carried(inbox, [['pot.png', 'image/png', photo().toString('base64')], ['second.png', 'image/png', photo().toString('base64')]]);
    await inbox.dispatchEvent('#thread-log', 'dragover', { dataTransfer: drop });
    await inbox.dispatchEvent('#thread-log', 'drop', { dataTransfer: drop });
    await attached(inbox).getByText('pot.png').waitFor();
    equal(await attached(inbox).count(), 2, 'files that were dropped');
    await inbox.getByRole('button', { name: 'Remove the file second.png' }).click();
    await until(() => attached(inbox).locator('img').evaluate((image) => image.naturalWidth === 120), 'the preview being shown');
    await reply(inbox).fill('This one is free');
    await picture(inbox, 'file-attached');
    await inbox.getByRole('button', { name: 'Send', exact: true }).click();
    await bubble(inbox, 'This one is free').getByTitle('Delivered').waitFor();
    await attached(inbox).waitFor({ state: 'hidden' });
    const shown = bubble(inbox, 'This one is free').getByRole('img', { name: 'Photo', exact: true });
    await until(() => shown.evaluate((image) => image.naturalWidth === 120), 'the picture in the log');
    await phone.goto(taraPhone);
    await phone.getByRole('log').getByRole('listitem').filter({ hasText: 'This one is free' }).getByRole('img').waitFor();
    await bubble(inbox, 'This one is free').getByTitle('Read', { exact: true }).waitFor();
    equal(await bubble(inbox, 'This one is free').count(), 1, 'bubbles of the one picture');
    await picture(inbox, 'file-sent');
  });
  await step('a pasted picture is attached, and waits while another conversation is looked at', inbox, async () => {
    const paste = await carried(inbox, [['clip.png', 'image/png', photo().toString('base64')]]);
    await reply(inbox).focus();
    await inbox.evaluate((carries) => document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: carries, bubbles: true, cancelable: true })), paste);
    await attached(inbox).getByText('clip.png').waitFor();
    await openRow(inbox, /Kavya/);
    await inbox.getByRole('heading', { name: 'Kavya' }).first().waitFor();
    holds(await attached(inbox).isHidden(), 'the file of one conversation is attached in another');
    await openRow(inbox, /Tara Menon/);
    await inbox.getByRole('heading', { name: 'Tara Menon' }).first().waitFor();
    await attached(inbox).getByText('clip.png').waitFor();
    await attached(inbox).getByRole('button', { name: 'Remove the file' }).click();
  });
  await step('a document goes out and is downloaded from the log', [inbox, phone], async () => {
    await inbox.getByLabel('Attach a file').setInputFiles(quote);
    await inbox.getByRole('button', { name: 'Send', exact: true }).click();
    const link = log(inbox).getByRole('link', { name: /quote\.pdf/ });
    await link.waitFor();
    const [download] = await Promise.all([inbox.waitForEvent('download'), link.click()]);
    equal(download.suggestedFilename(), 'quote.pdf', 'name of the download');
    await phone.getByRole('log').getByRole('link', { name: /quote\.pdf/ }).waitFor();
  });
  await step('what only claims to be a document is refused by the server, and stays attached with its words', inbox, async () => {
    await inbox.getByLabel('Attach a file').setInputFiles({ name: 'price.pdf', mimeType: 'application/pdf', buffer: Buffer.from('<!DOCTYPE html><script>alert(1)</script>') });
    await reply(inbox).fill('The new prices');
    await inbox.keyboard.press('Control+Enter');
    await inbox.getByRole('alert').filter({ hasText: /^Not sent: WhatsApp does not take files of this type. It takes JPEG, PNG, .*, Office files, text.$/ }).waitFor();
    equal(await reply(inbox).inputValue(), 'The new prices', 'words in the box');
    await attached(inbox).getByText('price.pdf').waitFor();
    await picture(inbox, 'file-refused');
    await attached(inbox).getByRole('button', { name: 'Remove the file' }).click();
    await reply(inbox).fill('');
  });
  await step('the API says the same', null, async () => {
    const tara = (await server.api('GET', '/v1/conversations')).json.data.find((talk) => talk.person.profile_name === 'Tara Menon' || talk.person.name === 'Tara Menon');
    const form = new FormData();
    form.append('file', new Blob(['<svg xmlns="http://www.w3.org/2000/svg"/>']), 'drawing.svg');
    const answer = await fetch(`${server.origin}/v1/conversations/${tara.id}/files`, { method: 'POST', headers: { authorization: `Bearer ${server.key}`, 'idempotency-key': randomUUID() }, body: form });
    equal(answer.status, 415, 'status');
    equal((await answer.json()).code, 'file.type', 'code');
  });
  await step('nothing of this loaded the inbox again', inbox, async () => holds(await isSamePage(inbox), 'it was loaded again'));
}
