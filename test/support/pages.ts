import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
} from 'playwright-core';
import { complaintsOf } from './browser.js';
import { type Service } from './service.js';

/** Where a person may look at what the browser saw; unset, no picture is taken. */
const PICTURES = process.env['MASUK_PICTURES'];

export const SIZES = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 800 } } as const;
export type Size = keyof typeof SIZES;

/** What a person is told by a failure that a spec wants; everything else in the console is a complaint. */
const EXPECTED = /status of 4\d\d|status of 503|ERR_INTERNET_DISCONNECTED|ERR_FAILED|^failed: /;

/** A page of the service in a browser of its own, as far as cookies and storage go. */
export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page complained about, refusals of the service aside. */
  complaints(): string[];
  /** Takes a picture, where somebody wants to look. */
  picture(name: string): Promise<void>;
  /** Whether the page has to be scrolled sideways. */
  isWide(): Promise<boolean>;
  /** Calls of the API so far, `POST /api/…`. */
  readonly calls: string[];
}

/** Opens a page; `more` goes to the browser context. */
export async function openPage(
  browser: Browser,
  service: Pick<Service, 'url'>,
  path: string,
  { size = 'phone', ...more }: BrowserContextOptions & { size?: Size } = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: SIZES[size], ...more });
  context.setDefaultTimeout(8_000);
  const page = await context.newPage();
  const all = complaintsOf(page);
  const calls = callsOf(page);
  await page.goto(service.url + path);
  return {
    page,
    context,
    calls,
    complaints: () => all.filter((complaint) => !EXPECTED.test(complaint)),
    picture: async (name) => {
      if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, animations: 'disabled' });
    },
    isWide: () => page.evaluate<boolean>('document.documentElement.scrollWidth > document.documentElement.clientWidth'),
  };
}

/** The API calls of a page, collected while it lives. */
export function callsOf(page: Page): string[] {
  const calls: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith('/api/')) calls.push(`${request.method()} ${pathname}`);
  });
  return calls;
}

/** Everything a script of the page could read later: both storages and the cookies that are not HttpOnly. */
export async function readable(page: Page): Promise<string> {
  return page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');
}

/** The name of the field that has the cursor, inside the element too. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(
    '(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at?.id ?? ""; })()',
  );
}

/** Pastes a text, as a person does from a message. */
export async function paste(field: Locator, text: string): Promise<void> {
  await field.evaluate((element, pasted) => {
    // The test's own types know no browser; these names are the browser's.
    const { DataTransfer, ClipboardEvent } = globalThis as any;
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', pasted);
    (element as any).dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
}
