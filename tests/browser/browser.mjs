// One browser, and pages that report every console error and every request to somebody else.
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
// The line that Chromium itself prints for an answer with an error status. A refusal is such an answer, on purpose.
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/;

export async function startBrowser(origin) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
  const trouble = [];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'en-GB', timezoneId: 'UTC' });
  const watch = (page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' && !REFUSAL.test(message.text())) trouble.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => trouble.push(`error on the page: ${error.message}`));
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob|about):/.test(url)) trouble.push(`request to somebody else: ${new URL(url).origin}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 500) trouble.push(`${response.status()} from ${new URL(response.url()).pathname}`);
    });
    return page;
  };
  context.setDefaultTimeout(10_000);
  return {
    browser,
    context,
    trouble,
    open: async () => watch(await context.newPage()),
    watch,
  };
}
