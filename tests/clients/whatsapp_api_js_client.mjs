// Walks through the Cloud API with whatsapp-api-js, as its users do, against the emulator. One line for each step.
import { WhatsAppAPI } from 'whatsapp-api-js';
import {
  ActionButtons, ActionContactRequest, ActionCTA, ActionList, ActionLocation, Address, Birthday, Body, BodyComponent,
  BodyParameter, Button, Contacts, Document, Email, Footer, Header, HeaderComponent, HeaderParameter, Image, Interactive,
  Language, ListSection, Location, Name, Organization, Phone, Reaction, Row, Sticker, Template, Text, URLComponent, Url,
  Video, Audio,
} from 'whatsapp-api-js/messages';

const {
  EMULATOR_URL, EMULATOR_TOKEN, EMULATOR_NUMBER: number, EMULATOR_PERSON: person, EMULATOR_ARRIVED: arrived,
} = process.env;
const emulator = new URL(EMULATOR_URL);

const wa = new WhatsAppAPI({
  token: EMULATOR_TOKEN,
  secure: false,
  v: 'v25.0',
  ponyfill: {
    // The client names the host itself; the emulator stands in for it.
    fetch: (address, options) => {
      const url = new URL(address);
      url.protocol = emulator.protocol;
      url.host = emulator.host;
      return fetch(url, options);
    },
  },
});

let failed = 0;

async function step(name, work) {
  try {
    await work();
    console.log(`ok     ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.message}`);
  }
}

function holds(what, shown) {
  if (!what) throw new Error(`it does not hold: ${JSON.stringify(shown)}`);
}

/** Sends, and fails unless the message was taken. */
async function send(message, context) {
  const answer = await wa.sendMessage(number, person, message, context, 'mine-2');
  holds(answer.messages?.[0]?.id?.startsWith('wamid.'), { message, answer });
  return answer.messages[0].id;
}

await step('text, an answer, buttons, a list, a link', async () => {
  await send(new Text('Hello'));
  await send(new Text('See https://shop.example/', true), arrived);
  await send(new Interactive(
    new ActionButtons(new Button('menu', 'Menu'), new Button('help', 'Help')),
    new Body('How can I help?'), new Header('Welcome'), new Footer('Green Leaf'),
  ));
  await send(new Interactive(
    new ActionList('Plants', new ListSection('Indoor', new Row('fern', 'Fern', 'Likes shade'))), new Body('Choose'),
  ));
  await send(new Interactive(new ActionCTA('Open', 'https://shop.example/'), new Body('Our site')));
});

await step('places, cards given as JSON text, reactions and requests', async () => {
  await send(new Location(80.27, 13.08, 'Shop', '1 Mount Road'));
  await send(new Contacts([
    new Name('Ravi Kumar', 'Ravi'), new Phone('+919840012345', 'WORK'), new Email('ravi@example.com', 'WORK'),
    new Organization('Green Leaf'), new Address('India', 'IN', undefined, 'Chennai'), new Url('https://shop.example/'),
    new Birthday('1990', '02', '03'),
  ]));
  await send(new Reaction(arrived, '🌱'));
  await send(new Reaction(arrived));
  await send(new Interactive(new ActionLocation(), new Body('Where to?')));
  await send(new Interactive(new ActionContactRequest(), new Body('Whom do we call?')));
});

await step('templates with numbered and with named variables, and a code', async () => {
  await send(new Template(
    'order_ready', new Language('en'),
    new HeaderComponent(new HeaderParameter('A17')),
    new BodyComponent(new BodyParameter('Asha'), new BodyParameter('6 pm')),
    new URLComponent('A17'),
  ));
  await send(new Template(
    'appointment', 'en',
    new BodyComponent(new BodyParameter('Asha', 'first_name'), new BodyParameter('Monday', 'day')),
  ));
  await send(Template.OTP('login_code', 'en', '123456'));
});

await step('read and typing', async () => {
  holds((await wa.markAsRead(number, arrived)).success);
  holds((await wa.markAsRead(number, arrived, 'text')).success);
});

await step('a file is uploaded, looked up, downloaded, sent and deleted', async () => {
  const form = new FormData();
  form.set('file', new Blob(['%PDF-1.4 price list'], { type: 'application/pdf' }), 'prices.pdf');
  const { id, ...rest } = await wa.uploadMedia(number, form);
  holds(id, rest);
  const found = await wa.retrieveMedia(id, number);
  holds(found.mime_type === 'application/pdf' && found.url, found);
  holds(await (await wa.fetchMedia(found.url)).text() === '%PDF-1.4 price list');
  await send(new Document(id, true, 'Prices', 'prices.pdf'));
  await send(new Image('https://shop.example/leaf.png', false, 'A leaf'));
  await send(new Video('https://shop.example/leaf.mp4'));
  await send(new Audio('https://shop.example/leaf.mp3'));
  await send(new Sticker('https://shop.example/leaf.webp'));
  holds((await wa.deleteMedia(id, number)).success);
  const gone = await wa.retrieveMedia(id);
  holds(gone.error?.code === 100 && gone.error.error_subcode === 33, gone);
});

await step('message links are made, listed, changed and deleted', async () => {
  const made = await wa.createQR(number, 'Hello, I saw your window');
  holds(made.code && made.prefilled_message === 'Hello, I saw your window' && made.qr_image_url, made);
  holds((await fetch(made.qr_image_url)).headers.get('content-type').startsWith('image/'));
  const changed = await wa.updateQR(number, made.code, 'Hello again');
  holds(changed.code === made.code && changed.prefilled_message === 'Hello again', changed);
  const one = await wa.retrieveQR(number, made.code);
  holds(one.data?.[0]?.prefilled_message === 'Hello again', one);
  const all = await wa.retrieveQR(number);
  holds(all.data?.length === 1, all);
  holds((await wa.deleteQR(number, made.code)).success);
  holds((await wa.retrieveQR(number)).data?.length === 0);
});

await step('people are blocked and let in again', async () => {
  const blocked = await wa.blockUser(number, person);
  holds(blocked.block_users?.added_users?.[0]?.wa_id === person, blocked);
  const stranger = await wa.blockUser(number, '919000000000');
  holds(stranger.block_users?.failed_users?.length === 1 && stranger.errors?.code === 139100, stranger);
  const freed = await wa.unblockUser(number, person);
  holds(freed.block_users?.removed_users?.[0]?.wa_id === person, freed);
});

await step('what the emulator does not have is refused in Meta\'s words', async () => {
  for (const answer of [
    await wa.initiateCall(number, person, 'v=0'),
    await wa.sendMessage('4711', person, new Text('Hello')),
    await wa.retrieveMedia('4711'),
  ]) {
    holds(answer.error?.code === 100 && answer.error.fbtrace_id, answer);
  }
});

process.exit(failed ? 1 : 0);
