// Starts a server and a browser, and walks through the product as its people do.
//
//   DIALZIO_BIN=target/debug/dialzio node run.mjs
import { mkdir, rm } from 'node:fs/promises';
import { startBrowser } from './browser.mjs';
import { OUTPUT, end, holds, step, story } from './report.mjs';
import { startServer } from './server.mjs';
import { accessible } from './walks/access.mjs';
import { consent } from './walks/consent.mjs';
import { files } from './walks/files.mjs';
import { everyKey } from './walks/keys.mjs';
import { longLists } from './walks/lists.mjs';
import { keepOrder } from './walks/order.mjs';
import { places } from './walks/places.mjs';
import { roles } from './walks/roles.mjs';
import { firstTalk, setUp } from './walks/talk.mjs';
import { unknownSends } from './walks/unknown.mjs';

await rm(OUTPUT, { recursive: true, force: true });
await mkdir(OUTPUT, { recursive: true });
const server = await startServer();
const guard = await startBrowser(server.origin);
let code = 1;
let provider = null;
try {
  const inbox = await guard.open();
  const phone = await guard.openBeside();
  phone.origin = server.origin;
  const taraPhone = `${server.origin}/sandbox/ZZ.919840012345`;
  const scene = { server, guard, inbox, phone, taraPhone };
  scene.scene = scene;
  for (const walk of [setUp, firstTalk, keepOrder, files, unknownSends, everyKey, longLists, roles, consent, accessible, places]) {
    try {
      await walk(scene);
    } catch (error) {
      await step(`${walk.name} was walked to its end`, [inbox, phone], () => { throw error; });
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
