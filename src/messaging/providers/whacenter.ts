import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { Axios, isAxiosError, isCancel } from 'axios';
import type {
  DeviceState,
  MessageProvider,
  OutgoingMessage,
  RejectionReason,
  SendOutcome,
} from './message-provider.js';

/** An answer outside the shapes that are known of Whacenter: key names and status only, never values. */
export interface WhacenterSurprise {
  provider: 'whacenter';
  call: 'send' | 'statusDevice';
  /** Key names of the answer, those of `data` as `data.<name>`; empty when it was no JSON object. */
  keys: string[];
  httpStatus: number;
}

/** What the provider needs to know of its device. */
export interface WhacenterOptions {
  /** Scheme and host, with or without a trailing slash, for example `https://app.whacenter.com`. */
  baseUrl: string;
  /** The device's only credential; its form differs between the two hosts and is not checked. */
  deviceId: string;
  onSurprise: (surprise: WhacenterSurprise) => void;
}

type Fields = Record<string, unknown>;
/** A whole answer, or what is known when there is none; `not-sent` is certain, the others are not. */
type Answer =
  | { kind: 'answer'; status: number; text: string; retryAfter: string | undefined }
  | { kind: 'not-sent'; code: string | undefined }
  | { kind: 'timeout' | 'reset' | 'bad-body' };

const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_TEXT = 200;
const MAX_RETRY_AFTER_SECONDS = 86_400;

/** Sockets whose connection, TLS included, was made; one that is not in here carried no byte of a request. */
const connected = new WeakSet<object>();

/**
 * Whacenter (unofficial WhatsApp gateway) as a message provider. Its contract, and where each rule comes from:
 * the providers' document, section 1.
 * Errors come as HTTP 200, and JSON as `text/html`, so the body decides before the headers do.
 */
export class WhacenterProvider implements MessageProvider {
  readonly name = 'whacenter';
  readonly reachesPhones = true;
  readonly sendsReceipts = false;

  // Private in the language's own sense, so that neither a log nor an inspector can print the device id.
  readonly #client: Axios;
  readonly #sendUrl: string;
  readonly #statusUrl: string;
  readonly #formStart: string;
  readonly #deviceId: string;
  readonly #onSurprise: WhacenterOptions['onSurprise'];

  constructor(options: WhacenterOptions) {
    const base = options.baseUrl.replace(/\/+$/, '');
    const deviceId = encodeURIComponent(options.deviceId);
    this.#client = leanClient(new URL(base).protocol === 'https:');
    this.#sendUrl = `${base}/api/send`;
    this.#statusUrl = `${base}/api/statusDevice?device_id=${deviceId}`;
    this.#formStart = `device_id=${deviceId}&number=`;
    this.#deviceId = options.deviceId;
    this.#onSurprise = options.onSurprise;
  }

