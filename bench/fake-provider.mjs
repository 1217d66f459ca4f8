/**
 * A stand-in for Whacenter, and the phones behind it. `POST /api/send` takes a message and answers as Whacenter does
 * (JSON, served as text/html); `GET /code?number=62…` hands the code of that phone's next unread message to the load
 * generator, which waits for it where the service answers before it delivers: as long as the load generator is there,
 * because how slow is too slow is not for the provider to say. Listens on a port of its own choice.
 */
import http from 'node:http';

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
  const hand = waiting.get(number);
  if (hand) hand(code);
  else unread.set(number, code);
}

function read(number, response) {
  const code = unread.get(number);
  if (code !== undefined) {
    unread.delete(number);
    return tellCode(response, code);
  }
  const hand = (late) => {
    waiting.delete(number);
    tellCode(response, late);
  };
  waiting.set(number, hand);
  response.once('close', () => {
    if (waiting.get(number) === hand) waiting.delete(number);
  });
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
