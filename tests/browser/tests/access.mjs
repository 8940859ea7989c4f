// What axe-core finds on every page, light and dark, wide and narrow: nothing serious.
import axe from 'axe-core';
import { holds, step, story } from '../report.mjs';

async function serious(page) {
  await page.evaluate(`${axe.source};0`);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document));
  holds(passes.length > 10, `axe looked at ${passes.length} rules only`);
  return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `          ${node.target.join(' ')}  ${node.failureSummary.split('\n').slice(1).join(' ').trim().slice(0, 160)}`).join('\n')}`);
}

export { serious };

export async function accessible({ server, guard }) {
  story('Nothing serious for axe-core');
  const page = await guard.open();
  const talks = (await server.api('GET', '/v1/conversations?limit=100')).json.data;
  const tara = talks.find((talk) => (talk.person.name ?? talk.person.profile_name) === 'Tara Menon');
  const pages = ['/inbox', `/inbox/${tara.id}`, '/tasks?view=team', '/contacts', `/contacts/${tara.contact}`, `/contacts/${tara.contact}?tab=consent`, '/sandbox/ZZ.919840012345', '/news', '/help', '/settings', '/settings/profile', '/settings/activity', '/settings/members', '/settings/templates', '/settings/canned-replies', '/settings/call-flows', '/settings/recordings', '/settings/channels', '/settings/events', '/dev/parts', '/sign-in', '/no-such-page'];
  for (const [name, width, height, scheme] of [['wide, light', 1440, 900, 'light'], ['wide, dark', 1440, 900, 'dark'], ['narrow, light', 390, 844, 'light']]) {
    await step(name, page, async () => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: scheme });
      const found = [];
      for (const path of pages) {
        await page.goto(server.origin + path);
        await page.waitForTimeout(200);
        found.push(...(await serious(page)).map((words) => `${path.replace(/[0-9a-f-]{36}/, '…')} ${words}`));
      }
      holds(found.length === 0, found.join('\n        '));
    });
  }
  await step('nor in its dialogs', page, async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${server.origin}/inbox/${tara.id}`);
    const found = [];
    for (const [key, dialog] of [['a', 'Assign'], ['s', 'Snooze until'], ['?', 'Keyboard shortcuts'], ['Control+k', 'Go to anything']]) {
      await page.getByRole('log').focus();
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name: dialog }).waitFor();
      found.push(...(await serious(page)).map((words) => `${dialog} ${words}`));
      await page.keyboard.press('Escape');
    }
    await page.goto(`${server.origin}/contacts/${tara.contact}`);
    await page.getByRole('button', { name: 'Edit Contact details' }).click();
    await page.getByRole('dialog', { name: 'Edit contact' }).getByRole('button', { name: 'Add a number' }).click();
    await page.getByRole('dialog', { name: 'Edit contact' }).getByRole('textbox', { name: 'Label' }).first().waitFor();
    found.push(...(await serious(page)).map((words) => `Edit contact ${words}`));
    holds(found.length === 0, found.join('\n        '));
  });
  await page.close();
}
