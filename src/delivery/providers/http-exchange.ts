import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { promisify } from 'node:util';
import { brotliDecompress, inflate, unzip } from 'node:zlib';
import type * as Library from 'axios';

/** A whole answer of a provider's API. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly text: string;
  /** Seconds that `Retry-After` asks for, at most a day. */
  readonly retryAfter: number | undefined;
}

/** How a message may be handed over. */
export type SendMethod = 'POST' | 'PUT' | 'GET';

/** A whole answer, or what is known when there is none; `not-sent` is certain, the others are not. */
export type HttpResult =
  HttpAnswer | { kind: 'not-sent'; code: string | undefined } | { kind: 'timeout' | 'reset' | 'bad-body' };

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Sockets whose connection, TLS included, was made; one that is not in here carried no byte of a request. */
const connected = new WeakSet<object>();

/**
 * One provider's API over HTTP: connections that are kept, answers of any status as text of at most 64 kB, no redirects
 * followed (they would carry the credentials along), and the one thing the ladder must know when there is no answer:
 * whether the request can have left.
 *
 * Messages are posted by node:http itself, since a login waits for each of them: 132 µs a call against axios's 226 (Node 24,
 * server included). Everything else is asked by axios, over the same connections; it is loaded with the first such question.
 */
export class HttpExchange {
  // Private in the language's own sense, so that neither a log nor an inspector can print the credentials in its headers.
  #client: Library.Axios | undefined;
  readonly #agent: HttpAgent;
  readonly #secure: boolean;
  readonly #headers: Record<string, string>;

  /**
   * @param baseUrl scheme and host of the calls to come, which decide how connections are made
   * @param headers for every call: credentials, and the content type where it is not form-urlencoded
   */
  constructor(baseUrl: string, headers: Record<string, string> = {}) {
    this.#secure = new URL(baseUrl).protocol === 'https:';
    this.#agent = keptAgent(this.#secure);
    this.#headers = { 'Accept-Encoding': 'identity', 'User-Agent': 'masuk', ...headers };
  }

  /** Posts a body once. Never throws. */
  post(url: string, body: string, signal: AbortSignal): Promise<HttpResult> {
    return this.send('POST', url, body, signal);
  }

  /**
   * Sends a message by another method, or without a body. Never throws.
   *
   * @param body undefined: none, as of a GET
   */
  send(method: SendMethod, url: string, body: string | undefined, signal: AbortSignal): Promise<HttpResult> {
    if (signal.aborted) return Promise.resolve({ kind: 'not-sent', code: 'ERR_CANCELED' });
    return new Promise((resolve) => {
      const headers = {
        Accept: 'application/json, text/plain, */*',
        ...(body !== undefined && { 'Content-Type': 'application/x-www-form-urlencoded' }),
        ...this.#headers,
        ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
      };
      const ask = this.#secure ? requestHttps : requestHttp;
      const request = ask(url, { method, agent: this.#agent, headers, signal });
      request.on('response', (response) => void readAnswer(response).then(resolve));
      request.on('error', (error) => resolve(resultWithoutAnswer(request, error)));
      request.end(body);
    });
  }

  /** Gets once. Never throws. */
  async get(url: string, signal: AbortSignal): Promise<HttpResult> {
    if (signal.aborted) return { kind: 'not-sent', code: 'ERR_CANCELED' };
    let axios: typeof Library | undefined;
    try {
      axios = await import('axios');
      this.#client ??= leanClient(axios, this.#agent, this.#headers);
      const response = await this.#client.request<string>({ method: 'get', url, signal });
      return {
        kind: 'answer',
        status: response.status,
        text: response.data,
        retryAfter: retryAfterOf(response.headers),
      };
    } catch (error) {
      // Read and dropped here: it holds the URL and the headers, and so every secret.
      return axios === undefined ? { kind: 'not-sent', code: undefined } : failure(axios, error);
    }
  }
}

/** Whether the status is one of success. */
export function isSuccess({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}

function keptAgent(secure: boolean): HttpAgent {
  // 60 s is what axios sets on every request: the same value here spares two system calls a send.
  // Idle sockets go before a usual server (5 s) closes them, as a request lost on a stale one is an unknown outcome.
  const options = { keepAlive: true, keepAliveMsecs: 60_000, timeout: 4_000 };
  return secure ? watched(new HttpsAgent(options), 'secureConnect') : watched(new HttpAgent(options), 'connect');
}

/** The class and not axios.create(), whose defaults (transforms, header tables, adapters) are merged on every call. */
function leanClient({ Axios }: typeof Library, agent: HttpAgent, headers: Record<string, string>): Library.Axios {
  return new Axios({
    adapter: 'http',
    httpAgent: agent,
    httpsAgent: agent,
    proxy: false,
    maxRedirects: 0,
    responseType: 'text',
    validateStatus: null,
    maxContentLength: MAX_ANSWER_BYTES,
    headers,
  });
}

/**
 * Reads an answer to its end, at most 64 kB of it, also once it is decompressed: some servers compress unasked. By its events,
 * as an iterator over the stream costs a login more than the rest of the reading.
 */
function readAnswer(response: IncomingMessage): Promise<HttpResult> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) {
        resolve({ kind: 'bad-body' });
        response.destroy();
      } else chunks.push(chunk);
    });
    response.on('end', () => resolve(wholeAnswer(response, Buffer.concat(chunks))));
    response.on('error', (error) => resolve(resultWithoutAnswer(response, error)));
  });
}

