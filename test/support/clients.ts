import { request } from 'node:http';
import { type Answer } from './service.js';

/** Somebody on a computer of their own: 127.0.0.0/8 is all this machine, and whoever is called sees which one called. */
export interface Client {
  /** Where it calls from. */
  readonly address: string;
  /** Sends JSON; a header may come several times. */
  post(path: string, body: unknown, headers?: Record<string, string | string[]>): Promise<Answer>;
}

/** @param address of 127.0.0.0/8; not 127.0.0.1, which is nginx where the specs run behind it */
export function clientAt(url: string, address: string): Client {
  return {
    address,
    post: (path, body, headers = {}) =>
      new Promise((resolve, reject) => {
        const payload = JSON.stringify(body);
        const options = {
          method: 'POST',
          localAddress: address,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload), ...headers },
        };
        const call = request(url + path, options, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const pairs = Object.entries(response.headers).map(([name, value]): [string, string] => [
              name,
              String(value),
            ]);
            const json = response.headers['content-type']?.includes('json');
            const answer = { status: response.statusCode ?? 0, headers: new Headers(pairs), text };
            resolve({ ...answer, body: json ? (JSON.parse(text) as unknown) : undefined });
          });
        });
        call.on('error', reject);
        call.end(payload);
      }),
  };
}
