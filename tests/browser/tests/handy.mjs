// What makes eight hours a day easier: dense rows, a search in the conversation, marks of WhatsApp, several files, send and snooze,
// a box in the list of members.
import { equal, holds, picture, step, until } from '../report.mjs';
import { bubble, log, moveAway, openRow, photo, row } from './talk.mjs';

const reply = (page) => page.getByRole('textbox', { name: 'Reply', exact: true });

export async function handy(room) {
  await rows(room);
  await finding(room);
  await marks(room);
  await severalFiles(room);
  await sendAndSnooze(room);
  await members(room);
}

async function rows({ server, page }) {
  await step('rows are dense by choice, also after a reload, and none is higher than the other', page, async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${server.origin}/inbox`);
    await row(page, /Guest 098/).waitFor();
    const heights = () => page.locator('#queue-rows > li.queue-row').evaluateAll((all) => [...new Set(all.map((one) => Math.round(one.getBoundingClientRect().height)))]);
    await page.getByRole('button', { name: /signed in as/ }).click();
    const dialog = page.getByRole('dialog', { name: 'Ravi Kumar' });
    await dialog.getByLabel('Compact').check();
    await page.keyboard.press('Escape');
    equal((await heights()).join(), '64', 'heights of the rows');
    await page.reload();
    await row(page, /Guest 098/).waitFor();
    equal((await heights()).join(), '64', 'heights of the rows after a reload');
    await picture(page, 'handy-compact');
    const clipped = await page.locator('#queue-rows .chips').evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().right > one.closest('li').getBoundingClientRect().right).length);
    equal(clipped, 0, 'chips beyond their row');
    await page.setViewportSize({ width: 360, height: 740 });
    equal((await heights()).join(), '64', 'heights of the rows at 360 pixels');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole('button', { name: /signed in as/ }).click();
    await dialog.getByLabel('Comfortable').check();
    await page.keyboard.press('Escape');
    equal(Math.min(...await heights()), 64, 'the height of a row with nothing to say');
  });
}

async function finding({ server, page, second }) {
  const far = Array.from({ length: 70 }, (_, place) => ({ name: 'Guest 080', number: '919811230180', id: `wamid.far.${place}`, words: place === 2 ? 'the needle in the hay' : `straw number ${place}` }));
  await step('Ctrl and F find in the conversation, also in what is not loaded yet', page, async () => {
    equal((await second.write(far)).status, 200, 'status');
    await page.goto(`${server.origin}/inbox?q=guest%20080`);
    await openRow(page, /Guest 080/);
    await bubble(page, 'straw number 69').waitFor();
    await log(page).focus();
    await page.keyboard.press('Control+f');
    const find = page.getByRole('search', { name: 'In this conversation' });
    const field = find.getByRole('searchbox', { name: 'Find in this conversation' });
    await until(() => field.evaluate((one) => one === document.activeElement), 'the field having the focus');
    await field.pressSequentially('straw number 6');
    await find.getByText(/^1 of \d+ so far$/).waitFor();
    equal(await page.evaluate(() => CSS.highlights.get('found-now')?.size), 1, 'places that are marked as this one');
    await picture(page, 'handy-find');
    await page.keyboard.press('Enter');
    await find.getByText(/^2 of \d+/).waitFor();
    await page.keyboard.press('Shift+Enter');
    await find.getByText(/^1 of \d+/).waitFor();
    await field.fill('NEEDLE');
    await find.getByText('Not so far: Enter looks further back').waitFor();
    await page.keyboard.press('Enter');
    await find.getByText(/^1 of 1/).waitFor();
    await bubble(page, 'the needle in the hay').waitFor();
    await until(() => bubble(page, 'the needle in the hay').evaluate((one) => { const [box, pane] = [one.getBoundingClientRect(), document.getElementById('thread-log').getBoundingClientRect()]; return box.top >= pane.top && box.bottom <= pane.bottom; }), 'it being in sight');
    await field.fill('never said');
    await page.keyboard.press('Enter');
    await find.getByText('Not in this conversation').waitFor();
    const isTaken = await field.evaluate((one) => !one.dispatchEvent(new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, bubbles: true, cancelable: true })));
    equal(isTaken, false, 'whether a second press is kept from the browser');
    await page.keyboard.press('Escape');
    await find.waitFor({ state: 'hidden' });
    equal(await page.evaluate(() => CSS.highlights.size), 0, 'marks that are left');
  });
}

async function marks({ page, server }) {
  await step('Ctrl and B make words bold, in the box as WhatsApp writes it and in the message as it reads', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20079`);
    await openRow(page, /Guest 079/);
    await reply(page).fill('half price today');
    await reply(page).evaluate((area) => area.setSelectionRange(0, 11));
    await reply(page).press('Control+b');
    equal(await reply(page).inputValue(), '*half price* today', 'what is in the box');
    await reply(page).press('Control+b');
    equal(await reply(page).inputValue(), 'half price today', 'what is in the box after it was taken away');
    await reply(page).press('Control+b');
    await reply(page).evaluate((area) => area.setSelectionRange(13, 18));
    await reply(page).press('Control+i');
    await reply(page).press('Control+Enter');
    const sent = bubble(page, 'half price').last();
    equal(await sent.locator('strong').innerText(), 'half price', 'what is bold');
    equal(await sent.locator('em').innerText(), 'today', 'what is italic');
    const talk = (await server.api('GET', '/v1/conversations?q=guest%20079')).json.data[0];
    equal((await server.api('GET', `/v1/conversations/${talk.id}/messages`)).json.data.find((one) => one.direction === 'outbound').text, '*half price* _today_', 'what left');
    await picture(page, 'handy-marks');
  });
}

