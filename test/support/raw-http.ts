import { connect } from 'node:net';
import { type Answer } from './service.js';

/**
 * Sends these very bytes over a connection of their own, for requests that no HTTP client would make.
 *
 * @returns the answer, a chunked body put together; throws when the connection ends without one
 */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const patience = setTimeout(() => socket.destroy(new Error('no whole answer after 5 s')), 5_000);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks).toString('latin1'))) socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(patience);
      resolve();
    });
  });
  const [head, body] = split(Buffer.concat(chunks).toString('latin1'));
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1]);
  if (!status) throw new Error(`no HTTP answer but: ${head.slice(0, 200)}`);
  const headers = new Headers(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const text = Buffer.from(unchunked(headers, body), 'latin1').toString();
  const json = headers.get('content-type')?.includes('json') && text !== '';
  return { status, headers, text, body: json ? (JSON.parse(text) as unknown) : undefined };
}

/** A request as text: the head's lines as given, the body's length said. */
export function rawRequest(method: string, target: string, headers: string[] = [], body = ''): string {
  const length = Buffer.byteLength(body);
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers];
  if (length > 0) lines.push(`Content-Length: ${length}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function split(text: string): [string, string] {
  const at = text.indexOf('\r\n\r\n');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 4)];
}

function isWhole(text: string): boolean {
  const [head, body] = split(text);
  if (head === text) return false;
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return length === undefined ? body.endsWith('0\r\n\r\n') : body.length >= Number(length);
}

function unchunked(headers: Headers, body: string): string {
  if (headers.get('transfer-encoding') !== 'chunked') return body;
  let whole = '';
  for (let rest = body; ;) {
    const [size = '0'] = rest.split('\r\n', 1);
    const length = Number.parseInt(size, 16);
    if (!length) return whole;
    whole += rest.slice(size.length + 2, size.length + 2 + length);
    rest = rest.slice(size.length + 2 + length + 2);
  }
}
