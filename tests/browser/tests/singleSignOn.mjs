// Single sign-on: an owner connects an identity provider, and a member who is invited comes in by it. The provider is one of ours,
// so this has a server of its own, which may ask this machine.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { startBrowser } from '../browser.mjs';
import { equal, holds, picture, step, story } from '../report.mjs';
import { startServer } from '../server.mjs';
import { serious } from './access.mjs';
import { PASSWORD } from './talk.mjs';

const card = (page) => page.getByRole('region', { name: 'Single sign-on' });

/** An identity provider that signs everybody in as one person, at once. */
async function startProvider(now) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', use: 'sig', alg: 'ES256' }] };
  const person = { sub: 'u-1', email: 'meera@example.com', email_verified: true, name: 'Meera Pillai' };
  let nonce = '';
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (iss) => {
    const at = Math.floor(now() / 1000);
    const signed = `${part({ alg: 'ES256', kid: '1' })}.${part({ iss, aud: 'dialzio', iat: at, exp: at + 300, nonce, ...person })}`;
    return `${signed}.${sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  };
  const site = createServer((request, response) => {
    const issuer = `http://${request.headers.host}`;
    const url = new URL(request.url, issuer);
    const json = (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/.well-known/openid-configuration') {
      json({ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/keys`, response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'] });
    } else if (url.pathname === '/keys') {
      json(keys);
    } else if (url.pathname === '/authorize') {
      nonce = url.searchParams.get('nonce');
      const back = new URL(url.searchParams.get('redirect_uri'));
      back.search = new URLSearchParams(person.sub ? { code: 'one', state: url.searchParams.get('state') } : { error: 'access_denied', state: url.searchParams.get('state') });
      response.writeHead(302, { location: back.href }).end();
    } else if (url.pathname === '/token') {
      json({ access_token: 'unused', token_type: 'Bearer', id_token: token(issuer) });
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  return { issuer: `http://127.0.0.1:${site.address().port}`, person, stop: () => { site.closeAllConnections(); site.close(); } };
}

export async function singleSignOn() {
  story('Single sign-on');
  const server = await startServer({ networks: '127.0.0.1/32' });
  const provider = await startProvider(server.now);
  const guard = await startBrowser(server.origin, [provider.issuer]);
  try {
    await walk(server, guard, provider);
    holds(guard.trouble.length === 0, guard.trouble.join('\n'));
  } finally {
    await guard.browser.close();
    provider.stop();
    await server.stop();
  }
}

async function walk(server, guard, provider) {
  const page = await guard.open();
  const joining = await guard.openAlone();
  let address = '';
  await page.goto(server.setup);
  await page.getByLabel('Your name').fill('Ravi Kumar');
  await page.getByLabel(/Country of your business/).fill('IN');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();

  await step('an owner adds an identity provider; what is wrong stands at the field', page, async () => {
    await page.goto(`${server.origin}/settings/members`);
    await card(page).getByRole('button', { name: 'Add an identity provider' }).click();
    await card(page).getByLabel('Name').fill('Work');
    await card(page).getByLabel('Issuer').fill('http://login.example.com');
    await card(page).getByLabel('Client ID').fill('dialzio');
    await card(page).getByRole('button', { name: 'Save' }).click();
    await card(page).getByText('The issuer must begin with https://.').waitFor();
    await card(page).getByText('The client secret is needed.').waitFor();
    equal(await card(page).getByLabel('Name').inputValue(), 'Work', 'the name that was typed');
    equal((await serious(page)).join('\n'), '', 'what axe finds');
    await picture(page, 'sign-on-form');
    await card(page).getByLabel('Issuer').fill('http://127.0.0.1:1');
    await card(page).getByLabel('Client secret').fill('the secret of the client');
    await card(page).getByRole('button', { name: 'Save' }).click();
    await card(page).getByText('Work was saved, but it cannot be used yet: it cannot be reached.').waitFor();
    await card(page).getByRole('button', { name: 'Edit Work' }).click();
    equal(await card(page).getByLabel('Client secret').inputValue(), '', 'the secret that is kept');
    await card(page).getByLabel('Issuer').fill(provider.issuer);
    await card(page).getByRole('button', { name: 'Save' }).click();
    await card(page).getByText('Work was saved, and its settings could be read.').waitFor();
    address = await card(page).getByLabel('Where members sign in').inputValue();
    await picture(page, 'sign-on-settings');
  });
  await step('who is not invited is told so, and who is joins by it', joining, async () => {
    await joining.goto(address);
    equal((await serious(joining)).join('\n'), '', 'what axe finds');
    await picture(joining, 'sign-on');
    await joining.getByRole('button', { name: 'Continue with Work' }).click();
    await joining.getByText('Ask an owner of your organisation for an invitation.').waitFor();
    await picture(joining, 'sign-on-refused');
    await server.api('POST', '/v1/members', { email: 'meera@example.com', role: 'agent' });
    // With one organisation alone, the page for signing in has the button too.
    await joining.getByRole('link', { name: 'Back to sign in' }).click();
    await joining.getByRole('button', { name: 'Continue with Work' }).click();
    await joining.getByRole('button', { name: 'Menu, signed in as Meera Pillai' }).waitFor();
    equal(new URL(joining.url()).pathname, '/inbox', 'address');
  });
  await step('what the provider says does not change the account', joining, async () => {
    await joining.goto(`${server.origin}/settings/profile`);
    await joining.getByText('You signed in by single sign-on', { exact: false }).waitFor();
    equal(await joining.getByRole('button', { name: 'Change password' }).count(), 0, 'forms for a password');
    await picture(joining, 'sign-on-profile');
  });
  await step('a provider that signs nobody in leads back', joining, async () => {
    await joining.getByRole('button', { name: /^Menu, signed in as/ }).click();
    await joining.getByRole('button', { name: 'Sign out' }).click();
    await joining.getByRole('heading', { name: 'Sign in' }).waitFor();
    provider.person.sub = '';
    await joining.getByRole('button', { name: 'Continue with Work' }).click();
    await joining.getByText('Your identity provider did not sign you in.', { exact: false }).waitFor();
  });
  await step('a provider is removed, and its button with it', page, async () => {
    page.once('dialog', (dialog) => dialog.accept());
    await card(page).getByRole('button', { name: 'Remove Work' }).click();
    await card(page).getByText('Work was removed.').waitFor();
    await joining.goto(address);
    await joining.getByText('There is no single sign-on at this address.', { exact: false }).waitFor();
  });
}
