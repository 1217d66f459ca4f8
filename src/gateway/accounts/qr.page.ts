import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';

/** The page that shows a QR code until it is scanned. It holds nothing of the account: its script asks for that. */
export function qrPage(language: Language): string {
  const { title, picture, loading, steps, says } = TEXTS[language].pages.qr;
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} · Masuk</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/gateway/qr.css">
<script type="application/json" id="says">${JSON.stringify(says).replaceAll('<', '\\u003c')}</script>
<script type="module" src="/gateway/qr.js"></script>
</head>
<body>
<main>
<h1>${title}</h1>
<p id="name"></p>
<img id="qr" alt="${picture}" width="360" height="360" hidden>
<p id="state" role="status" aria-live="polite">${loading}</p>
<ol id="steps">
${steps.map((step) => `<li>${step}</li>`).join('\n')}
</ol>
</main>
</body>
</html>
`;
}

export const QR_STYLE = `:root { font: 16px/1.5 system-ui, sans-serif; --line: #d4d9dd; --card: #fff; --page: #f2f4f5; --ink: #17212b; --soft: #55636f; --good: #0b6b4f; }
@media (prefers-color-scheme: dark) { :root { --line: #33404b; --card: #1a232b; --page: #11181e; --ink: #e8edf1; --soft: #9fb0bd; --good: #5fd3ab; } }
body { margin: 0; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink); }
main { margin: 0 auto; max-width: 26rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); padding: 1.25rem; text-align: center; }
h1 { margin: 0; font-size: 1.3rem; }
#name { margin: .25rem 0 1rem; color: var(--soft); overflow-wrap: anywhere; }
img { display: block; margin: 0 auto; width: 100%; max-width: 22.5rem; height: auto; border-radius: .5rem; background: #fff; }
img[hidden] { display: none; }
#state { min-height: 1.5em; font-weight: 600; overflow-wrap: anywhere; }
#state.good { color: var(--good); }
ol { text-align: left; color: var(--soft); padding-left: 1.25rem; }
`;

export const QR_SCRIPT = `const qr = document.querySelector('#qr');
const state = document.querySelector('#state');
const steps = document.querySelector('#steps');
const base = location.pathname.replace(/\\/qr-page\\/?$/, '');
document.querySelector('#name').textContent = decodeURIComponent(base.split('/').pop());
const says = JSON.parse(document.querySelector('#says').textContent);
function say(text, className) {
  state.className = className;
  state.textContent = text;
}
function show(session) {
  qr.hidden = !session.qr;
  if (session.qr) qr.src = session.qr;
  const linked = session.status === 'connected';
  const who = [session.name, session.phone].filter(Boolean).join(' · ');
  say(says[session.status] + (linked && who ? ': ' + who : ''), linked ? 'good' : '');
  steps.hidden = linked;
}
const events = new EventSource(base + '/events');
events.addEventListener('status', (event) => show(JSON.parse(event.data)));
events.addEventListener('end', () => events.close());
events.addEventListener('error', () => {
  const refused = events.readyState === EventSource.CLOSED;
  say(refused ? says.refused : says.silent, '');
  if (refused) qr.hidden = true;
});
`;
