// The people who work here: a member's own name, password and sessions, in a window of their own.
import { equal, holds, picture, step, story, until } from '../report.mjs';

const FIRST = 'seven brown otters swim upstream';
const SECOND = 'eleven grey geese fly southwards';
const HOSTILE = `Ann${'a'.repeat(100)}<b>`;

/** A member who joins by a link, in a window of their own. */
export async function join({ server, guard }, { email, name, role, password = FIRST }) {
  const invited = (await server.api('POST', '/v1/members', { email, role })).json;
  const page = await guard.openAlone();
  await page.goto(invited.setup_url);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  return page;
}

export async function enter(page, origin, email, password) {
  await page.goto(`${origin}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Nothing is wider than the window, at the widths that people have. */
export async function fits(page, path, name) {
  for (const [width, height] of [[360, 740], [1024, 768], [1600, 900]]) {
    await page.setViewportSize({ width, height });
    await page.goto(path);
    const over = await page.evaluate(() => {
      const wide = document.documentElement.scrollWidth - innerWidth;
      const body = document.querySelector('.page-body');
      return Math.max(wide, body ? body.scrollWidth - body.clientWidth : 0);
    });
    await picture(page, `${name}-${width}`);
    holds(over <= 0, `${path} is ${over} px too wide at ${width}`);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}

const sessions = (page) => page.getByRole('region', { name: 'Where you are signed in' });

export async function profile(scene) {
  const { server, guard } = scene;
  story('Profile');
  const page = await join(scene, { email: 'ottilie@example.com', name: 'Ottilie', role: 'agent' });
  const beside = await guard.openAlone();
  await step('a member changes their own name; one that cannot be is refused at the field', page, async () => {
    await page.getByRole('button', { name: /^Menu, signed in as/ }).click();
    await page.getByRole('link', { name: 'Profile' }).click();
    await page.getByRole('heading', { name: 'Profile', level: 2 }).waitFor();
    const name = page.getByRole('textbox', { name: 'Your name' });
    await name.fill('   ');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByText(/^The name /).waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'own-name', 'where the focus is');
    await name.fill('Ottilie Marsh');
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByRole('button', { name: 'Menu, signed in as Ottilie Marsh' }).waitFor();
    equal(await name.inputValue(), 'Ottilie Marsh', 'the name');
  });
  await step('sessions are listed, this one is marked, and another one is ended', [page, beside], async () => {
    await enter(beside, server.origin, 'ottilie@example.com', FIRST);
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
    await page.goto(`${server.origin}/settings/profile`);
    equal(await sessions(page).getByRole('listitem').count(), 2, 'sessions');
    await sessions(page).getByText('This session').waitFor();
    equal(await sessions(page).getByText(/^Chrome/).count(), 2, 'sessions whose browser is known');
    await picture(page, 'profile');
    await sessions(page).getByRole('button', { name: /^End session in Chrome/ }).click();
    await until(async () => (await sessions(page).getByRole('listitem').count()) === 1, 'the other session being gone');
    await beside.reload();
    await beside.getByRole('heading', { name: /Sign in/ }).waitFor();
  });
  await step('a password needs the present one and cannot be an easy one', page, async () => {
    const change = async (current, next) => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password').fill(next);
      await page.getByRole('button', { name: 'Change password' }).click();
    };
    await change('not the one it is now', SECOND);
    await page.getByText('This is not your password.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'own-current', 'where the focus is');
    equal(await page.getByLabel('New password').inputValue(), '', 'a password that came back');
    await change(FIRST, 'password password password');
    await page.getByText('The new password is too easy to guess.').waitFor();
    await picture(page, 'profile-password');
  });
  await step('the other sessions end with the old password, and this page goes on', [page, beside], async () => {
    await enter(beside, server.origin, 'ottilie@example.com', FIRST);
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
    const before = (await page.context().cookies()).find(({ name }) => name.endsWith('dialzio_session')).value;
    await page.getByLabel('Current password').fill(FIRST);
    await page.getByLabel('New password').fill(SECOND);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Password changed. Your other sessions have ended.').waitFor();
    equal(await sessions(page).getByRole('listitem').count(), 1, 'sessions');
    const after = (await page.context().cookies()).find(({ name }) => name.endsWith('dialzio_session')).value;
    holds(before !== after, 'the session kept its id');
    await page.reload();
    await page.getByRole('heading', { name: 'Profile', level: 2 }).waitFor();
    await beside.reload();
    await beside.getByRole('heading', { name: /Sign in/ }).waitFor();
    await enter(beside, server.origin, 'ottilie@example.com', FIRST);
    await beside.getByText('Wrong email or password.').waitFor();
    await enter(beside, server.origin, 'ottilie@example.com', SECOND);
    await beside.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  await step('a long name without spaces makes nothing wider', page, async () => {
    await page.goto(`${server.origin}/settings/profile`);
    await page.getByRole('textbox', { name: 'Your name' }).fill(HOSTILE);
    await page.getByRole('button', { name: 'Save name' }).click();
    await page.getByRole('button', { name: `Menu, signed in as ${HOSTILE}` }).waitFor();
    await fits(page, `${server.origin}/settings/profile`, 'profile');
  });
  await beside.close();
  await page.close();
}

const list = (page) => page.locator('#member-list');
const member = (page, name) => page.getByRole('region', { name: 'Members', exact: true }).getByRole('listitem').filter({ hasText: name });

export async function members(scene) {
  const { server, guard } = scene;
  story('Members and invitations');
  const page = await guard.open();
  const alone = await guard.openAlone();
  let first = '';
  await step('an invitation is made, its link is shown once and can be copied', page, async () => {
    await page.goto(`${server.origin}/settings`);
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Members' }).click();
    await list(page).getByLabel('Email').fill('not an address');
    await list(page).getByRole('button', { name: 'Make an invitation link' }).click();
    await list(page).getByText('This is not a complete address.').waitFor();
    await list(page).getByLabel('Email').fill('quentin@example.com');
    await list(page).getByLabel('Role').selectOption('agent');
    await list(page).getByRole('button', { name: 'Make an invitation link' }).click();
    first = await list(page).getByLabel('Invitation link').inputValue();
    holds(first.startsWith(`${server.origin}/setup#`), `the link is ${first}`);
    equal(await page.evaluate(() => document.activeElement.textContent), 'Copy link', 'what has the focus');
    await picture(page, 'members-link');
    await page.reload();
    equal(await list(page).getByLabel('Invitation link').count(), 0, 'links after a reload');
    await page.getByRole('region', { name: 'Invited' }).getByText('quentin@example.com', { exact: true }).waitFor();
  });
  await step('it is renewed, and the link of before works no longer', [page, alone], async () => {
    await page.getByRole('button', { name: 'Renew the invitation of quentin@example.com' }).click();
    const renewed = await list(page).getByLabel('Invitation link').inputValue();
    holds(renewed !== first, 'the link is the same');
    await alone.goto(first);
    await alone.getByText('This link has expired or was used.').waitFor();
    await alone.goto('about:blank');
    await alone.goto(renewed);
    await alone.getByLabel('Your name').fill('Quentin');
    await alone.getByLabel('Password').fill(FIRST);
    await alone.getByRole('button', { name: 'Create account' }).click();
    await alone.getByRole('navigation', { name: 'Main' }).waitFor();
  });
  await step('an invitation says how much the person will see, and no admin is to see less than everything', page, async () => {
    await page.reload();
    await list(page).getByLabel('Email').fill('never@example.com');
    const sees = list(page).getByLabel('What they will see');
    equal(await sees.inputValue(), 'all', 'what is proposed');
    await list(page).getByLabel('Role').selectOption('admin');
    await sees.selectOption({ label: 'Only their own work' });
    await list(page).getByRole('button', { name: 'Make an invitation link' }).click();
    await list(page).getByText('What they see must be all: owners and admins see everything.').waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'invite-sees', 'where the focus is');
    equal(await sees.inputValue(), 'own', 'what was chosen');
    await picture(page, 'members-sees');
    await list(page).getByLabel('Role').selectOption('agent');
    await list(page).getByRole('button', { name: 'Make an invitation link' }).click();
    await page.getByRole('region', { name: 'Invited' }).getByText(/^Agent · Only their own work · invited/).waitFor();
  });
  await step('one is revoked', page, async () => {
    await page.getByRole('button', { name: 'Revoke the invitation of never@example.com' }).click();
    await page.getByText('The invitation was revoked.').waitFor();
    equal(await page.getByText('never@example.com').count(), 0, 'invitations of this address');
    await list(page).getByLabel('Email').fill('quentin@example.com');
    await list(page).getByRole('button', { name: 'Make an invitation link' }).click();
    await list(page).getByText('This is the address of a member already.').waitFor();
  });
  await step('a role is changed', page, async () => {
    await page.goto(`${server.origin}/settings/members`);
    await member(page, 'Quentin').getByRole('button', { name: 'Change role' }).click();
    await page.getByLabel('Role of Quentin').selectOption('manager');
    await page.getByRole('button', { name: 'Save role' }).click();
    await page.getByText('Quentin is Manager now.').waitFor();
    await member(page, 'Quentin').getByText(/^Manager/).waitFor();
    await member(page, 'Ravi Kumar').getByRole('button', { name: 'Change role' }).click();
    await page.getByLabel('Role of Ravi Kumar').selectOption('agent');
    await page.getByRole('button', { name: 'Save role' }).click();
    await page.getByText('This member is the only owner: make another one first.').waitFor();
  });
  const teams = page.locator('#team-list');
  await step('a team is made and changed below the members; who sees the work of their teams sees no more', [page, alone], async () => {
    await teams.getByText('No teams yet.').waitFor();
    await teams.getByRole('button', { name: 'Add a team' }).click();
    await teams.getByRole('button', { name: 'Save team' }).click();
    await teams.getByText(/^The name must not be empty/).waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'team-name', 'where the focus is');
    await teams.getByLabel('Name').fill('Evening shift');
    await teams.getByLabel('Quentin').check();
    await picture(page, 'members-team');
    await teams.getByRole('button', { name: 'Save team' }).click();
    await teams.getByText('Evening shift was saved.').waitFor();
    await teams.locator('.row-line').getByText('Quentin', { exact: true }).waitFor();
    await member(page, 'Quentin').getByRole('button', { name: 'Change role' }).click();
    // The form of another member may still be open.
    await page.getByLabel('Role of Quentin').waitFor();
    await page.getByLabel('What they see').selectOption({ label: 'Work of their teams and unassigned work' });
    await page.getByRole('button', { name: 'Save role' }).click();
    await page.getByText('Quentin is Manager now.').waitFor();
    await member(page, 'Quentin').getByText(/^Manager · Work of their teams/).waitFor();
    const all = (await server.api('GET', '/v1/conversations?limit=100')).json.data;
    const [taken, free] = [all.find((talk) => talk.assignee), all.find((talk) => !talk.assignee)];
    const asked = (id) => alone.evaluate(async (talk) => (await fetch(`/v1/conversations/${talk}`)).status, id);
    equal(await asked(free.id), 200, 'status of what is assigned to nobody');
    const me = (await server.api('GET', '/v1/members')).json.data.find(({ name }) => name === 'Ravi Kumar').id;
    const before = taken?.assignee ?? null;
    const theirs = taken ?? free;
    await server.api('PATCH', `/v1/conversations/${theirs.id}`, { assignee: me });
    equal(await asked(theirs.id), 404, 'status of what is assigned to somebody else');
    await teams.getByRole('button', { name: 'Edit Evening shift' }).click();
    await teams.getByLabel('Ravi Kumar').check();
    await teams.getByRole('button', { name: 'Save team' }).click();
    await teams.getByText('Quentin, Ravi Kumar').waitFor();
    await until(async () => (await asked(theirs.id)) === 200, 'the work of the team being seen');
    await server.api('PATCH', `/v1/conversations/${theirs.id}`, { assignee: before });
    page.once('dialog', (dialog) => dialog.accept());
    await teams.getByRole('button', { name: 'Delete Evening shift' }).click();
    await teams.getByText('Evening shift was deleted.').waitFor();
    await member(page, 'Quentin').getByRole('button', { name: 'Change role' }).click();
    // The form of another member may still be open.
    await page.getByLabel('Role of Quentin').waitFor();
    await page.getByLabel('What they see').selectOption({ label: 'Everything' });
    await page.getByRole('button', { name: 'Save role' }).click();
    await page.getByText('Quentin is Manager now.').waitFor();
  });
  await step('a member leaves: their work is handed over, and their page ends within seconds', [page, alone], async () => {
    const id = (await server.api('GET', '/v1/members')).json.data.find(({ name }) => name === 'Quentin').id;
    const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
    const before = talk.assignee;
    equal((await server.api('PATCH', `/v1/conversations/${talk.id}`, { assignee: id })).status, 200, 'status');
    await page.reload();
    await member(page, 'Quentin').getByRole('button', { name: 'Deactivate' }).click();
    await page.getByText(/Who gets their 1 open conversation$/).waitFor();
    await picture(page, 'members-leave');
    await page.getByLabel(/^Who gets their/).selectOption({ label: 'Ravi Kumar' });
    await page.getByRole('form', { name: 'Deactivate member' }).getByRole('button', { name: 'Deactivate Quentin' }).click();
    await page.getByText('Quentin was deactivated.').waitFor();
    const owner = (await server.api('GET', '/v1/members')).json.data.find(({ name }) => name === 'Ravi Kumar').id;
    equal((await server.api('GET', `/v1/conversations/${talk.id}`)).json.assignee, owner, 'who has the conversation');
    await alone.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    await server.api('PATCH', `/v1/conversations/${talk.id}`, { assignee: before });
  });
  await step('and comes back', page, async () => {
    await member(page, 'Quentin').getByText('Deactivated').waitFor();
    await member(page, 'Quentin').getByRole('button', { name: 'Activate' }).click();
    await page.getByText('Quentin can come in again.').waitFor();
    await member(page, 'Quentin').getByRole('button', { name: 'Deactivate' }).waitFor();
  });
  await step('long names and addresses without spaces make nothing wider', page, async () => {
    await server.api('POST', '/v1/members', { email: `${'q'.repeat(60)}@${'x'.repeat(60)}.${'y'.repeat(60)}.example.com`, role: 'viewer' });
    await fits(page, `${server.origin}/settings/members`, 'members');
  });
  await alone.close();
  await page.close();
}

export async function templates({ server, guard }) {
  story('Templates');
  const page = await guard.open();
  await step('each line has its templates, with why one cannot be sent and how they read', page, async () => {
    await page.goto(`${server.origin}/settings`);
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Templates' }).click();
    await page.getByText(/\d+ of \d+ can be sent · last read from the provider/).first().waitFor();
    holds((await page.getByText('Approved', { exact: true }).count()) > 0, 'no approved template');
    const row = page.getByRole('listitem').filter({ hasText: 'weekend_offer' }).first();
    await row.getByText('Preview').click();
    await row.getByRole('group', { name: 'Preview' }).waitFor();
    await picture(page, 'templates');
  });
  await step('the provider is asked for the list now', page, async () => {
    const asked = page.waitForResponse((answer) => /\/templates\/sync$/.test(answer.url()));
    await page.getByRole('button', { name: /^Ask for the list now/ }).first().click();
    equal((await asked).status(), 200, 'status');
    await page.getByText(/last read from the provider \d\d:\d\d/).first().waitFor();
  });
  await step('nothing is wider than the window', page, async () => {
    await fits(page, `${server.origin}/settings/templates`, 'templates');
  });
  await page.close();
}
