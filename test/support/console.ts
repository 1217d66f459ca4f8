import axe from 'axe-core';
import { type Browser, type Page } from 'playwright-core';
import { browserLogin } from './own-page.js';
import { openPage, type OpenPage, type Size } from './pages.js';
import { type Service } from './service.js';

/** Who looks at the console, on what, and in which language. */
export interface Sight {
  /** One of the demo's accounts. */
  as?: 'admin' | 'supervisor' | 'operator';
  size?: Size;
  language?: 'id' | 'en';
}

/** Opens a page of the console, `/people`, with a login of its own; `own` are the headers of that login. */
export async function openConsole(
  browser: Browser,
  service: Service,
  path: string,
  { as = 'admin', size = 'desktop', language = 'id' }: Sight = {},
): Promise<OpenPage & { own: Record<string, string> }> {
  const { session } = await browserLogin(service, as, 'password123');
  const [name = '', value = ''] = session.split('=');
  const common = { domain: '127.0.0.1', path: '/', sameSite: 'Lax' as const };
  const cookies = [
    { ...common, name, value, httpOnly: true, secure: true, expires: -1 },
    { ...common, name: 'masuk-lang', value: language, httpOnly: false, secure: false, expires: -1 },
  ];
  const opened = await openPage(browser, service, `/admin${path}`, { size, storageState: { cookies, origins: [] } });
  await opened.page.locator('main h1').waitFor();
  return { ...opened, own: { cookie: session, 'sec-fetch-site': 'same-origin' } };
}

const RULES = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };

/** What axe finds on a page. */
export async function axeFaults(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('Boolean(globalThis.axe)'))) await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string }[] }[]>(
    `axe.run(document, ${JSON.stringify({ runOnly: RULES, resultTypes: ['violations'] })}).then(({ violations }) => violations)`,
  );
  return found.map(({ id, impact, nodes }) => `${impact} ${id} ${nodes[0]?.html}`);
}
