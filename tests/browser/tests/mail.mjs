// Mail to people who sign in: a forgotten password, a link to sign in, an address that is confirmed. In the sandbox each mail is a
// file.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { serious } from './access.mjs';
import { enter, fits, join } from './people.mjs';

const EMAIL = 'wilhelmina@example.com';
const NEW = 'nine quiet herons cross the delta';

/** The link in the next mail to an address that has this subject. `ask` makes it come. */
async function next(server, to, subject, ask) {
  const before = (await server.mails(to)).length;
  await ask();
  const mail = await until(async () => (await server.mails(to)).slice(before).find((one) => one.includes(`Subject: ${subject}\r\n`)), `the mail “${subject}”`);
  // Long lines are broken as in quoted-printable texts.
  const link = /^http\S+$/m.exec(mail.replaceAll('=\r\n', ''));
  holds(link, `no link in ${mail}`);
  return link[0].trim();
}

/** A link is opened from a mail, not from the page that is there. */
async function open(page, link) {
  await page.goto('about:blank');
  await page.goto(link);
}

const SIZES = [['light', 360, 740], ['dark', 360, 740], ['light', 1440, 900]];

async function pictures(page, name) {
  for (const [scheme, width, height] of SIZES) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    await picture(page, `mail-${name}-${width}-${scheme}`);
  }
}

const ask = (page) => page.getByRole('button', { name: 'Email me a link' }).click();

export async function mail(scene) {
  const { server, guard } = scene;
  story('Mail');
  const joined = await join(scene, { email: EMAIL, name: 'Wilhelmina', role: 'agent' });
  const page = await guard.openAlone();
  await step('an invitation is mailed, with the link that is shown once', null, async () => {
    const mails = await until(async () => { const all = await server.mails(EMAIL); return all.length > 0 && all; }, 'the mail');
    holds(mails[0].includes('Subject: You are invited to Green Leaf Nursery'), mails[0]);
    holds(mails[0].includes(`${server.origin}/setup#`), mails[0]);
  });
  await step('a forgotten password is set anew by a link in a mail', [page, joined], async () => {
    await page.goto(`${server.origin}/sign-in`);
    await pictures(page, 'sign-in');
    await page.getByRole('link', { name: 'Forgot your password?' }).click();
    await page.getByRole('heading', { name: 'Set a new password' }).waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'mail-request-email', 'where the focus is');
    await page.getByLabel('Email').fill('nobody');
    await ask(page);
    await page.getByText('This is not a complete address.').waitFor();
    await pictures(page, 'forgot');
    await page.getByLabel('Email').fill(EMAIL);
    const link = await next(server, EMAIL, 'Set a new password', () => ask(page));
    await page.getByText('If there is an account with this address, a link is on its way.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'mail-requested', 'where the focus is');
    await pictures(page, 'requested');
    await open(page, link);
    await page.getByLabel('New password').waitFor();
    equal(new URL(page.url()).hash, '', 'what the address keeps of the token');
    equal(await page.getByLabel('Email').inputValue(), EMAIL, 'whose link it is');
    await page.getByLabel('New password').fill('password password');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('The password is too easy to guess.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'mailed-link-password', 'where the focus is');
    await pictures(page, 'new-password');
    equal((await serious(page)).join('\n'), '', 'what axe finds');
    await page.getByLabel('New password').fill(NEW);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByText('The new password is set, and all sessions have ended.').waitFor();
    await pictures(page, 'password-set');
    await joined.reload();
    await joined.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await enter(page, server.origin, EMAIL, NEW);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    await until(async () => (await server.mails(EMAIL)).some((one) => one.includes('Subject: Your password was changed')), 'the mail that says so');
    await open(page, link);
    await page.getByText('This link has expired or was used.').waitFor();
    await pictures(page, 'gone');
  });
  await step('a link in a mail signs in, by a button, once', joined, async () => {
    await joined.goto(`${server.origin}/sign-in`);
    await joined.getByRole('link', { name: 'Email me a link' }).click();
    await joined.getByRole('heading', { name: 'Sign in by a link' }).waitFor();
    await joined.getByLabel('Email').fill(EMAIL);
    const link = await next(server, EMAIL, 'Your link to sign in', () => ask(joined));
    await open(joined, link);
    const button = joined.getByRole('button', { name: 'Sign in' });
    await button.waitFor();
    await pictures(joined, 'link');
    equal((await serious(joined)).join('\n'), '', 'what axe finds');
    await button.click();
    await joined.getByRole('navigation', { name: 'Main' }).waitFor();
    await open(joined, link);
    await joined.getByText('This link has expired or was used.').waitFor();
  });
  await step('the pages fit', page, async () => {
    await fits(page, `${server.origin}/forgot`, 'mail-fits-forgot');
    await fits(page, `${server.origin}/email-link`, 'mail-fits-link');
    equal((await serious(page)).join('\n'), '', 'what axe finds');
  });
  await step('the owner confirms their address from the profile', null, async () => {
    const owner = await guard.open();
    await owner.goto(`${server.origin}/settings/profile`);
    const card = owner.getByRole('region', { name: 'Email', exact: true });
    await card.getByText('Not confirmed').waitFor();
    await pictures(owner, 'profile');
    const link = await next(server, 'owner@example.com', 'Confirm your address', () => card.getByRole('button', { name: 'Send a link to confirm it' }).click());
    await card.getByText('A link is on its way.').waitFor();
    await open(owner, link);
    await owner.getByRole('button', { name: 'Confirm this address' }).waitFor();
    await pictures(owner, 'confirm');
    await owner.getByRole('button', { name: 'Confirm this address' }).click();
    await owner.getByText(/^Your address is confirmed\./).waitFor();
    await owner.goto(`${server.origin}/settings/profile`);
    await card.getByText('Confirmed', { exact: true }).waitFor();
    await owner.close();
  });
  await page.close();
  await joined.close();
}
