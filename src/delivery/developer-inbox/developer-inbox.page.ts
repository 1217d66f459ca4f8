/** The inbox page: plain HTML, its style and script served beside it, so that the Content-Security-Policy stays closed. */
export const INBOX_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Developer inbox · Masuk</title>
<link rel="stylesheet" href="/dev/inbox.css">
<script type="module" src="/dev/inbox.js"></script>
</head>
<body>
<header>
<h1>Developer inbox</h1>
<p>No WhatsApp device is configured, so messages land here instead of on a phone. This page updates itself.</p>
</header>
<main aria-live="polite"><p id="state">Waiting for the first message…</p><ol id="messages"></ol></main>
</body>
</html>
`;

export const INBOX_STYLE = `:root { font: 16px/1.5 system-ui, sans-serif; --line: #d4d9dd; --card: #fff; --page: #f2f4f5; --ink: #17212b; --soft: #55636f; --code: #0b6b4f; }
@media (prefers-color-scheme: dark) { :root { --line: #33404b; --card: #1a232b; --page: #11181e; --ink: #e8edf1; --soft: #9fb0bd; --code: #5fd3ab; } }
body { margin: 0 auto; max-width: 44rem; padding: 1.5rem 1rem 4rem; background: var(--page); color: var(--ink); }
h1 { margin: 0; font-size: 1.4rem; }
header p, #state { color: var(--soft); }
ol { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; gap: 1rem; }
li { border: 1px solid var(--line); border-radius: .75rem; background: var(--card); padding: 1rem; }
.head { display: flex; flex-wrap: wrap; gap: .25rem 1rem; justify-content: space-between; color: var(--soft); font-size: .875rem; }
.head b { color: var(--ink); }
.code { display: block; margin: .5rem 0; font: 600 2rem/1.2 ui-monospace, monospace; letter-spacing: .2em; color: var(--code); user-select: all; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; font-size: .9rem; color: var(--soft); }
`;

export const INBOX_SCRIPT = `const list = document.querySelector('#messages');
const state = document.querySelector('#state');
let newest = '';
function element(name, className, text) {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}
function card(message) {
  const item = document.createElement('li');
  const head = element('div', 'head', '');
  const time = element('time', '', new Date(message.at).toLocaleTimeString());
  time.dateTime = message.at;
  head.append(element('b', '', message.to), time);
  item.append(head);
  if (message.code) item.append(element('span', 'code', message.code));
  item.append(element('pre', '', message.text));
  return item;
}
async function refresh() {
  try {
    const response = await fetch('/dev/inbox', { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(String(response.status));
    const { data } = await response.json();
    if ((data[0]?.id ?? '') !== newest) {
      newest = data[0]?.id ?? '';
      list.replaceChildren(...data.map(card));
    }
    state.textContent = data.length === 0 ? 'Waiting for the first message…' : '';
  } catch {
    state.textContent = 'The service does not answer; trying again…';
  }
  setTimeout(refresh, 1500);
}
refresh();
`;
