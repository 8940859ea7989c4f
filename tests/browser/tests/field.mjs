// Reports from the field, as the person at the screen sees them: what failed and why, what is too long, a token that ran out,
// voice notes under many names, a number that was given to somebody else. The inputs are those of tests/corpus/field, and in
// addition those in the folder that DIALZIO_CORPUS names; the people and numbers are of this story.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProvider } from '../provider.mjs';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { bubble, signIn } from './talk.mjs';
import { connectSecond } from './unknown.mjs';

const OWN = fileURLToPath(new URL('../../corpus/field/', import.meta.url));

/** The reports of this name, our own first. */
async function reports(name) {
  const read = async (path) => JSON.parse(await readFile(path, 'utf8'));
  const all = [await read(join(OWN, `${name}.json`))];
  if (process.env.DIALZIO_CORPUS) {
    const folder = join(process.env.DIALZIO_CORPUS, 'field');
    const file = (await readdir(folder)).find((one) => one.endsWith(`-${name}.json`));
    holds(file, `no report ${name} in the corpus`);
    all.push(await read(join(folder, file)));
  }
  return all;
}

const TEN = ['One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];

/** Who writes in a report, in order: name, number and words. */
const writersOf = (report) => report.steps.filter((one) => one.post).map(({ post }) => {
  const { contacts, messages } = post.entry[0].changes[0].value;
  return { name: contacts[0].profile.name, number: messages[0].from, words: messages[0].text.body };
});

/** The errors of the failure in a report of webhooks. */
const errorsOf = (report) => report.flatMap((envelope) => envelope.entry[0].changes[0].value.statuses ?? []).find((status) => status.errors).errors;

const reply = (page) => page.getByRole('textbox', { name: 'Reply', exact: true });
const send = (page) => page.getByRole('form', { name: 'Reply' }).getByRole('button', { name: 'Send', exact: true });

/** The page, the line and what the provider was asked, with one person to write to. */
async function desk({ server, guard, scene }) {
  scene.provider ??= await startProvider();
  scene.second ??= await connectSecond(server, scene.provider);
  const { state } = scene.provider;
  Object.assign(state, { hangsUp: false, refuses: null });
  const page = await guard.open();
  await page.setViewportSize({ width: 1440, height: 900 });
  // Marketing waits at night: it is noon in India, whatever the hour was.
  const second = Math.floor(server.now() / 1000 + 5.5 * 3600) % 86400;
  await server.ahead((12 * 3600 - second + 86400) % 86400);
  // The clock may have been moved since the last sign-in.
  await guard.context.clearCookies();
  await signIn(page, server.origin);
  await guard.share();
  let written = 0;
  const writes = async (name, number, words) => {
    written += 1;
    equal((await scene.second.write([{ name, number, id: `wamid.field.${number}.${written}`, words }])).status, 200, 'status of the webhook');
  };
  const talkWith = (number) => until(async () => {
    const { data } = (await server.api('GET', `/v1/conversations?q=${number}&account=${scene.second.account.id}`)).json;
    return data.find((talk) => talk.person.phone === `+${number}`);
  }, `a conversation with +${number}`);
  const opened = async (number) => {
    const talk = await talkWith(number);
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    return talk;
  };
  /** Sends a text from the page, and answers the id that the provider gave. */
  const answers = async (words) => {
    const before = state.taken.length;
    await reply(page).fill(words);
    await send(page).click();
    await until(() => state.taken.length > before, `“${words}” at the provider`);
    await bubble(page, words).last().getByTitle(/Sent/).waitFor();
    return `wamid.taken.${state.taken.length}`;
  };
  state.templates = [
    { id: '71', name: 'offer_of_the_week', language: 'en', status: 'APPROVED', category: 'MARKETING', components: [{ type: 'BODY', text: 'The offer of the week: everything is half price.' }] },
    { id: '72', name: 'your_request', language: 'en', status: 'APPROVED', category: 'UTILITY', components: [{ type: 'BODY', text: 'We write to you about your request.' }] },
  ];
  equal((await server.api('POST', `/v1/accounts/${scene.second.account.id}/templates/sync`)).status, 200, 'status of the templates');
  /** Sends a template from the page, and answers the id that the provider gave. */
  const offers = async (name, words) => {
    const before = state.taken.length;
    const picker = page.getByRole('group', { name: 'Template', exact: true });
    if (!(await picker.isVisible())) await page.getByRole('button', { name: 'Template', exact: true }).click();
    await picker.getByRole('button', { name }).click();
    await page.getByRole('button', { name: 'Send template' }).click();
    await until(() => state.taken.length > before, `“${words}” at the provider`);
    await bubble(page, words).last().getByTitle(/Sent/).waitFor();
    return `wamid.taken.${state.taken.length}`;
  };
  return { server, page, state, scene, writes, talkWith, opened, answers, offers, second: scene.second };
}

export async function field(all) {
  const room = await desk(all);
  story('Reports from the field');
  await failures(room);
  await tooLong(room);
  await voiceNotes(room);
  await tokenExpired(room);
  await numberGivenUp(room);
  await room.page.close();
}

async function failures({ page, state, writes, opened, answers, offers, second, server }) {
  const person = '919811200601';
  await writes('Meenal Joshi', person, 'Is the fern still there?');
  const meenal = await opened(person);
  await step('a failed message says why and in whose words, live and after a reload; sent again it is another one, once', page, async () => {
    for (const [place, report] of (await reports('retry-really-sends')).entries()) {
      const words = `Yes, it is, ${place}.`;
      const first = await answers(words);
      await second.report(first, person, 'failed', errorsOf(report));
      const old = bubble(page, words).first();
      await old.getByText('Not sent', { exact: true }).waitFor();
      await old.getByText('The file could not be taken.').waitFor();
      const before = state.taken.length;
      await old.getByRole('button', { name: 'Send again' }).dblclick();
      await until(() => state.taken.length > before, 'another message at the provider');
      await until(async () => (await bubble(page, words).count()) === 2, 'a second bubble');
      await page.waitForTimeout(500);
      equal(state.taken.length - before, 1, 'messages after two quick clicks');
      const again = `wamid.taken.${state.taken.length}`;
      await second.report(again, person, 'delivered');
      await bubble(page, words).last().getByTitle('Delivered').waitFor();
      // What comes late is about the first alone.
      await second.report(first, person, 'failed', errorsOf(report));
      await page.reload();
      await bubble(page, words).last().getByTitle('Delivered').waitFor();
      await old.getByText('Details').click();
      await old.getByText(/131053 · .*audio\/ogg/).waitFor();
      equal(await bubble(page, words).count(), 2, 'bubbles after a reload');
    }
    await picture(page, 'field-sent-again');
  });
  await step('what the limit of one person stopped is not offered to be sent again at once', page, async () => {
    const id = await answers('One more thing.');
    await second.report(id, person, 'failed', [{ code: 131049, title: 'Not sent to keep engagement healthy' }]);
    const held = bubble(page, 'One more thing.').last();
    await held.getByText(/people are not written to too often\. It can be sent again after a day/).waitFor();
    equal(await held.getByRole('button', { name: 'Send again' }).count(), 0, 'buttons to send again');
  });
  await step('a marketing template that the provider holds back says so in words, with its code to look up, and no code is a bare mark', page, async () => {
    const given = { channel: 'whatsapp', scope: 'marketing', evidence: { kind: 'paper', note: 'Form 12, at the counter' }, occurred_at: new Date(server.now()).toISOString() };
    equal((await server.api('POST', `/v1/contacts/${meenal.contact}/consents`, given)).status, 201, 'status of the opt-in');
    for (const report of await reports('reason-of-failure-shown')) {
      const id = await offers(/Offer of the week/, 'everything is half price');
      equal(state.taken.at(-1).template.name, 'offer_of_the_week', 'what left');
      await second.report(id, person, 'failed', errorsOf(report));
      const held = bubble(page, 'everything is half price').last();
      const words = /holds marketing back from this number for a test\. Nothing is wrong with the number or the template/;
      await held.getByText(words).waitFor();
      await page.reload();
      await held.getByText(words).waitFor();
      await held.getByText('Details').click();
      await held.getByText(/whatsapp\.130472/).waitFor();
    }
    const id = await answers('And the offer of next week.');
    await second.report(id, person, 'failed', [{ code: 199999, title: 'Odd', message: 'Odd', error_data: { details: 'The carrier pigeon is ill.' } }]);
    const unknown = bubble(page, 'And the offer of next week.').last();
    await unknown.getByText('WhatsApp could not deliver it: The carrier pigeon is ill.').waitFor();
    await unknown.getByText('Details').click();
    await unknown.getByText(/whatsapp\.199999/).waitFor();
    await page.locator('#queue-rows .queue-row').filter({ hasText: 'Meenal Joshi' }).getByText('Not sent').waitFor();
    await picture(page, 'field-reason');
    const talk = (await server.api('GET', '/v1/conversations?q=meenal')).json.data[0];
    const contact = (await server.api('GET', `/v1/contacts/${talk.contact}/consents`)).json.data;
    equal(contact.length, 1, 'entries of the ledger: the opt-in alone, and none that a failure made');
  });
  await step('a window that the provider calls shut does not shut ours, and a person sends again', page, async () => {
    for (const [place, report] of (await reports('window-shut-says-meta')).entries()) {
      const id = await answers(`At five, then, ${place}.`);
      await second.report(id, person, 'failed', errorsOf(report));
      const failed = bubble(page, `At five, then, ${place}.`).first();
      await failed.getByText('Not sent', { exact: true }).waitFor();
      await page.getByText(/You can reply for 2[34] h/).first().waitFor();
      holds(await reply(page).isVisible(), 'the reply box is gone');
      const before = state.read;
      await page.waitForTimeout(1500);
      equal(state.read, before, 'what was sent by itself');
      await failed.getByRole('button', { name: 'Send again' }).click();
      await until(async () => (await bubble(page, `At five, then, ${place}.`).count()) === 2, 'a second bubble');
      await bubble(page, `At five, then, ${place}.`).last().getByTitle('Sent').waitFor();
    }
    await picture(page, 'field-window');
  });
}

async function tooLong({ page, state, writes, opened }) {
  const person = '919811200602';
  await writes('Lata Rao', person, 'Tell me everything');
  await opened(person);
  const pdf = { name: 'quote.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 a quote') };
  await step('what is too long is refused in the composer with the limit, stays in the box, and is never cut', page, async () => {
    for (const report of await reports('length-limits')) {
      for (const { id, kind, char, times, ok } of report.cases.filter((one) => one.kind !== 'template_body_parameter')) {
        const text = char.repeat(times);
        if (kind === 'caption') await page.getByLabel('Attach a file').setInputFiles(pdf);
        await reply(page).fill(text);
        const before = state.taken.length;
        const { read } = state;
        await page.keyboard.press('Control+Enter');
        if (ok) {
          await until(() => state.taken.length > before, `${id} at the provider`);
          const sent = state.taken.at(-1);
          equal(kind === 'caption' ? sent.document.caption : sent.text.body, text, `${id}: what left`);
          await until(async () => (await reply(page).inputValue()) === '', 'the box being empty');
        } else {
          await page.waitForTimeout(400);
          equal(state.read, read, `${id}: messages that left`);
          equal(await reply(page).inputValue(), text, `${id}: what is in the box`);
          if (text.trim().length > 10) await page.getByText(/characters? over the limit of (4,096|1,024)/).waitFor();
          if (kind === 'caption') await page.getByRole('group', { name: 'Attached file' }).getByRole('button', { name: 'Remove the file' }).click();
          await reply(page).fill('');
        }
      }
    }
  });
}

