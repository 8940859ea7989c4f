// Canned replies: kept under Settings, chosen with "/", filled once, and never sent with a gap.
import { equal, holds, picture, step, story, until } from '../report.mjs';
import { bubble } from './talk.mjs';

const reply = (page) => page.getByRole('textbox', { name: 'Reply' });
const options = (page) => page.getByRole('listbox', { name: 'Canned replies' }).getByRole('option');
const list = (page) => page.locator('#canned-list');

export async function canned({ server, guard }) {
  story('Canned replies');
  const page = await guard.open();
  const talk = (await server.api('GET', '/v1/conversations?q=tara%20menon')).json.data[0];
  await step('an admin adds one, and mistakes are marked and lose nothing', page, async () => {
    await page.goto(`${server.origin}/settings`);
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Canned replies' }).click();
    await page.getByText('No canned replies yet.').waitFor();
    await page.getByRole('button', { name: 'Add a canned reply' }).click();
    await page.getByRole('textbox', { name: 'Title', exact: true }).fill('Opening hours');
    await page.getByRole('textbox', { name: 'Shortcut', exact: true }).fill('two words');
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Dear {given_name}, we open at 9.');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The shortcut must have 1 to 32 letters, digits, hyphens or underscores, and no spaces.').waitFor();
    equal(await page.getByRole('textbox', { name: 'Title', exact: true }).inputValue(), 'Opening hours', 'the title that was typed');
    equal(await page.evaluate(() => document.activeElement.id), 'canned-shortcut', 'where the focus is');
    await page.getByRole('textbox', { name: 'Shortcut', exact: true }).fill('/Hours');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/has a placeholder that is not known, \{given_name\}/).waitFor();
    await picture(page, 'canned-form');
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Dear {first_name},\nwe open at 9. {member}, {organisation}');
    await page.getByRole('button', { name: 'Save' }).click();
    await list(page).getByRole('heading', { name: 'Opening hours' }).waitFor();
    await list(page).getByText('/hours', { exact: true }).waitFor();
  });
  await step('it is edited, and a deletion can be taken back', page, async () => {
    await server.api('POST', '/v1/canned-replies', { title: 'Thanks', shortcut: 'thanks', text: 'Thank you, {name}!' });
    await page.reload();
    await page.getByRole('button', { name: 'Edit Thanks' }).click();
    await page.getByRole('textbox', { name: 'Text', exact: true }).fill('Thank you very much, {name}!');
    await page.getByRole('button', { name: 'Save' }).click();
    await list(page).getByText('Thank you very much, {name}!').waitFor();
    await page.getByRole('button', { name: 'Delete Thanks' }).click();
    await list(page).getByText('Thank you very much, {name}!').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: /Undo/ }).click();
    await list(page).getByText('Thank you very much, {name}!').waitFor();
    await picture(page, 'canned-list');
  });
  await step('“/” in an empty reply opens the list; typing narrows it, arrows choose, Enter inserts it filled', page, async () => {
    await page.goto(`${server.origin}/inbox/${talk.id}`);
    await reply(page).fill('');
    await reply(page).press('/');
    await until(async () => (await options(page).count()) === 2, 'two canned replies being offered');
    await picture(page, 'canned-options');
    await reply(page).pressSequentially('th');
    await until(async () => (await options(page).filter({ visible: true }).count()) === 1, 'one of them being left');
    await reply(page).press('Escape');
    await page.getByRole('listbox', { name: 'Canned replies' }).waitFor({ state: 'hidden' });
    equal(await reply(page).inputValue(), '/th', 'what was typed');
    await reply(page).fill('/');
    await until(async () => (await options(page).filter({ visible: true }).count()) === 2, 'both being offered again');
    const first = await reply(page).getAttribute('aria-activedescendant');
    await reply(page).press('ArrowDown');
    holds((await reply(page).getAttribute('aria-activedescendant')) !== first, 'the arrow chose nothing else');
    await reply(page).press('ArrowUp');
    await reply(page).press('Enter');
    await until(async () => (await reply(page).inputValue()) === 'Dear Tara,\nwe open at 9. Ravi Kumar, Green Leaf Nursery', `the box being filled: ${await reply(page).inputValue()}`);
    await reply(page).press('Control+Enter');
    await bubble(page, /Dear Tara,/).waitFor();
  });
  await step('a slash elsewhere opens nothing, and the button inserts at the caret', page, async () => {
    await reply(page).fill('Yes/');
    equal(await options(page).filter({ visible: true }).count(), 0, 'options after a slash within a text');
    await reply(page).fill('Hello. ');
    await page.getByRole('button', { name: 'Canned reply' }).click();
    await options(page).filter({ hasText: 'Thanks' }).click();
    await until(async () => (await reply(page).inputValue()) === 'Hello. Thank you very much, Tara Menon!', 'the text being inserted');
    await reply(page).fill('');
  });
  await step('a value that is not known is marked, and the text is not sent until it is filled in', page, async () => {
    const made = await server.api('POST', '/v1/contacts', { details: [{ kind: 'phone', value: '+919840077001' }] });
    equal(made.status, 201, 'status of the contact');
    const account = (await server.api('GET', '/v1/accounts')).json.data.find((one) => one.provider === 'whatsapp').id;
    const nameless = (await server.api('POST', `/v1/contacts/${made.json.id}/conversations`, { account })).json;
    const filled = (await server.api('GET', `/v1/conversations/${nameless.id}/canned-replies/${(await server.api('GET', '/v1/canned-replies')).json.data[0].id}`)).json;
    equal(filled.missing.join(), 'first_name,member', 'what a key cannot fill for a person without a name');
    const sent = await page.evaluate(async (id) => {
      const answer = await fetch(`/web/conversations/${id}/messages`, { method: 'POST', headers: { 'X-Dialzio-Request': '1', 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ text: 'Dear {first_name}', key: 'open-placeholder' }).toString() });
      return [answer.status, await answer.text()];
    }, talk.id);
    holds(sent[0] === 400 && sent[1].includes('{first_name} left to fill in'), `the server answered ${sent}`);
    await reply(page).fill('/hours');
    await until(async () => (await options(page).filter({ visible: true }).count()) === 1, 'it being offered');
    await page.route('**/canned-replies/*', (route) => route.fulfill({ json: { text: 'Dear {first_name}, we open at 9.', missing: ['{first_name}'] } }));
    await reply(page).press('Enter');
    await page.getByText('Fill in {first_name} before you send: it is not known here.').waitFor();
    equal(await reply(page).evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), '{first_name}', 'what is selected');
    await picture(page, 'canned-missing');
    await reply(page).press('Control+Enter');
    equal(await reply(page).inputValue(), 'Dear {first_name}, we open at 9.', 'what stays in the box');
    await page.keyboard.type('Tara');
    await page.getByText('Fill in {first_name}').waitFor({ state: 'hidden' });
    await page.unroute('**/canned-replies/*');
    await reply(page).fill('');
  });
  await step('it fits at 360 and 1024 pixels, and in the dark', page, async () => {
    for (const [name, width, height, scheme] of [['narrow', 360, 740, 'light'], ['middle', 1024, 768, 'dark']]) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      for (const path of ['/settings/canned-replies', `/inbox/${talk.id}`]) {
        await page.goto(server.origin + path);
        if (path.startsWith('/inbox')) {
          await reply(page).fill('/');
          await until(async () => (await options(page).count()) === 2, 'the list being open');
        }
        holds(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${path} is wider than ${width}`);
        await picture(page, `canned-${name}-${path.startsWith('/inbox') ? 'options' : 'list'}`);
      }
      await reply(page).fill('');
    }
  });
  await page.close();
}