async function wholeAnswer(response: IncomingMessage, raw: Buffer): Promise<HttpResult> {
  const body = await decompressed(raw, response.headers['content-encoding']).catch(() => null);
  if (body === null) return { kind: 'bad-body' };
  return {
    kind: 'answer',
    status: response.statusCode ?? 0,
    text: body.toString(),
    retryAfter: retryAfterOf(response.headers),
  };
}

const DECOMPRESS: Record<string, (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(unzip),
  'x-gzip': promisify(unzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

async function decompressed(body: Buffer, encoding: string | undefined): Promise<Buffer> {
  const decompress = DECOMPRESS[encoding?.toLowerCase() ?? ''];
  return decompress && body.length > 0 ? decompress(body, { maxOutputLength: MAX_ANSWER_BYTES }) : body;
}

/** Notes each socket of the agent once it is connected, so that "certainly not sent" can be told later. */
function watched<T extends HttpAgent>(agent: T, event: 'connect' | 'secureConnect'): T {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = connect(options, callback);
    socket?.once(event, () => connected.add(socket));
    return socket;
  };
  return agent;
}

function failure({ isAxiosError, isCancel }: typeof Library, error: unknown): HttpResult {
  if (!isAxiosError(error)) return { kind: 'reset' };
  const request = error.request as { socket?: unknown } | undefined;
  const aborted = isCancel(error) || error.code === 'ETIMEDOUT';
  const tooLong = error.message.startsWith('maxContentLength');
  return judged(request?.socket, error.code ?? '', aborted, tooLong);
}

/** What is known of a post that got no answer, or not all of it. */
function resultWithoutAnswer(source: ClientRequest | IncomingMessage, error: unknown): HttpResult {
  const { name, code = '' } = error as NodeJS.ErrnoException;
  const aborted = name === 'AbortError';
  // As axios calls it.
  return judged(source.socket, aborted ? 'ERR_CANCELED' : code, aborted || code === 'ETIMEDOUT', false);
}

/** @param socket of the request, if there was one: without a connection nothing can have left */
function judged(socket: unknown, code: string, aborted: boolean, tooLong: boolean): HttpResult {
  if (typeof socket !== 'object' || socket === null || !connected.has(socket)) {
    return { kind: 'not-sent', code: /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined };
  }
  if (aborted) return { kind: 'timeout' };
  // No HTTP, no valid compression, or more than we read: there was an answer, but not a readable one.
  return { kind: tooLong || code.startsWith('HPE_') || code.startsWith('Z_') ? 'bad-body' : 'reset' };
}

function retryAfterOf({ 'retry-after': value, date }: Record<string, unknown>): number | undefined {
  return typeof value === 'string' ? retryAfterSeconds(value, date) : undefined;
}

/**
 * `Retry-After` (RFC 9110, 10.2.3) in whole seconds, at most a day; undefined when it is neither form. A date is meant by the
 * clock of its sender, which the answer's own `Date` tells.
 */
function retryAfterSeconds(value: string, date: unknown): number | undefined {
  const seconds = /^\s*\d+\s*$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - sentAt(date)) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);
}

/** The instant (ms) in an answer's `Date`; that of this machine where the sender has no clock (RFC 9110, 6.6.1). */
function sentAt(date: unknown): number {
  const time = typeof date === 'string' ? Date.parse(date) : Number.NaN;
  // eslint-disable-next-line no-restricted-properties -- the date is by the wall clock
  return Number.isNaN(time) ? Date.now() : time;
}
