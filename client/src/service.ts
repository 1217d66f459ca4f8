import type { Answer, Method, Path, RequestBody } from './api.js';
import { ServiceClock } from './clock.js';
import { pause, withDeadline } from './deadline.js';
import { type Language, MasukError, ownError } from './masuk-error.js';
import { absoluteBase } from './origin.js';

/** The platform's `fetch`, without what some platforms hang onto the function. */
export type Fetch = (...call: Parameters<typeof globalThis.fetch>) => ReturnType<typeof globalThis.fetch>;

/** How the service is reached. */
export interface Wire {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  /** Milliseconds an answer may take. */
  readonly timeout: number;
  readonly language: Language | undefined;
  readonly credentials: 'omit' | 'same-origin';
}

/** How a call is made, whatever it asks. */
export interface Manner {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, when it may take less than the wire's. */
  readonly timeout?: number;
  /**
   * What may be done twice: `refused` after a network error or a 503 that asks for patience; `lost` also whenever the
   * answer cannot be known. Default: nothing.
   */
  readonly again?: 'refused' | 'lost';
  /** The answer may come out of a cache, and its `Date` be old. */
  readonly cached?: boolean;
}

export interface Call<M extends Method, P extends Path> extends Manner {
  readonly method: M;
  readonly path: P;
  /** Takes the place of `{id}` in the path. */
  readonly id?: string;
  readonly body?: RequestBody<M, P>;
  /** Fields that the `data` of a success from the service always has: a captive portal can say `success` too. */
  readonly needs?: readonly string[];
}

const RETRIES = 2;
/** Milliseconds that all waiting between tries may add up to. */
const PATIENCE = 6_000;

/** Sends calls to the service and reads its answers. Knows no tokens. */
export class Service {
  readonly clock = new ServiceClock();

  constructor(private readonly wire: Wire) {}

  /** @throws TypeError where the address is not absolute and there is no page that it could belong to */
  get baseUrl(): string {
    return absoluteBase(this.wire.baseUrl);
  }

  get language(): Language {
    return this.wire.language ?? 'id';
  }

  /**
   * @returns the whole body of a success
   * @throws MasukError for every failure; the reason of the caller's signal when that was aborted
   */
  async call<M extends Method, P extends Path>(call: Call<M, P>): Promise<Answer<M, P>> {
    let waited = 0;
    for (let retry = 0; ; retry += 1) {
      try {
        return (await this.once(call)) as Answer<M, P>;
      } catch (error) {
        const wait = retry < RETRIES && error instanceof MasukError ? waitFor(error, call, retry) : null;
        if (wait === null || waited + wait > PATIENCE) throw error;
        waited += wait;
        await pause(wait, call.signal);
      }
    }
  }

  private async once<M extends Method, P extends Path>(call: Call<M, P>): Promise<unknown> {
    const timeout = Math.min(call.timeout ?? this.wire.timeout, this.wire.timeout);
    const url = this.baseUrl + call.path.replace('{id}', encodeURIComponent(call.id ?? ''));
    const late = () => ownError('timeout', this.language);
    return withDeadline(timeout, call.signal, late, async (signal) => {
      const sentAt = Date.now();
      let response: Response;
      let text: string;
      try {
        response = await this.wire.fetch(url, { ...this.requestOf(call.method, call.body, call.headers), signal });
        if (!call.cached) this.clock.learn(response.headers.get('date'), sentAt);
        text = await response.text();
      } catch (cause) {
        throw ownError('network_error', this.language, { cause });
      }
      return this.read(response, text, call.needs);
    });
  }

  private requestOf(method: Method, body: unknown, headers: Record<string, string> | undefined) {
    const { language, credentials } = this.wire;
    return {
      method,
      headers: {
        accept: 'application/json',
        ...(language && { 'accept-language': language }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      credentials,
      // The service never redirects; whoever does would be handed codes, passwords and tokens.
      redirect: 'error' as const,
    };
  }

  private read(response: Response, text: string, needs: readonly string[] | undefined): unknown {
    const { status, headers } = response;
    const body = objectIn(text);
    const requestId = headers.get('x-request-id');
    const retryAfter = secondsOf(headers.get('retry-after'));
    if (response.ok && body['success'] === true && hasAll(body['data'], needs)) return body;
    const { code, message, details } = body;
    if (body['success'] === false && typeof code === 'string' && typeof message === 'string') {
      throw new MasukError({ code, status, message, details, retryAfter, requestId });
    }
    throw ownError('unexpected_answer', this.language, { status, retryAfter, requestId });
  }
}

/** The object that a text is the JSON of; an empty one for any other text, such as a proxy's page. */
function objectIn(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function hasAll(data: unknown, needs: readonly string[] | undefined): boolean {
  if (!needs) return true;
  const fields = (typeof data === 'object' && data !== null ? data : null) as Record<string, unknown> | null;
  return fields !== null && needs.every((name) => fields[name] != null);
}

function secondsOf(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null;
}

/** Milliseconds to wait before the same call may be sent again; null when it may not. */
function waitFor(error: MasukError, { again }: Manner, retry: number): number | null {
  if (!again) return null;
  // The service has asked its providers again and again before it says this; a further try would only delay the user.
  if (error.code === 'whatsapp_unavailable') return null;
  // Half of it by chance, so that devices that lost the network together do not come back together.
  const backOff = 300 * 2 ** retry * (0.5 + Math.random());
  if (error.status === 503 && error.retryAfter !== null) return error.retryAfter * 1000 + backOff;
  if (error.code === 'network_error') return backOff;
  const isUnknown = error.code === 'timeout' || error.code === 'unexpected_answer' || error.status >= 500;
  return again === 'lost' && isUnknown ? backOff : null;
}
