// Starts a server and a browser, and uses the product as its people do.
//
//   DIALZIO_BIN=target/debug/dialzio node run.mjs
//   DIALZIO_BIN=target/debug/dialzio node run.mjs drafts      after the first talk only the story of this name
import { mkdir, rm } from 'node:fs/promises';
import { startBrowser } from './browser.mjs';
import { OUTPUT, end, holds, step, story } from './report.mjs';
import { startServer } from './server.mjs';
import { activity } from './tests/activity.mjs';
import { news } from './tests/news.mjs';
import { help } from './tests/help.mjs';
import { accessible } from './tests/access.mjs';
import { answering } from './tests/answering.mjs';
import { bulk } from './tests/bulk.mjs';
import { callLog } from './tests/calls.mjs';
import { canned } from './tests/canned.mjs';
import { contactList } from './tests/contacts.mjs';
import { imports } from './tests/imports.mjs';
import { views } from './tests/views.mjs';
import { consent } from './tests/consent.mjs';
import { drafts } from './tests/drafts.mjs';
import { faults } from './tests/faults.mjs';
import { field } from './tests/field.mjs';
import { files } from './tests/files.mjs';
import { filters } from './tests/filters.mjs';
import { callFlows } from './tests/flows.mjs';
import { hostile } from './tests/hostile.mjs';
import { kept } from './tests/kept.mjs';
import { everyKey } from './tests/keys.mjs';
import { later, sendAndClose } from './tests/later.mjs';
import { masking } from './tests/masking.mjs';
import { longLists } from './tests/lists.mjs';
import { mounted } from './tests/mounted.mjs';
import { notices } from './tests/notices.mjs';
import { keepOrder } from './tests/order.mjs';
import { mail } from './tests/mail.mjs';
import { members, profile, templates } from './tests/people.mjs';
import { audit } from './tests/audit.mjs';
import { apiKeys } from './tests/programs.mjs';
import { passkeys } from './tests/passkeys.mjs';
import { singleSignOn } from './tests/singleSignOn.mjs';
import { phoneBeside } from './tests/phone.mjs';
import { places } from './tests/places.mjs';
import { presence } from './tests/presence.mjs';
import { roles } from './tests/roles.mjs';
import { said } from './tests/said.mjs';
import { secondFactor } from './tests/secondFactor.mjs';
import { sms } from './tests/sms.mjs';
import { snapshots } from './tests/snapshots.mjs';
import { tasks } from './tests/tasks.mjs';
import { timeline } from './tests/timeline.mjs';
import { firstTalk, setUp } from './tests/talk.mjs';
import { unreported } from './tests/unreported.mjs';
import { unknownSends } from './tests/unknown.mjs';

// In this order: later ones find what earlier ones did.
const ALL = [
  setUp,
  firstTalk,
  drafts,
  canned,
  tasks,
  keepOrder,
  files,
  unknownSends,
  everyKey,
  longLists,
  kept,
  presence,
  notices,
  filters,
  said,
  sendAndClose,
  bulk,
  contactList,
  views,
  imports,
  roles,
  profile,
  secondFactor,
  passkeys,
  singleSignOn,
  masking,
  mail,
  members,
  audit,
  activity,
  news,
  help,
  apiKeys,
  templates,
  consent,
  timeline,
  callLog,
  callFlows,
  unreported,
  accessible,
  places,
  later,
  mounted,
  snapshots,
  hostile,
  faults,
  sms,
  answering,
  field,
  // Its hour ends the sessions of the others.
  phoneBeside,
];
await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT, { recursive: true });
const server = await startServer();
const guard = await startBrowser(server.origin);
let code = 1;
const wanted = process.argv.slice(2);
// These have a server of their own.
const ALONE = [mounted.name, passkeys.name, singleSignOn.name, snapshots.name, hostile.name, faults.name];
const isWanted = (test) => wanted.length === 0 || wanted.includes(test.name) || (wanted.some((name) => !ALONE.includes(name)) && [setUp, firstTalk].includes(test));
let provider = null;
try {
  const inbox = await guard.open();
  const phone = await guard.openBeside();
  phone.origin = server.origin;
  const taraPhone = `${server.origin}/sandbox/ZZ.919840012345`;
  const scene = { server, guard, inbox, phone, taraPhone };
  scene.scene = scene;
  for (const test of ALL.filter(isWanted)) {
    try {
      await test(scene);
    } catch (error) {
      await step(`${test.name} ran to its end`, [inbox, phone], () => { throw error; });
    }
  }
  story('All along');
  await step('no error in any console, no request to anybody else', null, async () => {
    holds(guard.trouble.length === 0, [...new Set(guard.trouble)].join('\n'));
  });
  provider = scene.provider ?? null;
  code = end();
} finally {
  await guard.browser.close();
  await provider?.stop();
  await server.stop();
}
process.exit(code);
