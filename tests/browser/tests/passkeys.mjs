// Passkeys: made in the profile, used on the page for signing in and in the dialog over a page, removed. Browsers know them only
// where a page is reached by a name, so this has a server of its own.
import { startBrowser } from '../browser.mjs';
import { equal, holds, picture, step, story } from '../report.mjs';
import { freePort, startServer } from '../server.mjs';
import { serious } from './access.mjs';
import { PASSWORD } from './talk.mjs';

const card = (page) => page.getByRole('region', { name: 'Passkeys' });
const byPasskey = (place) => place.getByRole('button', { name: 'Sign in with a passkey' });

/** A device that verifies its user and keeps passkeys, as the browser's own tools play it. */
async function device(page) {
  const tools = await page.context().newCDPSession(page);
  await tools.send('WebAuthn.enable');
  const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
  const { authenticatorId } = await tools.send('WebAuthn.addVirtualAuthenticator', { options });
  return {
    /** Whether whoever is there can show that they are the one. */
    verifies: (isUserVerified) => tools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

export async function passkeys() {
  story('Passkeys');
  const port = await freePort();
  const server = await startServer({ port, public: `http://localhost:${port}` });
  const guard = await startBrowser(server.origin);
  try {
    await walk(server, guard);
    holds(guard.trouble.length === 0, guard.trouble.join('\n'));
  } finally {
    await guard.browser.close();
    await server.stop();
  }
}

async function walk(server, guard) {
  const page = await guard.open();
  const own = await device(page);
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();

  await step('adding one asks for a name and the password', page, async () => {
    await page.goto(`${server.origin}/settings/profile`);
    await card(page).getByRole('button', { name: 'Add a passkey' }).click();
    await card(page).getByLabel('Name').fill('Work laptop');
    await card(page).getByLabel('Your password', { exact: true }).fill('this is not the password');
    await card(page).getByRole('button', { name: 'Continue' }).click();
    await card(page).getByText('This is not your password.').waitFor();
    equal(await card(page).getByLabel('Name').inputValue(), 'Work laptop', 'the name that was typed');
    equal(await page.evaluate(() => document.activeElement.id), 'passkey-password', 'where the focus is');
    equal((await serious(page)).join('\n'), '', 'what axe finds');
    await card(page).getByLabel('Your password', { exact: true }).fill(PASSWORD);
    await card(page).getByRole('button', { name: 'Continue' }).click();
    await card(page).getByRole('button', { name: 'Make the passkey' }).waitFor();
  });
  await step('a device that cannot tell who is there makes none, and the page says what to do', page, async () => {
    await own.verifies(false);
    await card(page).getByRole('button', { name: 'Make the passkey' }).click();
    await card(page).getByText(/^Nothing was confirmed/).waitFor();
    await own.verifies(true);
    await card(page).getByRole('button', { name: 'Make the passkey' }).click();
    await card(page).getByText('Work laptop', { exact: true }).waitFor();
    await card(page).getByText(/never used/).waitFor();
  });
  await step('the same device is not added again', page, async () => {
    await card(page).getByRole('button', { name: 'Add a passkey' }).click();
    await card(page).getByLabel('Name').fill('Again');
    await card(page).getByLabel('Your password', { exact: true }).fill(PASSWORD);
    await card(page).getByRole('button', { name: 'Continue' }).click();
    await card(page).getByRole('button', { name: 'Make the passkey' }).click();
    await card(page).getByText('This device already has a passkey of yours.').waitFor();
    for (const [width, height] of [[360, 740], [1440, 900]]) {
      await page.setViewportSize({ width, height });
      await card(page).scrollIntoViewIfNeeded();
      await picture(page, `passkeys-${width}`);
    }
    await card(page).getByRole('button', { name: 'Cancel' }).click();
  });
  await step('in the dialog over a page whose session has ended, it signs in again in place', page, async () => {
    await page.context().clearCookies();
    await card(page).getByRole('button', { name: 'Add a passkey' }).click();
    const dialog = page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.waitFor();
    await picture(page, 'passkeys-dialog');
    await byPasskey(dialog).click();
    await dialog.waitFor({ state: 'hidden' });
    await card(page).getByRole('button', { name: 'Add a passkey' }).click();
    await card(page).getByLabel('Name').waitFor();
  });
  await step('the page for signing in lets in by it, where the link led to', page, async () => {
    await page.context().clearCookies();
    await page.goto(`${server.origin}/sign-in?next=/settings/profile`);
    await picture(page, 'passkeys-sign-in');
    equal((await serious(page)).join('\n'), '', 'what axe finds');
    await byPasskey(page).click();
    await card(page).waitFor();
    equal(new URL(page.url()).pathname, '/settings/profile', 'address');
    await card(page).getByText(/last used/).waitFor();
  });
  await step('one that was removed lets nobody in', page, async () => {
    await card(page).getByRole('button', { name: 'Remove the passkey Work laptop' }).click();
    await card(page).getByText('Work laptop', { exact: true }).waitFor({ state: 'detached' });
    await page.context().clearCookies();
    await page.goto(`${server.origin}/sign-in`);
    await byPasskey(page).click();
    await page.getByText('This passkey is not known here, or it took too long. Try again.').waitFor();
    await page.getByLabel('Email').waitFor();
  });
}