async function voiceNotes({ page, state, writes, opened }) {
  const person = '919811200603';
  await writes('Ojas Patil', person, 'Send me a voice note');
  await opened(person);
  await step('a voice note is sent as what its bytes are, under any name, and plays in the thread', page, async () => {
    for (const report of await reports('opus-voice-note')) {
      for (const { id, filename, declared } of report.cases) {
        const sounds = await page.locator('#thread-items audio').count();
        const before = state.taken.length;
        const uploads = state.uploads.length;
        await page.getByLabel('Attach a file').setInputFiles({ name: filename, mimeType: declared, buffer: Buffer.from(report.file_base64, 'base64') });
        await page.getByRole('group', { name: 'Attached file' }).getByText(filename).waitFor();
        await send(page).click();
        await until(() => state.taken.length > before, `${id} at the provider`);
        equal(state.taken.at(-1).type, 'audio', `${id}: what it was sent as`);
        for (const type of Object.values(state.uploads[uploads])) equal(type.split(';')[0], 'audio/ogg', `${id}: the type of the upload`);
        await until(async () => (await page.locator('#thread-items audio').count()) === sounds + 1, `${id} in the thread`);
      }
    }
    const sound = page.locator('#thread-items audio').last();
    const answer = await page.request.get(new URL(await sound.getAttribute('src'), await page.evaluate(() => document.baseURI)).href);
    equal(`${answer.status()} ${answer.headers()['content-type'].split(';')[0]}`, '200 audio/ogg', 'what the thread plays');
    await picture(page, 'field-voice');
  });
}

