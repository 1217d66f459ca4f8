import { type Language } from '../config/settings.js';
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
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

const TITLES: Record<PageName, Record<Language, string>> = {
  login: { id: 'Masuk', en: 'Log in' },
  'forgot-password': { id: 'Lupa sandi', en: 'Forgot password' },
  account: { id: 'Akun saya', en: 'My account' },
};

const TEXTS = {
  language: { id: 'Bahasa', en: 'Language' },
  noScript: {
    id: 'Halaman ini memerlukan JavaScript. Aktifkan JavaScript di peramban Anda, lalu muat ulang halaman ini.',
    en: 'This page needs JavaScript. Switch it on in your browser, then load the page again.',
  },
} satisfies Record<string, Record<Language, string>>;

const ELEMENTS: Record<PageName, string> = {
  login: '<masuk-login purpose="login" session="cookie" history autofocus forgot-url="/forgot-password"></masuk-login>',
  'forgot-password':
    '<masuk-login purpose="forgot-password" session="cookie" history autofocus login-url="/login"></masuk-login>',
  account: '<masuk-account></masuk-account>',
};

/**
 * A page as the server sends it: whole but for the element's own content, so that nothing moves when the script comes.
 *
 * @param appName `APP_NAME`; shown as the text it is
 */
export function renderPage(name: PageName, language: Language, appName: string, assets: PageAssets): string {
  const [title, subtitle] = nameAndSubtitle(appName);
  const subtitleLine = subtitle === '' ? '' : `<p>${escape(subtitle)}</p>`;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#16201d" media="(prefers-color-scheme: dark)">
<meta name="robots" content="noindex">
<title>${TITLES[name][language]} · ${escape(title)}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
${assets.imports.map((address) => `<link rel="modulepreload" href="${address}">\n`).join('')}<script type="module" src="${assets.script}"></script>
</head>
<body data-page="${name}">
<div class="sheet">
<header class="brand"><img src="${assets.icon}" alt="" width="44" height="44"><div><h1>${escape(title)}</h1>${subtitleLine}</div></header>
<main>${ELEMENTS[name]}<noscript><p>${TEXTS.noScript[language]}</p></noscript></main>
</div>
<footer><nav aria-label="${TEXTS.language[language]}">${languageLink('id', 'Bahasa Indonesia', language)}${languageLink('en', 'English', language)}</nav></footer>
</body>
</html>
`;
}

function languageLink(target: Language, name: string, current: Language): string {
  const state = target === current ? ' aria-current="true"' : '';
  return `<a href="?lang=${target}" lang="${target}" hreflang="${target}"${state}>${name}</a>`;
}

/** "SiKesKoja - Sistem Kesehatan Kota Jayapura" is a name and what it stands for. */
function nameAndSubtitle(appName: string): [string, string] {
  const [, name = appName, subtitle = ''] = /^(.{2,}?)\s+[-–—:|]\s+(.+)$/u.exec(appName.trim()) ?? [];
  return [name, subtitle];
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
