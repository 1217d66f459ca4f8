import { randomBytes } from 'node:crypto';
import { LANGUAGES, type Language } from '../../platform/config/languages.js';
import { escapeHtml } from '../../platform/texts/escape-html.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { type PageAssets } from './built-files.js';

/** The pages that people see. */
export type PageName = 'login' | 'forgot-password' | 'account';

/** The one script of each, as it is called in `web/`. */
export const SCRIPTS: Record<PageName, string> = {
  login: 'pages/login-page.ts',
  'forgot-password': 'pages/login-page.ts',
  account: 'pages/account-page.ts',
};

/**
 * No inline script or style, nothing from elsewhere, no frame. Lit's sheets are constructed by script and need no
 * `unsafe-inline`; its templates pass through the one policy that Trusted Types let through.
 *
 * @param nonce see `styleNonce`
 */
export function pagePolicy(nonce?: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    styleSource(nonce),
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ');
}

export const styleSource = (nonce?: string) => `style-src 'self'${nonce === undefined ? '' : ` 'nonce-${nonce}'`}`;

/**
 * Lets the elements' own sheets in where a browser cannot construct any (Safari before 16.4, Firefox before 101): there Lit
 * writes them into the page. For one answer only.
 */
export const styleNonce = () => randomBytes(16).toString('base64');

const ELEMENTS: Record<PageName, string> = {
  login: '<masuk-login purpose="login" session="cookie" history autofocus forgot-url="/forgot-password">',
  'forgot-password': '<masuk-login purpose="forgot-password" session="cookie" history autofocus login-url="/login">',
  account: '<masuk-account>',
};

/** What an element holds until a script draws it, which no script does in a browser that is too old. */
export const tooOld = (language: Language) => `<p class="too-old">${TEXTS[language].pages.frame.tooOld}</p>`;

/** Another application whose login page is ours. */
export interface Application {
  readonly name: string;
  readonly logo: string | null;
}

/** Whose page it is, and how it is drawn. */
export interface Frame {
  readonly language: Language;
  /** `APP_NAME`; shown as the text it is. */
  readonly appName: string;
  readonly assets: PageAssets;
  /** Whose name and logo are shown above; without one, ours. */
  readonly application?: Application | undefined;
  /** See `styleNonce`; without one, no script draws the page. */
  readonly nonce?: string | undefined;
}

/** What the page holds. */
export interface Sheet {
  /** For the style sheet. */
  readonly page: string;
  readonly title: string;
  /** HTML: what comes from outside is escaped by whoever makes it. */
  readonly main: string;
  /** Whether a script draws it. */
  readonly script: boolean;
  /** Whether another language may be chosen: not where that would lose what the page was asked for. */
  readonly hasLanguages?: boolean;
  /** Where a login goes on, which another language must not forget. */
  readonly next?: string | null;
}

/** A page as the server sends it: whole but for the element's own content, so that nothing moves when the script comes. */
export function renderPage(name: PageName, { next = null, ...frame }: Frame & { next?: string | null }): string {
  // By a function: in a text that takes the place, `$` has a meaning.
  const tag =
    next === null ? ELEMENTS[name] : ELEMENTS[name].replace('>', () => ` data-continue="${escapeHtml(next)}">`);
  const main = `${tag}${tooOld(frame.language)}${name === 'account' ? '</masuk-account>' : '</masuk-login>'}`;
  const title = TEXTS[frame.language].pages.titles[name];
  return renderSheet({ page: name, title, main, script: true, next }, frame);
}

/** Any page in our design. */
export function renderSheet(
  { page, title, main, script, hasLanguages = true, next = null }: Sheet,
  frame: Frame,
): string {
  const { language, appName, assets, application, nonce } = frame;
  const said = TEXTS[language].pages.frame;
  const [own, ownSubtitle] = nameAndSubtitle(appName);
  const name = application?.name ?? own;
  // A page for another application also says who asks for the code.
  const subtitle = application ? said.through(own) : ownSubtitle;
  const subtitleLine = subtitle === '' ? '' : `<p>${escapeHtml(subtitle)}</p>`;
  const scripts = script
    ? `${assets.imports.map((address) => `<link rel="modulepreload" href="${address}">\n`).join('')}<script type="module" src="${assets.script}"></script>\n`
    : '';
  const noScript = script ? `<noscript><p>${said.noScript}</p></noscript>` : '';
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#16201d" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · ${escapeHtml(name)}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}"${nonce === undefined ? '' : ` nonce="${nonce}"`}>
${scripts}</head>
<body data-page="${page}">
<div class="sheet">
<header class="brand"><img src="${escapeHtml(application?.logo ?? assets.icon)}" alt="" width="44" height="44"><div><h1>${escapeHtml(name)}</h1>${subtitleLine}</div></header>
<main>${main}${noScript}</main>
</div>
${hasLanguages ? footer(language, next) : ''}</body>
</html>
`;
}

function footer(language: Language, next: string | null): string {
  const links = LANGUAGES.map((target) => languageLink(target, language, next)).join('');
  return `<footer><nav aria-label="${TEXTS[language].pages.frame.language}">${links}</nav></footer>\n`;
}

function languageLink(target: Language, current: Language, next: string | null): string {
  const rest = next === null ? '' : `&amp;next=${encodeURIComponent(next)}`;
  const state = target === current ? ' aria-current="true"' : '';
  return `<a href="?lang=${target}${rest}" lang="${target}" hreflang="${target}"${state}>${TEXTS[target].name}</a>`;
}

/** "SiKesKoja - Sistem Kesehatan Kota Jayapura" is a name and what it stands for. */
export function nameAndSubtitle(appName: string): [string, string] {
  const [, name = appName, subtitle = ''] = /^(.{2,}?)\s+[-–—:|]\s+(.+)$/u.exec(appName.trim()) ?? [];
  return [name, subtitle];
}