async function tokenExpired({ page, state, writes, opened, server, second }) {
  const person = '919811200604';
  await writes('Tanvi Shah', person, 'Did you send it?');
  const talk = await opened(person);
  await step('messages wait for a new token without a tick, the line says so, and they leave once each', page, async () => {
    const [report] = await reports('token-expired');
    state.refuses = { status: report.answer.status, body: report.answer.body };
    const { read } = state;
    for (const part of TEN) {
      await reply(page).fill(`${part} of ten.`);
      await send(page).click();
      await bubble(page, `${part} of ten.`).waitFor();
    }
    await bubble(page, 'One of ten.').getByText(/Waits\. WhatsApp refused the token of this number\. It goes out by itself once that is over\./).waitFor();
    for (const part of TEN) equal(await bubble(page, `${part} of ten.`).getByTitle(/^(Sent|Delivered|Read)$/).count(), 0, `ticks of ${part}`);
    await page.waitForTimeout(2000);
    holds(state.read - read <= 2, `the provider was asked ${state.read - read} times`);
    await picture(page, 'field-token');
    await writes('Tanvi Shah', person, 'Hello?');
    await bubble(page, 'Hello?').waitFor();
    const before = state.taken.length;
    await page.goto(`${server.origin}/settings/channels`);
    const line = page.getByRole('region', { name: second.account.name });
    await line.getByText('Token refused').waitFor();
    await line.getByText(/has expired/).waitFor();
    await picture(page, 'field-token-channel');
    state.refuses = null;
    await line.getByText('Set a new token').click();
    await line.getByLabel('New access token').fill('second-token-made-anew');
    await line.getByRole('button', { name: 'Save token' }).click();
    await line.getByText('Connected').waitFor();
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    const statuses = async () => (await server.api('GET', `/v1/conversations/${talk.id}/messages`)).json.data.filter((message) => message.direction === 'outbound').map((message) => message.status).join(' ');
    await until(async () => (await statuses()) === TEN.map(() => 'accepted').join(' '), 'ten messages being taken', 20_000);
    for (const part of TEN) await bubble(page, `${part} of ten.`).getByTitle('Sent').waitFor();
    const left = state.taken.slice(before).filter((message) => message.to.replace('+', '') === person).map((message) => message.text.body);
    equal(left.sort().join(' '), TEN.map((part) => `${part} of ten.`).sort().join(' '), 'what left');
  });
}