async function severalFiles({ page, server, provider }) {
  const file = (name) => ({ name, mimeType: 'application/pdf', buffer: Buffer.from(`%PDF-1.7 ${name}`) });
  await step('several files go out in their order, the first with the words', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20078`);
    await openRow(page, /Guest 078/);
    const attached = page.getByRole('group', { name: 'Attached file' });
    await page.getByLabel('Attach a file').setInputFiles([file('one.pdf'), file('two.pdf'), { name: 'photo.png', mimeType: 'image/png', buffer: photo() }]);
    equal(await attached.count(), 3, 'files that are attached');
    await page.getByLabel('Attach a file').setInputFiles([file('three.pdf'), file('four.pdf')]);
    equal(await attached.count(), 5, 'files after two more were added');
    await page.getByRole('button', { name: 'Remove the file three.pdf' }).click();
    await reply(page).fill('The papers');
    await picture(page, 'handy-files');
    const before = provider.state.taken.length;
    await page.keyboard.press('Control+Enter');
    await until(() => provider.state.taken.length === before + 4, 'four messages at the provider');
    const left = provider.state.taken.slice(before);
    equal(left.map((one) => one.document?.filename ?? one.type).join(' '), 'one.pdf two.pdf image four.pdf', 'what left, in its order');
    equal(left.map((one) => one.document?.caption ?? '').join('|'), 'The papers|||', 'captions');
    equal(await attached.count(), 0, 'files that are left in the box');
  });
  await step('one that is refused leaves the others, and more than ten are not taken', page, async () => {
    await page.getByLabel('Attach a file').setInputFiles([file('good.pdf'), { name: 'empty.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) }]);
    await page.getByRole('alert').filter({ hasText: 'the file is empty' }).waitFor();
    equal(await page.getByRole('group', { name: 'Attached file' }).count(), 1, 'files that are attached');
    await page.getByLabel('Attach a file').setInputFiles(Array.from({ length: 12 }, (_, place) => file(`many-${place}.pdf`)));
    await page.getByRole('alert').filter({ hasText: 'At most 10 files go at once: 3 were left out.' }).waitFor();
    equal(await page.getByRole('group', { name: 'Attached file' }).count(), 10, 'files that are attached');
    for (let left = 10; left > 0; left -= 1) await page.getByRole('button', { name: /^Remove the file/ }).first().click();
  });
}

async function sendAndSnooze({ page, server }) {
  await step('a message is sent and the conversation snoozed at once, and the snooze can be taken back', page, async () => {
    const talk = (await server.api('GET', '/v1/conversations?q=guest%20077')).json.data[0];
    await page.goto(`${server.origin}/inbox?q=guest%20077`);
    await openRow(page, /Guest 077/);
    await reply(page).fill('We look into it.');
    await page.getByRole('button', { name: 'Send, then close or snooze' }).click();
    const dialog = page.getByRole('dialog', { name: 'Send, and then' });
    await picture(page, 'handy-then');
    await dialog.getByRole('button', { name: /Snooze: Tomorrow morning/ }).click();
    await bubble(page, 'We look into it.').waitFor();
    await page.locator('#thread-head').getByText(/snoozed until/).waitFor();
    const state = async () => (await server.api('GET', `/v1/conversations/${talk.id}`)).json.state;
    equal(await state(), 'snoozed', 'the state');
    await page.getByRole('button', { name: /Undo.*Snoozed Guest 077 until/ }).click();
    await until(async () => (await state()) === 'open', 'the snooze being taken back');
  });
}

async function members({ page, server, guard }) {
  await step('a box finds the member to assign to, without the mouse', page, async () => {
    await page.goto(`${server.origin}/inbox?q=guest%20076`);
    await openRow(page, /Guest 076/);
    await bubble(page, 'question 76').waitFor();
    await moveAway(page);
    await log(page).focus();
    await page.keyboard.press('a');
    const dialog = page.getByRole('dialog', { name: 'Assign' });
    const field = dialog.getByRole('searchbox', { name: 'Find a member' });
    await until(() => field.evaluate((one) => one === document.activeElement), 'the box having the focus');
    await field.fill('nobody of this name');
    await dialog.getByText('Nobody matches.').waitFor();
    await field.fill('meera');
    equal(await dialog.locator('.option').filter({ visible: true }).count(), 1, 'members that match');
    await picture(page, 'handy-assign');
    await page.keyboard.press('Enter');
    await page.getByText('Assigned Guest 076 to Meera Nair', { exact: true }).waitFor();
    holds(guard.trouble.length === 0, guard.trouble.join());
  });
}
