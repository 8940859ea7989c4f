// Call flows: made in the page by keyboard, read in words, and dialled in the sandbox.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const list = (page) => page.locator('#flow-list');
const form = (page, name) => page.getByRole('form', { name });
const telephones = (page) => page.getByRole('region', { name: 'Telephones' });
const focused = (page) => page.evaluate(() => document.activeElement.id);

/** Hides the calls that have ended: their cards stand over the end of a page. */
export async function hideCalls(page) {
  const hide = page.locator('#dock').getByRole('button', { name: 'Hide this call' });
  await until(async () => {
    if ((await hide.count()) === 0) return true;
    await hide.first().click({ timeout: 2000 }).catch(() => {});
    return false;
  }, 'no call in the dock');
}

export async function callFlows({ server, guard, taraPhone }) {
  story('Call flows');
  const page = await guard.open();
  await page.setViewportSize({ width: 1280, height: 900 });
  const phone = await guard.openBeside();
  await step('the channel shows the answer address beside the webhook address, to be copied', page, async () => {
    await page.goto(`${server.origin}/settings/channels`);
    equal(await page.getByLabel('Answer address').count(), 2, 'channels that ask');
    const field = page.getByLabel('Answer address').first();
    holds(/\/hooks\/[0-9a-f-]{36}\/answer$/.test(await field.inputValue()), `the address is ${await field.inputValue()}`);
    await picture(page, 'flow-channel');
  });
  await step('a new flow is written by keyboard alone; what is wrong is marked, and the first field has the focus', page, async () => {
    await page.goto(`${server.origin}/settings`);
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Call flows' }).click();
    await page.getByText('No call flows yet').waitFor();
    await picture(page, 'flow-empty');
    await page.getByRole('button', { name: 'Add a call flow' }).focus();
    await page.keyboard.press('Enter');
    await form(page, 'New call flow').waitFor();
    await until(async () => (await focused(page)) === 'flow-name', 'the name having the focus');
    await page.keyboard.press('Enter');
    await page.getByText('The name must not be empty or invisible.').waitFor();
    await page.getByText(/The list leads nowhere/).waitFor();
    equal(await focused(page), 'flow-name', 'where the focus is');
    await page.keyboard.type('Front desk');
    await page.getByLabel('Fallback number').fill('112');
    await page.getByLabel('Seconds each rings').fill('90');
    await page.getByRole('button', { name: 'Save' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(/The fallback number/).waitFor();
    await until(async () => ['flow-ring', 'flow-seconds', 'flow-fallback'].includes(await focused(page)), `a wrong field having the focus, not ${await focused(page)}`);
    await picture(page, 'flow-errors');
    await page.getByLabel('Fallback number').fill('');
    await page.getByLabel('Seconds each rings').fill('15');
  });
  await step('telephones are added, moved and removed without saving anything', page, async () => {
    const one = form(page, 'New call flow');
    const names = async () => (await one.locator('.flow-target b').allTextContents()).join(', ');
    const member = one.getByLabel('Member', { exact: true });
    await member.selectOption({ label: 'Ravi Kumar' });
    await one.getByRole('button', { name: 'Add member' }).press('Enter');
    await until(async () => (await names()) === 'Ravi Kumar', 'the member being in the list');
    equal(await focused(page), 'flow-ring', 'where the focus is after adding');
    await one.getByLabel('Or a number').fill('044 7100 0109');
    await one.getByRole('button', { name: 'Add number' }).press('Enter');
    await until(async () => (await names()) === 'Ravi Kumar, +91 44 7100 0109', `the number being in the list: ${await names()}`);
    await one.getByRole('button', { name: 'Up +91 44 7100 0109' }).press('Enter');
    await until(async () => (await names()) === '+91 44 7100 0109, Ravi Kumar', 'the number being first');
    equal(await focused(page), 'flow-down-0', 'the focus goes with it');
    await page.keyboard.press('Enter');
    await until(async () => (await names()) === 'Ravi Kumar, +91 44 7100 0109', 'it being last again');
    equal(await one.getByLabel('Name', { exact: true }).inputValue(), 'Front desk', 'what was typed before');
    equal((await server.api('GET', '/v1/call-flows')).json.data.length, 0, 'flows that were saved');
    await one.getByLabel('Or a number').fill('12');
    await one.getByRole('button', { name: 'Add number' }).press('Enter');
    await page.getByText(/^The number /).waitFor();
    await one.getByLabel('Or a number').fill('');
  });
  await step('it is saved with hours and voicemail, and says in words what it does', page, async () => {
    const one = form(page, 'New call flow');
    await one.getByLabel('Open at these times').check();
    for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']) {
      await one.getByLabel(`${day} from`, { exact: true }).fill('00:00');
      await one.getByLabel(`${day} until`, { exact: true }).fill(day === 'Sunday' ? '12:00' : '00:00');
    }
    await one.getByLabel('Sunday again from').fill('11:00');
    await one.getByLabel('Sunday again until').fill('14:00');
    await one.getByLabel('Voicemail', { exact: true }).check();
    await one.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The hours overlap on Sunday: let one end before the other begins.').waitFor();
    equal(await focused(page), 'flow-hours', 'where the focus is');
    await one.getByLabel('Sunday again from').fill('12:30');
    await one.getByLabel('Then').selectOption({ label: 'Voicemail' });
    await picture(page, 'flow-form');
    await one.getByRole('button', { name: 'Save' }).click();
    await list(page).getByRole('heading', { name: 'Front desk' }).waitFor();
    await list(page).getByText('Answers calls').waitFor();
    await list(page).getByLabel(/At another time/).fill('2026-12-07T10:30');
    await list(page).getByRole('button', { name: 'Show' }).press('Enter');
    await list(page).getByText('Monday 10:30: greeting, then rings Ravi Kumar, +91 44 7100 0109 in this order for 15 s each, then voicemail').waitFor();
    await list(page).getByLabel(/At another time/).fill('2026-12-06T12:15');
    await list(page).getByRole('button', { name: 'Show' }).click();
    await list(page).getByText('Sunday 12:15, closed: “We are closed now.”, then voicemail').waitFor();
    await picture(page, 'flow-list');
  });
  await step('a call to it rings the members of the flow, and then takes a message', page, async () => {
    const ring = (await server.api('GET', '/v1/call-flows')).json.data[0];
    const hours = { ...ring.definition.hours, open: ring.definition.hours.open.map((span) => ({ ...span, until: '24:00' })).filter((span) => span.from === '00:00') };
    equal((await server.api('PATCH', `/v1/call-flows/${ring.id}`, { definition: { ...ring.definition, hours } })).status, 200, 'status of the change');
    await phone.goto(taraPhone);
    await telephones(phone).getByRole('combobox', { name: 'Call the business' }).selectOption('piopiy');
    await telephones(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await telephones(phone).getByText(/heard “Welcome to Green Leaf Nursery\.”, rings/).waitFor();
    await page.goto(`${server.origin}/tasks`);
    await page.getByRole('complementary', { name: 'Calls' }).getByText('Incoming call').first().waitFor();
    await picture(phone, 'flow-rings');
    await telephones(phone).getByRole('button', { name: 'Desk declines' }).click();
    await telephones(phone).getByText(/rings \+91 44 7100 0109/).waitFor();
    await telephones(phone).getByRole('button', { name: 'Desk declines' }).click();
    await telephones(phone).getByText('speaks to the voicemail').waitFor();
    await telephones(phone).getByRole('button', { name: 'Leave the message' }).click();
    await until(async () => (await server.api('GET', '/v1/calls?view=voicemail')).json.data.some((call) => call.our_number?.includes('914471000002')), 'the call being a voicemail');
  });
  await step('it is switched off, edited, and fits from 360 to 1600 pixels, in the light and the dark', page, async () => {
    await page.goto(`${server.origin}/settings/call-flows`);
    await page.getByRole('button', { name: 'Switch off Front desk' }).click();
    await list(page).getByText('Off', { exact: true }).waitFor();
    await hideCalls(page);
    for (const [name, width, height, scheme] of [['narrow', 360, 740, 'light'], ['middle', 1024, 768, 'dark'], ['wide', 1600, 900, 'light']]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await page.goto(`${server.origin}/settings/call-flows`);
      await list(page).getByRole('heading', { name: 'Front desk' }).waitFor();
      await picture(page, `flow-${name}-list`);
      await page.getByRole('button', { name: 'Edit Front desk' }).click();
      await form(page, 'Edit call flow').waitFor();
      holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `the form is wider than ${width}`);
      await picture(page, `flow-${name}-form`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('button', { name: 'Cancel' }).click();
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Delete Front desk' }).click();
    await page.getByText('No call flows yet').waitFor();
  });
  await step('a channel that only rings members offers nothing else, and its calls go by the flow too', page, async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole('button', { name: 'Add a call flow' }).click();
    const one = form(page, 'New call flow');
    await one.getByLabel('Name', { exact: true }).fill('Members');
    holds((await one.getByLabel('Fallback number').count()) === 1, 'the first channel can do everything');
    await one.getByLabel('Channel').selectOption({ label: 'Front desk (TeleCMI)' });
    await one.getByText(/^This channel rings members one after the other/).waitFor();
    equal(await focused(page), 'flow-account', 'where the focus is');
    equal(await one.getByLabel('Name', { exact: true }).inputValue(), 'Members', 'what was typed before');
    for (const gone of ['Fallback number', 'Or a number', 'How they ring', 'Spoken text']) equal(await one.getByLabel(gone).count(), 0, gone);
    await one.getByLabel('Member', { exact: true }).selectOption({ label: 'Ravi Kumar' });
    await one.getByRole('button', { name: 'Add member' }).click();
    await one.locator('.flow-target b').getByText('Ravi Kumar').waitFor();
    await picture(page, 'flow-members');
    await one.getByRole('button', { name: 'Save' }).click();
    await list(page).getByRole('heading', { name: 'Members' }).waitFor();
    await phone.goto(taraPhone);
    await telephones(phone).getByRole('combobox', { name: 'Call the business' }).selectOption('telecmi');
    await telephones(phone).getByRole('button', { name: 'Call', exact: true }).click();
    await telephones(phone).getByText(/rings at the desk/).waitFor();
    const missed = async () => (await server.api('GET', '/v1/calls?view=missed')).json.data.length;
    const before = await missed();
    await telephones(phone).getByRole('button', { name: 'Desk declines' }).click();
    await until(async () => (await missed()) === before + 1, 'the call having ended unanswered');
    await list(page).getByRole('button', { name: 'Delete Members' }).waitFor();
    page.once('dialog', (dialog) => dialog.accept());
    await page.getByRole('button', { name: 'Delete Members' }).click();
    await page.getByText('No call flows yet').waitFor();
  });
  await page.close();
  await phone.close();
}
