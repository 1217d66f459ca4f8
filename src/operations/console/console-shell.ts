import { type PageAssets } from '../../login/pages/built-files.js';
import { nameAndSubtitle } from '../../login/pages/page.js';
import { escapeHtml } from '../../platform/texts/escape-html.js';
import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';

/** The page that the console's script draws into. */
export function consoleShell(language: Language, appName: string, assets: PageAssets): string {
  const { frame, titles } = TEXTS[language].pages;
  const [name] = nameAndSubtitle(appName);
  const preloads = assets.imports.map((address) => `<link rel="modulepreload" href="${address}">\n`).join('');
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta name="application-name" content="${escapeHtml(name)}">
<title>${escapeHtml(titles.console)} · ${escapeHtml(name)}</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.style}">
${preloads}<script type="module" src="${assets.script}"></script>
</head>
<body>
<masuk-console></masuk-console>
<noscript><p>${frame.noScript}</p></noscript>
</body>
</html>
`;
}
