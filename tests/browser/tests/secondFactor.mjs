// The second factor: set up in the profile, asked for at sign-in and in the dialog over a page, required by the organisation,
// reset by an admin.
import { createHmac } from 'node:crypto';
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { serious } from './access.mjs';
import { enter, fits, join } from './people.mjs';

const PASSWORD = 'seven brown otters swim upstream';
const EMAIL = 'yasmin@example.com';

/** The code that an app shows at a time, in milliseconds (RFC 6238). */
function codeAt(secret, now) {
  const bits = [...secret.replaceAll(' ', '')].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const hash = createHmac('sha1', key).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** A code that was not used: that of the next step counts already, and after it time has to pass. */
function app(server, secret) {
  let last = 0;
  return async () => {
    let now = server.now();
    while (Math.floor(now / 30_000) + 1 <= last) {
      await new Promise((resolve) => { setTimeout(resolve, 500); });
      now = server.now();
    }
    const at = Math.max(last + 1, Math.floor(now / 30_000));
    last = at;
    return codeAt(secret, at * 30_000);
  };
}

const card = (page) => page.getByRole('region', { name: 'Second factor' });

/** Turns it on where the card is; the app and the recovery codes. */
async function turnOn(page, server, { pictured = false } = {}) {
  await card(page).getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await card(page).getByRole('button', { name: 'Set up' }).click();
  await card(page).getByRole('img', { name: 'QR code of the secret below' }).waitFor();
  const next = app(server, await card(page).getByLabel('Secret', { exact: true }).inputValue());
  if (pictured) {
    for (const [width, height] of [[360, 740], [1440, 900]]) {
      await page.setViewportSize({ width, height });
      await card(page).scrollIntoViewIfNeeded();
      await picture(page, `second-factor-secret-${width}`);
    }
    equal((await serious(page)).join('\n'), '', 'what axe finds beside the secret');
    await card(page).getByLabel('Code that the app shows').fill('000000');
    await card(page).getByRole('button', { name: 'Turn on' }).click();
    await card(page).getByText('This code is not right, or was used already.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'factor-code', 'where the focus is');
  }
  await card(page).getByLabel('Code that the app shows').fill(await next());
  await card(page).getByRole('button', { name: 'Turn on' }).click();
  const codes = (await card(page).getByRole('textbox', { name: 'Recovery codes' }).inputValue()).trim().split('\n');
  equal(codes.length, 10, 'recovery codes');
  return { next, codes };
}

export async function secondFactor(scene) {
  const { server, guard } = scene;
  story('Second factor');
  const page = await join(scene, { email: EMAIL, name: 'Yasmin', role: 'agent' });
  const beside = await guard.openAlone();
  let next = null;
  let codes = [];
  await step('it is set up with the password, a QR code and a first code', page, async () => {
    await page.goto(`${server.origin}/settings/profile`);
    await card(page).getByLabel('Your password', { exact: true }).fill('not the password');
    await card(page).getByRole('button', { name: 'Set up' }).click();
    await card(page).getByText('This is not your password.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'factor-password', 'where the focus is');
    ({ next, codes } = await turnOn(page, server, { pictured: true }));
    for (const [width, height, scheme] of [[360, 740, 'light'], [1440, 900, 'dark']]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      await picture(page, `second-factor-codes-${width}`);
    }
    equal((await serious(page)).join('\n'), '', 'what axe finds beside the codes');
    await page.emulateMedia({ colorScheme: 'light' });
    await card(page).getByRole('link', { name: 'I have stored them' }).click();
    await card(page).getByText('10 recovery codes are left.').waitFor();
    equal(await page.getByText(codes[0]).count(), 0, 'codes that are shown again');
    await fits(page, `${server.origin}/settings/profile`, 'second-factor-on');
  });
  await step('signing in asks for a code after the password, and a used one is refused', beside, async () => {
    await enter(beside, server.origin, EMAIL, PASSWORD);
    await beside.getByLabel('Code').waitFor();
    equal(await beside.evaluate(() => document.activeElement.id), 'sign-in-code', 'where the focus is');
    for (const [width, height] of [[360, 740], [1440, 900]]) {
      await beside.setViewportSize({ width, height });
      await picture(beside, `second-factor-sign-in-${width}`);
    }
    equal((await serious(beside)).join('\n'), '', 'what axe finds');
    await beside.getByLabel('Code').fill(codes[0]);
    await beside.getByRole('button', { name: 'Sign in' }).click();
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
    await beside.context().clearCookies();
    await enter(beside, server.origin, EMAIL, PASSWORD);
    await beside.getByLabel('Code').fill(codes[0]);
    await beside.getByRole('button', { name: 'Sign in' }).click();
    await beside.getByText('This code is not right, or was used already.').waitFor();
    await beside.getByLabel('Code').fill(await next());
    await beside.getByRole('button', { name: 'Sign in' }).click();
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  await step('the dialog over a page whose session has ended asks for it too', beside, async () => {
    await beside.goto(`${server.origin}/settings/profile`);
    await beside.getByRole('textbox', { name: 'Your name' }).fill('Yasmin Noor');
    // Nothing below the dialog can be typed into, and the page may open it by itself as soon as the session is gone.
    await beside.context().clearCookies();
    const dialog = beside.getByRole('dialog', { name: 'Sign in again' });
    // The page may have noticed by itself that the session is gone.
    await beside.getByRole('button', { name: 'Save name' }).click({ timeout: 2000 }).catch(() => {});
    await dialog.waitFor();
    await dialog.getByLabel('Email').fill(EMAIL);
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByLabel('Code').waitFor();
    equal(await beside.evaluate(() => document.activeElement.id), 'session-code', 'where the focus is');
    await picture(beside, 'second-factor-dialog');
    await dialog.getByLabel('Code').fill('000000');
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.getByText('This code is not right, or was used already.').waitFor();
    await dialog.getByLabel('Code').fill(codes[1]);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await until(async () => !(await dialog.isVisible()), 'the dialog being gone');
    equal(await beside.getByRole('textbox', { name: 'Your name' }).inputValue(), 'Yasmin Noor', 'what was typed');
  });
  await step('new recovery codes are made, and it is turned off with password and code', beside, async () => {
    await beside.goto(`${server.origin}/settings/profile`);
    await card(beside).getByRole('button', { name: 'Make new recovery codes' }).click();
    await card(beside).getByLabel('Code of your app, or a recovery code').fill(codes[2]);
    await card(beside).getByRole('button', { name: 'Make new codes' }).click();
    const fresh = (await card(beside).getByRole('textbox', { name: 'Recovery codes' }).inputValue()).trim().split('\n');
    equal(fresh.filter((code) => codes.includes(code)).length, 0, 'codes of before');
    await card(beside).getByRole('link', { name: 'I have stored them' }).click();
    await card(beside).getByRole('button', { name: 'Turn off' }).click();
    await card(beside).getByLabel('Your password', { exact: true }).fill(PASSWORD);
    await card(beside).getByLabel('Code of your app, or a recovery code').fill(codes[3]);
    await card(beside).getByRole('button', { name: 'Turn off' }).click();
    await card(beside).getByText('This code is not right, or was used already.').waitFor();
    await card(beside).getByLabel('Your password', { exact: true }).fill(PASSWORD);
    await card(beside).getByLabel('Code of your app, or a recovery code').fill(fresh[0]);
    await card(beside).getByRole('button', { name: 'Turn off' }).click();
    await card(beside).getByRole('button', { name: 'Set up' }).waitFor();
  });
  await step('where the organisation requires it, it is set up before anything else', beside, async () => {
    equal((await server.api('PATCH', '/v1/organisation', { requires_second_factor: true })).status, 200, 'status');
    await beside.getByRole('textbox', { name: 'Your name' }).fill('Yasmin Noor');
    await beside.getByRole('button', { name: 'Save name' }).click();
    await beside.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await beside.goto(`${server.origin}/inbox`);
    await beside.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
    await fits(beside, `${server.origin}/second-factor`, 'second-factor-required');
    equal((await serious(beside)).join('\n'), '', 'what axe finds');
    await turnOn(beside, server);
    await picture(beside, 'second-factor-required-codes');
    equal((await server.api('PATCH', '/v1/organisation', { requires_second_factor: false })).status, 200, 'status');
    await card(beside).getByRole('link', { name: 'I have stored them' }).click();
    await beside.getByRole('heading', { name: 'Profile', level: 2 }).waitFor();
  });
  await step('an admin resets it for a colleague, whose sessions end', [beside], async () => {
    const admin = await guard.open();
    await admin.goto(`${server.origin}/settings/members`);
    const row = admin.getByRole('region', { name: 'Members', exact: true }).getByRole('listitem').filter({ hasText: EMAIL });
    await row.getByText('Second factor', { exact: true }).waitFor();
    await row.getByRole('button', { name: /^Reset second factor/ }).click();
    await picture(admin, 'second-factor-reset');
    await row.getByRole('form', { name: 'Reset second factor' }).getByRole('button', { name: /^Reset second factor/ }).click();
    await admin.getByText(/signs in with the password alone now\.$/).waitFor();
    holds((await row.getByText('Second factor', { exact: true }).count()) === 0, 'the mark is still there');
    await admin.close();
    await beside.reload();
    await enter(beside, server.origin, EMAIL, PASSWORD);
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  await beside.close();
  await page.close();
}
