// Calls: the sandbox's telephones on one side, the dock, the log and the page of a call on the other.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const calls = (page) => page.getByRole('region', { name: 'Telephones' });
const press = (phone, name) => calls(phone).getByRole('button', { name, exact: true }).click();
const dock = (page) => page.getByRole('complementary', { name: 'Calls' });

export async function callLog({ server, guard, taraPhone }) {
  const page = await guard.open();
  await page.setViewportSize({ width: 1440, height: 900 });
  const phone = await guard.openBeside();
  story('Calls');
  await step('a call that comes in stands in the dock of every page, with who it is', page, async () => {
    await page.goto(`${server.origin}/tasks`);
    await phone.goto(taraPhone);
    await calls(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await dock(page).getByText('Incoming call').waitFor();
    await dock(page).getByRole('link', { name: 'Tara Menon' }).waitFor();
    await picture(page, 'call-incoming');
    await press(phone, 'Desk answers');
    await dock(page).getByText('In call').waitFor();
    await press(phone, 'Person hangs up');
    await dock(page).getByText('Call ended').waitFor();
  });
  await step('an outcome that is chosen while the dock is read again stays chosen', page, async () => {
    const form = dock(page).getByRole('form', { name: 'After the call' });
    await form.waitFor();
    await page.route('**/web/dock', async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 600));
      await route.continue();
    });
    const read = page.waitForResponse((answer) => answer.url().endsWith('/web/dock'));
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('call', { detail: { data: '{}' } })));
    await page.waitForTimeout(300);
    await form.getByLabel('Outcome').selectOption({ label: 'No answer' });
    await page.evaluate(() => document.activeElement.blur());
    await read;
    await page.waitForTimeout(200);
    equal(await form.getByLabel('Outcome').evaluate((field) => field.selectedOptions[0].label), 'No answer', 'the outcome');
    await page.unroute('**/web/dock');
  });
  await step('outcome, note and follow-up are said in one form', page, async () => {
    const form = dock(page).getByRole('form', { name: 'After the call' });
    await form.getByLabel('Outcome').selectOption({ label: 'Interested' });
    await form.getByLabel('Note').fill('Wants twelve saplings');
    await form.getByLabel('Follow-up').fill('Send the price list');
    await picture(page, 'call-after');
    await form.getByRole('button', { name: 'Save' }).click();
    await until(async () => !(await dock(page).isVisible()), 'the dock is empty');
  });
  await step('the log has one row, and the call has its page with a recording that plays', page, async () => {
    await page.goto(`${server.origin}/calls`);
    equal(await page.locator('.call-row').count(), 1, 'rows');
    await page.locator('.call-row').getByText('Answered').waitFor();
    await page.locator('.call-row').getByText('Interested').waitFor();
    await picture(page, 'call-log');
    await page.getByRole('link', { name: 'Tara Menon' }).click();
    await page.getByRole('heading', { name: 'Details' }).waitFor();
    await server.ahead(40);
    const audio = page.locator('audio');
    await audio.waitFor({ timeout: 20000 });
    const seconds = await audio.evaluate((sound) => new Promise((done) => {
      if (sound.readyState > 0) done(sound.duration);
      sound.addEventListener('loadedmetadata', () => done(sound.duration));
      sound.addEventListener('error', () => done(-1));
    }));
    holds(seconds > 0, `a recording of ${seconds} s`);
    equal(await page.locator('canvas.wave').isVisible(), false, 'a waveform before it is played');
    await audio.evaluate(async (sound) => { sound.muted = true; await sound.play(); });
    const drawn = (canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((part) => part > 0);
    await until(() => page.locator('canvas.wave').evaluate(drawn), 'a waveform is drawn');
    await picture(page, 'call-page');
  });
  await step('an organisation that requires an agreement says at the recording what is missing, and asks there', page, async () => {
    const rule = async (name) => {
      const call = page.url();
      await page.goto(`${server.origin}/settings/recordings`);
      const form = page.locator('#recording-rule');
      await form.getByLabel(name).check();
      await form.getByRole('button', { name: 'Save' }).click();
      await form.getByText('Saved').waitFor();
      await picture(page, 'recording-rule');
      await page.goto(call);
    };
    await rule('When the person agreed');
    equal(await page.locator('audio').count(), 0, 'recordings that play');
    const recording = page.getByRole('region', { name: 'Recording', exact: true });
    await recording.getByText('It is not played before it is entered that the person agreed').waitFor();
    await picture(page, 'recording-withheld');
    await recording.getByRole('button', { name: 'They agreed' }).press('Enter');
    await page.locator('audio').waitFor();
    await rule('Always');
  });
  await step('what the person said to being recorded is kept, and a recording is deleted before its time', page, async () => {
    const agreed = page.getByRole('region', { name: 'Being recorded' });
    await agreed.getByLabel('What the person said').selectOption({ label: 'Agreed' });
    await agreed.getByRole('button', { name: 'Save' }).click();
    await until(async () => (await agreed.getByRole('combobox').evaluate((it) => it.querySelector('[selected]').label)) === 'Agreed', 'kept');
    await picture(page, 'call-recorded');
    const recording = page.getByRole('region', { name: 'Recording', exact: true });
    page.once('dialog', (dialog) => dialog.accept());
    await recording.getByRole('button', { name: 'Delete recording' }).click();
    await recording.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'Details' }).waitFor();
    equal(await page.locator('audio').count(), 0, 'recordings');
    equal(await agreed.getByRole('combobox').inputValue(), 'agreed', 'what the person said');
  });
  await step('a missed call waits to be called back, and is done when the person is reached', page, async () => {
    await phone.goto(taraPhone);
    await calls(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await press(phone, 'Person hangs up');
    await page.goto(`${server.origin}/calls?view=waiting`);
    await page.locator('.call-row').getByText('waits').waitFor();
    await picture(page, 'call-missed');
    // Pressed twice in a hurry, the person is called once; the report counts them below.
    await page.locator('.call-row').getByRole('button', { name: /Call back: Tara Menon/ }).dblclick();
    await dock(page).getByText('Calling').waitFor();
    await press(phone, 'Desk answers');
    await press(phone, 'Person answers');
    await dock(page).getByText('In call').waitFor();
    await dock(page).getByRole('button', { name: 'Hang up' }).click();
    await dock(page).getByText('Call ended').waitFor();
    await page.getByText('No missed call waits to be called back.').waitFor();
    await dock(page).getByLabel('Outcome').selectOption({ label: 'Interested' });
    await dock(page).getByRole('button', { name: 'Save' }).click();
    await until(async () => !(await dock(page).isVisible()), 'the dock is empty');
  });
  await step('a person who never called or wrote is not called, and the page says why', page, async () => {
    await page.goto(`${server.origin}/calls`);
    await page.getByLabel('Number to call').fill('+91 98400 99990');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'have not written or called' }).waitFor();
    await picture(page, 'call-refused');
  });
  await step('a hidden caller is logged and belongs to no one', page, async () => {
    await phone.goto(taraPhone);
    await calls(phone).getByLabel('Hide the number').check();
    await calls(phone).getByRole('combobox', { name: 'Call the business' }).selectOption('piopiy');
    await calls(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await dock(page).getByText('Number withheld').waitFor();
    await press(phone, 'Leave a voicemail');
    await page.goto(`${server.origin}/calls?view=missed`);
    await page.locator('.call-row').getByText('Number withheld').waitFor();
    equal(await page.locator('.call-row').getByRole('button', { name: /back/ }).count(), 0, 'buttons to call back');
  });
  await step('the report counts the same calls, as bars and as a table', page, async () => {
    await page.goto(`${server.origin}/reports/calls`);
    await page.getByRole('heading', { name: 'By hour of the day' }).waitFor();
    equal(await page.locator('.figures dd').first().textContent(), '4', 'calls');
    await picture(page, 'call-report');
  });
  const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  const part = page.locator('#delete-recordings');
  await step('the recordings of a person are counted from their page, by the keyboard', page, async () => {
    await page.goto(`${server.origin}/contacts/${talk.contact}`);
    await page.getByRole('link', { name: 'Delete recordings…' }).click();
    await part.getByText('Tara Menon').waitFor();
    await part.getByRole('button', { name: 'Count them' }).press('Enter');
    await part.getByText('First call').waitFor();
    const button = part.getByRole('button', { name: /^Delete 1 recording$/ });
    holds(await button.isDisabled(), 'nothing is deleted before the word is typed');
    await part.getByLabel('Type delete to confirm').fill('delete');
    await picture(page, 'recordings-count');
    holds(await button.isEnabled(), 'the word is typed');
  });
  await step('the recordings of a period are asked for with both days, each with its own error', page, async () => {
    await page.goto(`${server.origin}/settings/recordings`);
    await part.getByRole('button', { name: 'Count them' }).click();
    await part.getByText('Choose the first day.').waitFor();
    equal(await part.locator('[aria-invalid]').count(), 2, 'marked fields');
    await part.getByLabel('First day').fill('2026-01-02');
    await part.getByLabel('Last day').fill('2026-01-01');
    await part.getByRole('button', { name: 'Count them' }).click();
    await part.getByText('The last day is before the first one.').waitFor();
    await picture(page, 'recordings-wrong');
    // By the server's clock, which the stories before have moved.
    const today = new Date(server.now() + 86400000).toISOString().slice(0, 10);
    await part.getByLabel('Last day').fill(today);
    await part.getByRole('button', { name: 'Count them' }).click();
    await part.getByText('First call').waitFor();
    await part.getByLabel('Type delete to confirm').fill('delete');
    await page.keyboard.press('Enter');
    await part.getByText('1 recording is deleted').waitFor();
    await picture(page, 'recordings-deleted');
  });
  const ends = async () => {
    await dock(page).getByText('Calling').waitFor();
    await dock(page).getByRole('button', { name: 'Hang up' }).click();
    await dock(page).getByText('Call not connected').first().waitFor();
    await dock(page).getByRole('button', { name: 'Hide this call' }).first().click();
  };
  await step('the person of a task is called by c, from the task', page, async () => {
    const made = await server.api('POST', `/v1/contacts/${talk.contact}/tasks`, { title: 'Ask about the pots' });
    equal(made.status, 201, 'the task');
    await page.goto(`${server.origin}/tasks?view=team`);
    const call = page.getByRole('button', { name: /^Call Tara Menon: Ask about the pots/ });
    await call.waitFor();
    await picture(page, 'task-call');
    await page.getByRole('listitem').filter({ hasText: 'Ask about the pots' }).getByRole('link').focus();
    await page.keyboard.press('c');
    await ends();
    equal((await server.api('PATCH', `/v1/contacts/${talk.contact}/tasks/${made.json.id}`, { done: true })).status, 200, 'done');
  });
  await step('a number in a text is called from where it stands, once that was confirmed', page, async () => {
    await phone.goto(taraPhone);
    await phone.getByLabel('Message', { exact: true }).fill('Ring me at 98400 12345, please');
    await phone.getByRole('button', { name: 'Send', exact: true }).click();
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    const number = page.locator('#thread-items').getByRole('link', { name: '98400 12345' });
    await number.waitFor();
    // The dock says whether calls can be placed.
    await page.locator('#dock[data-can-call]').waitFor({ state: 'attached' });
    page.once('dialog', (dialog) => dialog.dismiss());
    await number.click();
    equal(await dock(page).getByText('Calling').count(), 0, 'calls');
    page.once('dialog', (dialog) => dialog.accept());
    await number.click();
    await ends();
  });
  await step('a missed call by WhatsApp is in the log like any other, and says by which way it came', page, async () => {
    await phone.goto(taraPhone);
    await calls(phone).getByRole('combobox', { name: 'Call the business' }).selectOption('whatsapp');
    await calls(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await page.goto(`${server.origin}/calls?view=waiting`);
    const row = page.locator('.call-row').filter({ hasText: 'WhatsApp' });
    await row.locator('.chip').getByText('Missed', { exact: true }).waitFor();
    await row.getByRole('button', { name: /Call back: Tara Menon/ }).waitFor();
    await picture(page, 'call-by-whatsapp');
    await row.getByRole('link', { name: 'Tara Menon' }).click();
    await page.getByRole('heading', { name: 'Details' }).waitFor();
    await page.getByText('Calls by WhatsApp').waitFor();
    await page.getByText('Not asked').waitFor();
    await picture(page, 'call-by-whatsapp-page');
    await page.goto(`${server.origin}/contacts/${talk.contact}`);
    await page.getByText('WhatsApp · Missed').waitFor();
  });
  await step('what a person permits about calls by WhatsApp stands beside their consent, in words', page, async () => {
    for (const [value, words] of [['week', /^Until /], ['good', 'Allowed'], ['no', /^Said no /]]) {
      await phone.goto(taraPhone);
      await calls(phone).getByLabel('May the business call by WhatsApp?').selectOption(value);
      // The provider's time has whole seconds, and of two answers in one second the one that permits less counts.
      await phone.waitForTimeout(1_100);
      await calls(phone).getByRole('button', { name: 'Answer', exact: true }).click();
      await phone.getByText(value === 'no' ? 'Do not call me' : 'You may call me').last().waitFor();
      await page.goto(`${server.origin}/inbox/${talk.id}`);
      const person = page.getByRole('region', { name: 'Consent' });
      await until(async () => (await person.getByText(words).count()) === 1 || (await page.reload(), false), `${words} in ${await person.innerText()}`);
      await person.getByText('WhatsApp, calls').waitFor();
      await picture(page, `call-permission-${value}`);
    }
    await page.goto(`${server.origin}/calls?view=waiting`);
    await page.locator('.call-row').filter({ hasText: 'WhatsApp' }).getByRole('link', { name: 'Tara Menon' }).click();
    await page.getByText('Does not want to be called, said on').waitFor();
    const refused = await server.api('POST', '/v1/calls/preview', { number: '+919840012345', account: talk.account });
    equal(refused.json.reasons.join(), 'call.permission_refused', 'the gate');
  });
  for (const [width, height] of [[360, 740], [1024, 768], [1600, 900]]) {
    await step(`log, call and report fit ${width} pixels`, page, async () => {
      await page.setViewportSize({ width, height });
      for (const path of ['calls', 'reports/calls', 'settings/channels', 'settings/recordings']) {
        await page.goto(`${server.origin}/${path}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth ? '' : [...document.querySelectorAll('body *')]
          .filter((part) => part.getBoundingClientRect().right > window.innerWidth).map((part) => part.outerHTML.slice(0, 200)).join('\n'));
        equal(wide, '', `what hangs over the edge of ${path}`);
        await picture(page, `calls-${path.replace('/', '-')}-${width}`);
      }
    });
  }
  await page.close();
  await phone.close();
}
