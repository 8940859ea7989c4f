// The server under test: set up in a folder of its own, on a free port, with a clock that can be moved.
import { spawn, execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createSite, request as ask } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer();
  probe.once('error', reject);
  probe.listen(0, '127.0.0.1', () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

/** Seconds from now until it is next noon in India, so that hours for marketing do not depend on when this runs. */
const untilNoonInIndia = () => {
  const second = Math.floor(Date.now() / 1000 + 5.5 * 3600) % 86400;
  return (12 * 3600 - second + 86400) % 86400;
};

/**
 * Stands in front of the server and takes scripts and style sheets from the folder in DIALZIO_ASSETS, so that a change of them
 * is tried without a build.
 */
async function startAssets(folder, port, to) {
  const front = createSite(async (incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://front');
    const name = /^\/assets\/([\w.-]+\.(js|css))$/.exec(pathname);
    const own = name && await readFile(join(folder, name[1])).catch(() => null);
    if (own) {
      outgoing.writeHead(200, { 'content-type': name[2] === 'js' ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' });
      outgoing.end(own);
      return;
    }
    // A connection for each: one that was kept may just be closing.
    const passed = ask({ agent: false, host: '127.0.0.1', port: to, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.rawHeaders);
      // A stream is open before its first event.
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    outgoing.on('close', () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise((resolve) => { front.listen(port, '127.0.0.1', resolve); });
  return () => { front.closeAllConnections(); front.close(); };
}

/** `at` is the path that it answers below, `public` the site that passes that path on, or its own under another name, `port` its own, and `networks` those that identity providers may be in. */
export async function startServer({ at = '', public: known, port: wanted, networks = '' } = {}) {
  const binary = process.env.DIALZIO_BIN;
  if (!binary) throw new Error('DIALZIO_BIN must name the server binary');
  const folder = await mkdtemp(join(tmpdir(), 'dialzio-browser-'));
  const data = join(folder, 'data');
  const clockFile = join(folder, 'clock');
  let offset = untilNoonInIndia();
  await writeFile(clockFile, String(offset));
  const port = wanted ?? await freePort();
  const listen = `127.0.0.1:${port}`;
  const folderOfAssets = known ? undefined : process.env.DIALZIO_ASSETS;
  const front = folderOfAssets && await freePort();
  const site = front ? `http://127.0.0.1:${front}` : known;
  const stopAssets = front && await startAssets(folderOfAssets, front, port);
  const origin = (site ?? `http://${listen}`) + at;
  // Asked past the site in front.
  const direct = `http://${listen}${at}`;
  const env = { ...process.env, DIALZIO_CLOCK_FILE: clockFile, DIALZIO_LISTEN: listen, DIALZIO_ORIGIN: site ?? `http://${listen}`, DIALZIO_AT: at || '/', ...(networks ? { DIALZIO_OUTBOUND_NETWORKS: networks } : {}) };
  // The invitation is made at the machine's own time: it lasts longer than the clock is moved.
  const { stdout } = await run(binary, ['init', '--data', data, '--org', 'Green Leaf Nursery', '--owner', 'owner@example.com', '--json'], { env });
  const made = JSON.parse(stdout);
  const child = spawn(binary, ['serve', '--data', data, '--listen', listen, '--sandbox'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stdout.on('data', (text) => { log += text; });
  child.stderr.on('data', (text) => { log += text; });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${direct}/readyz`).catch(() => null);
    if (answer?.ok) break;
    if (tries > 100 || child.exitCode !== null) throw new Error(`the server does not answer:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    origin,
    port,
    setup: made.setup_url,
    key: made.api_key,
    log: () => log,
    now: () => Date.now() + offset * 1000,
    /** Moves the server's clock ahead. */
    async ahead(seconds) { offset += seconds; await writeFile(clockFile, String(offset)); },
    /** The mails to an address, oldest first: their names are ids, which sort by time. */
    async mails(to) {
      const names = (await readdir(join(data, 'mail'))).filter((name) => name.endsWith('.eml')).sort();
      const mails = await Promise.all(names.map((name) => readFile(join(data, 'mail', name), 'utf8')));
      return mails.filter((mail) => mail.includes(`To: ${to}\r\n`));
    },
    /** Runs a command of the operator beside the server; answers what it prints. */
    async command(name, ...rest) { return (await run(binary, [name, '--data', data, ...rest], { env })).stdout; },
    /** Asks the API with the key, as a program would. */
    async api(method, path, body, headers = {}) {
      const answer = await fetch(direct + path, {
        method,
        headers: { authorization: `Bearer ${made.api_key}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
        body: body ? JSON.stringify(body) : undefined,
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, json: text ? JSON.parse(text) : null };
    },
    async stop() {
      child.kill('SIGTERM');
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 5000))]);
      if (child.exitCode === null) child.kill('SIGKILL');
      stopAssets?.();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
