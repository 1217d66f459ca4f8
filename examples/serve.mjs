/**
 * Serves these examples on http://localhost:5500, an origin of its own beside Masuk's: `node examples/serve.mjs`.
 * MASUK_URL says where Masuk is (http://localhost:5000), PORT where these pages are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const folder = import.meta.dirname;
const usual = 'http://localhost:5000';
const masuk = new URL(process.env.MASUK_URL ?? usual).origin;
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

// Read once, served by name: no path out of a request ever reaches the disk.
const names = [...readdirSync(folder), ...readdirSync(join(folder, 'js')).map((name) => `js/${name}`)];
const files = new Map(
  names
    .filter((name) => extname(name) in TYPES)
    .map((name) => [`/${name}`, readFileSync(join(folder, name), 'utf8').replaceAll(usual, masuk)]),
);

// What an embedding page has to allow, and no more: the element's file, and calls to the service.
const policy = [
  "default-src 'none'",
  `script-src 'self' ${masuk}`,
  "style-src 'self'",
  `connect-src ${masuk}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const path = pathname === '/' ? '/element.html' : pathname;
  const body = files.get(path);
  if (body === undefined) return response.writeHead(404).end();
  response
    .writeHead(200, {
      'content-type': `${TYPES[extname(path)]}; charset=utf-8`,
      'content-security-policy': policy,
      'cache-control': 'no-store',
    })
    .end(body);
});

server.listen(Number(process.env.PORT ?? 5500), '127.0.0.1', () => {
  console.log(`Examples at http://localhost:${server.address().port}, Masuk at ${masuk}`);
});
