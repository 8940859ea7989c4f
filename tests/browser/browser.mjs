// One browser, and pages that report every console error and every request to another host.
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
// The line that Chromium itself prints for an answer with an error status. A refusal is such an answer, on purpose.
// So is the end of a stream whose session ran out when the clock was moved.
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d|SSE reconnect failed with status 40[13]/;

/** `beside` are other sites that pages may lead to. */
export async function startBrowser(origin, beside = []) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  const trouble = [];
  // Two windows, each in the foreground: what lies behind is slowed down by the browser.
  const newWindow = async () => {
    const made = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'en-GB', timezoneId: 'UTC' });
    made.setDefaultTimeout(10_000);
    return made;
  };
  const context = await newWindow();
  const other = await newWindow();
  const watch = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' && !REFUSAL.test(message.text())) trouble.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => trouble.push(`error on the page: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (![origin, ...beside].some((site) => url.startsWith(`${site}/`)) && !/^(data|blob|about):/.test(url)) trouble.push(`request to another host: ${new URL(url).origin}`);
    });
    page.on('requestfinished', (request) => {
      const { responseEnd } = request.timing();
      if (process.env.WALK_SLOW && responseEnd > 400) process.stdout.write(`        ${Math.round(responseEnd)} ms ${request.method()} ${new URL(request.url()).pathname}\n`);
    });
    page.on('response', (response) => {
      if (response.status() >= 500) trouble.push(`${response.status()} from ${new URL(response.url()).pathname}`);
    });
    return page;
  };
  return {
    browser,
    context,
    trouble,
    open: async () => watch(await context.newPage()),
    openBeside: async () => watch(await other.newPage()),
    /** A separate window that is not signed in. */
    openAlone: async () => watch(await (await newWindow()).newPage()),
    /** The other window is signed in as this one is. */
    share: async () => other.addCookies(await context.cookies()),
  };
}