  /** Posts one text; "accepted" means queued at Whacenter, which checks no number and tells nothing afterwards. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const answer = await this.#call('post', this.#sendUrl, signal, this.#form(message));
    if (answer.kind === 'not-sent') return rejected('provider-unavailable', undefined, answer.code);
    if (answer.kind !== 'answer') return { kind: 'unknown', cause: answer.kind };
    return this.#read(answer, message);
  }

  /** Asks for the link of the device to WhatsApp; `text` is Whacenter's wording, or why there was none. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#call('get', this.#statusUrl, signal);
    if (answer.kind !== 'answer') {
      return { state: 'unreachable', text: (answer.kind === 'not-sent' && answer.code) || answer.kind };
    }
    if (!isSuccess(answer.status)) return { state: 'unreachable', text: `HTTP ${answer.status}` };
    return this.#readState(answer.status, parseObject(answer.text));
  }

  #readState(httpStatus: number, body: Fields | undefined): DeviceState {
    const said = truth(field(body, 'status'));
    if (said.value === false) {
      if (said.odd) this.#surprise('statusDevice', httpStatus, body);
      const text = this.#clean(field(body, 'message'));
      return { state: 'disconnected', ...(text && { text }) };
    }
    const inner = field(field(body, 'data'), 'status');
    const link = typeof inner === 'string' ? inner.trim().toUpperCase() : undefined;
    if (said.odd || (link !== 'CONNECTED' && link !== 'NOT CONNECTED')) {
      this.#surprise('statusDevice', httpStatus, body);
    }
    if (link === undefined) return { state: 'unreachable', text: 'bad-body' };
    const text = this.#clean(inner);
    return { state: link === 'CONNECTED' ? 'connected' : 'disconnected', ...(text && { text }) };
  }

  /** The decision table of the providers' document, section 1.1, row by row. */
  #read(answer: Extract<Answer, { kind: 'answer' }>, message: OutgoingMessage): SendOutcome {
    const { status } = answer;
    const body = parseObject(answer.text);
    if (isSuccess(status)) return this.#readSuccess(status, body, message);
    const words = this.#clean(field(body, 'message'), message);
    const wait = retryAfterSeconds(answer.retryAfter, Date.now());
    if (status >= 500) return rejected('provider-unavailable', status, words, wait);
    if (status === 401 || status === 403 || status === 404) return rejected('provider-auth', status, words);
    if (status === 429) return rejected('rate-limited-account', status, words, wait);
    this.#surprise('send', status, body);
    if (status < 400) return rejected('provider-unavailable', status, words);
    // A refusal that also claims success cannot be believed either way.
    if (truth(field(body, 'status')).value === true) return { kind: 'unknown', cause: 'bad-body' };
    return rejected(refusal(words), status, words);
  }

  #readSuccess(httpStatus: number, body: Fields | undefined, message: OutgoingMessage): SendOutcome {
    const said = truth(field(body, 'status'));
    const id = said.value === true ? messageId(field(body, 'data')) : null;
    if (said.odd || (said.value === true && id === null)) {
      this.#surprise('send', httpStatus, body);
    }
    if (said.value === true) return { kind: 'accepted', providerMessageId: id };
    if (said.value === undefined) return { kind: 'unknown', cause: 'bad-body' };
    const words = this.#clean(field(body, 'message'), message);
    return rejected(refusal(words), httpStatus, words);
  }

  #form(message: OutgoingMessage): string {
    // Half a surrogate pair, as a cut name may end with, would make encodeURIComponent throw.
    const text = encodeURIComponent(message.text.toWellFormed());
    return `${this.#formStart}${message.to.replace(/\D/g, '')}&message=${text}`;
  }

  /** One call. The axios error is read and dropped here: it holds the URL and the body, and so the device id. */
  async #call(method: 'get' | 'post', url: string, signal: AbortSignal, data?: string): Promise<Answer> {
    if (signal.aborted) return { kind: 'not-sent', code: 'ERR_CANCELED' };
    try {
      const response = await this.#client.request<string>({ method, url, signal, data });
      const retryAfter: unknown = response.headers['retry-after'];
      return {
        kind: 'answer',
        status: response.status,
        text: response.data,
        retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
      };
    } catch (error) {
      return failure(error);
    }
  }

  #surprise(call: WhacenterSurprise['call'], httpStatus: number, body: Fields | undefined): void {
    const data = field(body, 'data');
    const names = [...Object.keys(body ?? {}), ...Object.keys(isFields(data) ? data : {}).map((key) => `data.${key}`)];
    const keys = names.slice(0, 20).map((key) => (this.#clean(key) ?? '').slice(0, 40));
    this.#onSurprise({ provider: 'whacenter', call, keys, httpStatus });
  }

  /** The provider's words without device ids, URLs, numbers or what we sent; at most 200 characters. */
  #clean(words: unknown, sent?: OutgoingMessage): string | undefined {
    if (typeof words !== 'string') return undefined;
    let text = words;
    for (const secret of [this.#deviceId, sent?.text, sent?.code]) {
      if (secret) text = text.replaceAll(secret, '…');
    }
    text = text
      .replace(/\p{Cf}+/gu, '')
      .replace(/\b[a-z][a-z0-9+.-]{0,20}:\/\/\S*|\bwww\.\S*/gi, '…')
      .replace(/[0-9a-f-]{16,}/gi, '…')
      .replace(/\d(?:[ ().-]{0,3}\d){5,}/g, '…')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .trim();
    return text === '' ? undefined : text.slice(0, MAX_TEXT).toWellFormed();
  }
}

