// Steps, counted. A step that fails says why, keeps a picture, and the test continues.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const OUTPUT = fileURLToPath(new URL('output/', import.meta.url));
let passed = 0;
let failed = 0;
const say = (line) => process.stdout.write(`${line}\n`);

export const story = (name) => say(`\n${name}`);

export async function step(name, pages, work) {
  const begun = Date.now();
  try {
    await work();
    passed += 1;
    say(`  ok    ${name} (${Date.now() - begun} ms)`);
  } catch (error) {
    failed += 1;
    say(`  FAIL  ${name}\n        ${String(error.message ?? error).split('\n').slice(0, 40).join('\n        ')}`);
    const shots = [pages].flat().filter(Boolean).map((page, index) => page.screenshot({ path: `${OUTPUT}failed-${failed}-${index}.png` }).catch(() => {}));
    await Promise.all(shots);
  }
}

export async function picture(page, name) {
  await mkdir(OUTPUT, { recursive: true });
  await page.screenshot({ path: `${OUTPUT}${name}.png` });
}

export function equal(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
}

export function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Waits until `look` answers something true. */
export async function until(look, what, patience = 10_000) {
  const end = Date.now() + patience;
  let found;
  do {
    found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 60));
  } while (Date.now() < end);
  throw new Error(`${what} did not happen within ${patience} ms`);
}

export function end() {
  say(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
