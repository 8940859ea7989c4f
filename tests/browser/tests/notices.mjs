// What a member is told about: mentions in notes, a conversation and a task of their own, and what their browser says of it.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { fits, join } from './people.mjs';
import { openRow } from './talk.mjs';

const bell = (page) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Notices/ });
/** The number at the bell. */
const rings = (page, count) => until(async () => (await bell(page).locator('.badge').evaluateAll((marks) => marks.map((mark) => mark.firstChild.textContent).join())) === count, `${count || 'no number'} at the bell`);
const list = (page) => page.getByRole('list').filter({ has: page.locator('.notice-row') });

export async function notices(scene) {
  const { server, inbox } = scene;
  story('Notices');
  const padma = await join(scene, { email: 'padma@example.com', name: 'Padma Rao', role: 'agent' });
  const member = (await server.api('GET', '/v1/members')).json.data.find((one) => one.name === 'Padma Rao');
  await inbox.goto(`${server.origin}/inbox?view=all&state=open`);
  await step('before anything happened the page says what it is for', padma, async () => {
    await bell(padma).click();
    await padma.getByText(/^No notices yet\./).waitFor();
    await picture(padma, 'notices-empty');
  });
  await step('@ in a note offers colleagues by the beginning of any of their names, and writes the one that is chosen', inbox, async () => {
    await openRow(inbox, /Tara Menon/);
    await inbox.getByRole('textbox', { name: 'Reply' }).waitFor();
    await inbox.keyboard.press('n');
    const note = inbox.getByRole('textbox', { name: 'Private note' });
    await note.pressSequentially('Please ask @ra');
    const members = inbox.getByRole('listbox', { name: 'Members' }).first();
    await members.getByRole('option', { name: 'Padma Rao' }).waitFor();
    equal(await members.getByRole('option', { name: /Ravi Kumar/ }).count(), 0, 'oneself among the options');
    await picture(inbox, 'mention');
    await inbox.keyboard.press('Escape');
    await members.waitFor({ state: 'hidden' });
    equal(await note.inputValue(), 'Please ask @ra', 'what was typed');
    await note.press('Backspace');
    await members.getByRole('option', { name: 'Padma Rao' }).waitFor();
    await inbox.keyboard.press('Enter');
    equal(await note.inputValue(), 'Please ask @Padma Rao ', 'the note');
    await note.pressSequentially('about the delivery');
    await inbox.getByRole('button', { name: 'Add note' }).click();
    await inbox.getByText('Please ask @Padma Rao about the delivery').last().waitFor();
  });
  await step('who is mentioned sees it at the bell and in the list without loading the page again', padma, async () => {
    await padma.evaluate(() => { window.isSame = true; });
    await list(padma).getByRole('link', { name: 'Ravi Kumar mentioned you in a note about Tara Menon' }).waitFor();
    await padma.getByText('Please ask @Padma Rao about the delivery').waitFor();
    await rings(padma, '1');
    holds(await padma.evaluate(() => window.isSame), 'the page was loaded again');
  });
  await step('a notification says that something came, never what, and only to who asked for it', padma, async () => {
    await padma.context().grantPermissions(['notifications'], { origin: server.origin });
    await padma.goto(`${server.origin}/settings/profile`);
    await padma.getByLabel('Desktop notification').selectOption('notices');
    await padma.reload();
    equal(await padma.getByLabel('Desktop notification').inputValue(), 'notices', 'what is kept');
    await picture(padma, 'attention');
    await padma.evaluate(() => {
      window.shown = [];
      window.Notification = class { static permission = 'granted'; constructor(title, { body }) { window.shown.push(`${title}: ${body}`); } addEventListener() {} };
      document.hasFocus = () => false;
    });
    const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
    await server.api('PATCH', `/v1/conversations/${talk.id}`, { assignee: member.id });
    await server.api('POST', `/v1/contacts/${talk.contact}/tasks`, { title: 'Call about the delivery', assignee: member.id });
    await until(async () => (await padma.evaluate(() => window.shown.length)) > 0, 'a notification');
    const said = [...new Set(await padma.evaluate(() => window.shown))];
    equal(said.join('\n'), 'Dialzio: You have a new notice.', 'what it says');
  });
  await step('a conversation and a task that are assigned are told of, newest first, and marked as read by key and button', padma, async () => {
    await padma.goto(`${server.origin}/notices`);
    const rows = list(padma).getByRole('link');
    await until(async () => (await rows.count()) === 3, 'three notices');
    holds(/ assigned you a task about Tara Menon$/.test(await rows.nth(0).innerText()), 'the newest is not the task');
    holds(/ assigned you the conversation with Tara Menon$/.test(await rows.nth(1).innerText()), 'the second is not the conversation');
    await picture(padma, 'notices');
    await padma.keyboard.press('j');
    await padma.keyboard.press('e');
    await until(async () => (await padma.locator('.notice-row.is-unread').count()) === 2, 'two unread ones');
    await padma.getByRole('link', { name: /^Unread/ }).click();
    await padma.waitForURL(/unread=true/);
    equal(await rows.count(), 2, 'unread ones alone');
    await padma.getByRole('button', { name: 'Mark all as read' }).click();
    await padma.getByText('No unread notices.').waitFor();
    await rings(padma, '');
  });
  await step('opening the person reads what was said about them', [inbox, padma], async () => {
    await inbox.getByRole('button', { name: 'Private note' }).first().click();
    await inbox.getByRole('textbox', { name: 'Private note' }).fill('@Padma Rao once more');
    await inbox.getByRole('button', { name: 'Add note' }).click();
    await rings(padma, '1');
    await padma.getByRole('link', { name: 'All', exact: true }).click();
    await list(padma).getByRole('link').first().click();
    await padma.waitForURL(/\/contacts\//);
    await rings(padma, '');
  });
  await step('the number of unread conversations stands in the title, on every page', padma, async () => {
    const count = await padma.locator('#rail-unread .badge').first().evaluate((badge) => badge.firstChild.textContent.trim()).catch(() => '');
    holds((await padma.title()).startsWith(count ? `(${count}) ` : ''), `the title is ${await padma.title()}`);
    if (!count) holds(!/^\(/.test(await padma.title()), 'a number without unread ones');
  });
  await step('notices fit the widths that people have', padma, async () => {
    await fits(padma, `${server.origin}/notices`, 'notices');
  });
  await padma.context().close();
}