async function numberGivenUp(room) {
  for (const [place, report] of (await reports('number-edited-then-new-message')).entries()) await numberOf(room, writersOf(report), place);
}

/** A person writes, is given another number, writes from it, and somebody else writes from the first one. */
async function numberOf({ page, state, writes, opened, talkWith, offers, server, second }, [first, again, stranger], place) {
  const [former, current] = [first.number, again.number];
  equal(stranger.number, former, 'the number of the stranger');
  equal((await server.api('POST', '/v1/contacts', { name: first.name, details: [{ kind: 'phone', value: `+${former}` }] })).status, 201, 'status of the contact');
  await writes(first.name, former, first.words);
  const old = await opened(former);
  const spaced = (number) => `+91 ${number.slice(2, 7)} ${number.slice(7)}`;
  await step(`after the number of ${first.name} is corrected a new message goes to the new one, and the old conversation says which it answers to`, page, async () => {
    await page.goto(`${server.origin}/contacts/${old.contact}`);
    await page.getByRole('button', { name: 'Edit Contact details' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit contact' });
    await dialog.getByRole('textbox', { name: 'Number' }).fill(`+${current}`);
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    const details = page.locator('#contact-addresses');
    await details.getByText(spaced(current)).first().waitFor();
    await details.getByText('WhatsApp, former number').waitFor();
    await page.reload();
    equal(await page.locator('#contact-number').inputValue(), spaced(current), 'the number to call and to copy');
    await picture(page, `field-number-contact-${place}`);
    await page.locator('#contact-open').getByRole('button', { name: 'Message from Shop line' }).click();
    await page.waitForURL(/\/inbox\//);
    await page.locator('#thread-head').getByText(new RegExp(spaced(current).replace('+', '\\+'))).waitFor();
    const fresh = await server.api('POST', `/v1/contacts/${old.contact}/conversations`, { account: second.account.id });
    equal((await server.api('GET', `/v1/conversations/${fresh.json.id}`)).json.person.phone, `+${current}`, 'whom the same line writes to');
    await page.goto(`${server.origin}/inbox/${fresh.json.id}`);
    await offers(/Your request/, 'about your request');
    equal(state.taken.at(-1).to.replace('+', ''), current, 'to whom the template went');
    await page.goto(`${server.origin}/inbox/${old.id}`);
    await page.locator('#thread-head').getByText(new RegExp(spaced(former).replace('+', '\\+'))).waitFor();
  });
  await step(`who writes from the new number is ${again.name} still`, page, async () => {
    await writes(again.name, current, again.words);
    equal((await talkWith(current)).contact, old.contact, 'the contact');
  });
  await step(`${stranger.name} writes from the former number: that is in doubt, and a member decides`, page, async () => {
    await server.ahead(60);
    await writes(stranger.name, former, stranger.words);
    await page.goto(`${server.origin}/inbox?q=${former}`);
    const row = page.getByRole('region', { name: 'Conversations' }).getByRole('link').filter({ hasText: 'May be another person' });
    await row.first().waitFor();
    await page.goto(`${server.origin}/inbox/${old.id}`);
    await page.locator('#thread-head').getByText(/may be another person since/).waitFor();
    const doubt = page.getByRole('group', { name: 'Who is this?' });
    await doubt.getByText(new RegExp(`${stranger.name} writes from .*, a former number of this person`)).waitFor();
    await picture(page, `field-number-doubt-${place}`);
    await doubt.getByRole('button', { name: 'Another person: make a new contact' }).click();
    await page.getByRole('heading', { name: stranger.name }).first().waitFor();
    await writes(stranger.name, former, 'I have this number since May');
    await page.goto(`${server.origin}/inbox/${(await talkWith(former)).id}`);
    await bubble(page, 'since May').waitFor();
    equal(await bubble(page, first.words).filter({ hasNotText: stranger.words }).count(), 0, 'messages of the person before');
    await page.goto(`${server.origin}/contacts/${old.contact}`);
    await page.getByText(spaced(former)).first().waitFor();
    await picture(page, `field-number-settled-${place}`);
  });
}
