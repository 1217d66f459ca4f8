import { type Browser, type Page } from 'playwright-core';
import { chromiumArguments } from './chromium-arguments.mjs';
import { loadOnce } from './load-once.js';

const { chromium: playwright } = await loadOnce<typeof import('playwright-core')>('playwright-core');
const { default: chromium } = await loadOnce<typeof import('@sparticuz/chromium')>('@sparticuz/chromium');

const ARGUMENTS = chromiumArguments(chromium.args);

/** A real Chromium out of the npm registry; the caller closes it. */
export async function startBrowser(): Promise<Browser> {
  return playwright.launch({ executablePath: await chromium.executablePath(), args: ARGUMENTS, headless: true });
}

/** What a page complained about: script errors, refused resources, answers from 400 on. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) => {
    // An event stream that the page has closed by itself counts as aborted, depending on who is quicker.
    const closed = request.resourceType() === 'eventsource' && request.failure()?.errorText === 'net::ERR_ABORTED';
    if (!closed) complaints.push(`failed: ${request.url()}`);
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (hostname !== '127.0.0.1' && protocol.startsWith('http')) complaints.push(`foreign: ${request.url()}`);
  });
  return complaints;
}
