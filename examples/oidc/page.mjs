/** Serves `page/`, a page without a server of its own that logs people in by Masuk. The settings: README.md. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { MASUK_ISSUER = 'http://localhost:5000/oidc', CLIENT_ID = '', PORT = '5602' } = process.env;
const { APP_URL = `http://localhost:${PORT}` } = process.env;
const read = (path) => readFileSync(path, 'utf8');
const here = (name) => read(join(import.meta.dirname, 'page', name));

const html = here('index.html').replace('ISSUER', MASUK_ISSUER).replace('CLIENT_ID', CLIENT_ID);
const files = new Map([
  ['/', ['text/html', html]],
  ['/app.js', ['text/javascript', here('app.js')]],
  ['/oauth4webapi.js', ['text/javascript', read(fileURLToPath(import.meta.resolve('oauth4webapi')))]],
]);

// Its own scripts, and calls to Masuk alone.
const policy = `default-src 'none'; script-src 'self'; connect-src ${new URL(MASUK_ISSUER).origin}; base-uri 'none'; form-action 'none'`;

const server = createServer((request, response) => {
  const [type, body] = files.get(new URL(request.url, APP_URL).pathname) ?? [];
  if (body === undefined) return response.writeHead(404).end();
  response
    .writeHead(200, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    })
    .end(body);
});

server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`Page at ${APP_URL}`);
});