/** The leanest plain axios: half the CPU of the default instance (70 µs a call against 130, measured on Node 24). */
function leanClient(secure: boolean): Axios {
  // 60 s is what axios sets on every request: the same value here spares two system calls a send.
  // Idle sockets go before a usual server (5 s) closes them, as a request lost on a stale one is an unknown outcome.
  const options = { keepAlive: true, keepAliveMsecs: 60_000, timeout: 4_000 };
  const agent = secure ? watched(new HttpsAgent(options), 'secureConnect') : watched(new HttpAgent(options), 'connect');
  // The class and not axios.create(), whose defaults (transforms, header tables, adapters) are merged on every call.
  return new Axios({
    adapter: 'http',
    httpAgent: agent,
    httpsAgent: agent,
    proxy: false,
    maxRedirects: 0,
    responseType: 'text',
    validateStatus: null,
    maxContentLength: MAX_ANSWER_BYTES,
    // The content type of a POST is form-urlencoded by itself.
    headers: { 'Accept-Encoding': 'identity', 'User-Agent': 'masuk' },
  });
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

function failure(error: unknown): Answer {
  if (!isAxiosError(error)) return { kind: 'reset' };
  const code = error.code ?? '';
  const socket: unknown = (error.request as { socket?: unknown } | undefined)?.socket;
  if (typeof socket === 'object' && socket !== null && !connected.has(socket)) {
    return { kind: 'not-sent', code: /^[A-Z0-9_]{1,60}$/.test(code) ? code : undefined };
  }
  if (isCancel(error) || code === 'ETIMEDOUT') return { kind: 'timeout' };
  // No HTTP, no valid compression, or more than we read: there was an answer, but not a readable one.
  const unreadable = code.startsWith('HPE_') || code.startsWith('Z_') || error.message.startsWith('maxContentLength');
  return { kind: unreadable ? 'bad-body' : 'reset' };
}

function isSuccess(httpStatus: number): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A field by its name in lower case, whatever the case in the answer; the exact spelling goes first. */
function field(value: unknown, name: string): unknown {
  if (!isFields(value)) return undefined;
  const key = Object.hasOwn(value, name) ? name : Object.keys(value).find((each) => each.toLowerCase() === name);
  return key === undefined ? undefined : value[key];
}

/** The outer `status`: only the two booleans are the contract, the rest is believed but odd, or says nothing. */
function truth(status: unknown): { value: boolean | undefined; odd: boolean } {
  if (typeof status === 'boolean') return { value: status, odd: false };
  const word = String(status).toLowerCase();
  if (word === 'true' || word === '1' || word === 'success') return { value: true, odd: true };
  if (word === 'false' || word === '0' || word === 'error' || word === 'failed') return { value: false, odd: true };
  return { value: undefined, odd: true };
}

function messageId(data: unknown): string | null {
  const id = field(data, 'id') ?? field(data, 'message_id');
  if (typeof id !== 'number' && typeof id !== 'string') return null;
  // What the database cannot hold (a NUL) must not come back as a failed write.
  return (
    String(id)
      .replace(/[^\x20-\x7e]/g, '')
      .slice(0, MAX_TEXT) || null
  );
}

function refusal(words: string | undefined): RejectionReason {
  return /not connected|not found|disconnect/i.test(words ?? '') ? 'provider-disconnected' : 'unclassified';
}

function rejected(reason: RejectionReason, status?: number, words?: string, wait?: number): SendOutcome {
  return {
    kind: 'rejected',
    reason,
    ...(status !== undefined && { httpStatus: status }),
    ...(words !== undefined && { providerText: words }),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  };
}

/** `Retry-After` (RFC 9110, 10.2.3) in whole seconds from `now` (ms), at most a day; undefined when it is neither form. */
function retryAfterSeconds(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\s*\d+\s*$/.test(value) ? Number(value) : Math.ceil((Date.parse(value) - now) / 1000);
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS);
}
