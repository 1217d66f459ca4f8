/**
 * A stand-in for Whacenter, and the phones behind it. `POST /api/send` takes a message and answers as Whacenter does
 * (JSON, served as text/html); `GET /code?number=62…` hands the code of that phone's next unread message to the load
 * generator, waiting for it where the service answers before it delivers. Listens on a port of its own choice.
 */
import http from 'node:http';

/** A code that has not come by then never will; ms. */
const PATIENCE = 5_000;

/** By number: the code of a message that nobody has read yet. */
const unread = new Map();
/** By number: who waits for a message. */
const waiting = new Map();
let sent = 0;

function answer(response, type, body) {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

const tellCode = (response, code) => answer(response, 'application/json', { code });
const answerAsWhacenter = (response, data) =>
  answer(response, 'text/html; charset=UTF-8', { status: true, message: 'success', data });

function receive(form, response) {
  const number = form.get('number');
  const code = /\*(\d{4,8})\*/.exec(form.get('message') ?? '')?.[1] ?? null;
  sent += 1;
  answerAsWhacenter(response, { id: sent });
  const reader = waiting.get(number);
  if (reader) reader(code);
  else unread.set(number, code);
}

function read(number, response) {
  const code = unread.get(number);
  if (code !== undefined) {
    unread.delete(number);
    return tellCode(response, code);
  }
  const finish = (late) => {
    clearTimeout(patience);
    waiting.delete(number);
    tellCode(response, late);
  };
  const patience = setTimeout(() => finish(null), PATIENCE);
  waiting.set(number, finish);
}

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://provider');
  if (url.pathname === '/code') return read(url.searchParams.get('number'), response);
  if (url.pathname === '/api/statusDevice') return answerAsWhacenter(response, { status: 'CONNECTED' });
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => receive(new URLSearchParams(body), response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`Server listening at http://127.0.0.1:${server.address().port}`));
