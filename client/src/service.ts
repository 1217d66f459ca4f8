import { pause, withDeadline } from './deadline.js';
import { type Language, MasukError, ownError } from './masuk-error.js';
import { absoluteBase } from './origin.js';
import { ServiceClock } from './clock.js';

export type Fetch = typeof globalThis.fetch;

/** How the service is reached. */
export interface Wire {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  /** Milliseconds an answer may take. */
  readonly timeout: number;
  readonly language: Language | undefined;
  readonly credentials: 'omit' | 'same-origin';
}

export interface Call<Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: object;
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
  /** Whether the body of a success has what it must; a captive portal's `{"success":true}` has not. */
  readonly holds?: (body: Partial<Body>) => boolean;
}

const RETRIES = 2;
/** Milliseconds that all waiting between tries may add up to. */
const PATIENCE = 6_000;

/** Sends calls to the service and reads its answers. Knows no tokens. */
export class Service {
  readonly clock = new ServiceClock();

  constructor(private readonly wire: Wire) {}

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
  async call<Body>(call: Call<Body>): Promise<Body> {
    let waited = 0;
    for (let retry = 0; ; retry += 1) {
      try {
        return await this.once(call);
      } catch (error) {
        const wait = retry < RETRIES && error instanceof MasukError ? waitFor(error, call, retry) : null;
        if (wait === null || waited + wait > PATIENCE) throw error;
        waited += wait;
        await pause(wait, call.signal);
      }
    }
  }

  private async once<Body>(call: Call<Body>): Promise<Body> {
    const timeout = Math.min(call.timeout ?? this.wire.timeout, this.wire.timeout);
    const url = this.baseUrl + call.path;
    const late = () => ownError('timeout', this.language);
    return withDeadline(timeout, call.signal, late, async (signal) => {
      const sentAt = Date.now();
      let response: Response;
      let text: string;
      try {
        response = await this.wire.fetch(url, { ...this.requestOf(call), signal });
        if (!call.cached) this.clock.learn(response.headers.get('date'), sentAt);
        text = await response.text();
      } catch (cause) {
        throw ownError('network_error', this.language, { cause });
      }
      return this.read(response, text, call.holds);
    });
  }

  private requestOf(call: Pick<Call, 'method' | 'headers' | 'body'>) {
    const { language, credentials } = this.wire;
    return {
      method: call.method,
      headers: {
        accept: 'application/json',
        ...(language && { 'accept-language': language }),
        ...(call.body && { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body && { body: JSON.stringify(call.body) }),
      credentials,
      // The service never redirects; whoever does would be handed codes, passwords and tokens.
      redirect: 'error' as const,
    };
  }

  private read<Body>(response: Response, text: string, holds: Call<Body>['holds']): Body {
    const { status, headers } = response;
    const body = parsed(text);
    const requestId = headers.get('x-request-id');
    const retryAfter = secondsOf(headers.get('retry-after'));
    if (response.ok && body?.['success'] === true && holds?.(body as Partial<Body>) !== false) return body as Body;
    const { code, message, details } = body ?? {};
    if (body?.['success'] === false && typeof code === 'string' && typeof message === 'string') {
      throw new MasukError({ code, status, message, details, retryAfter, requestId });
    }
    throw ownError('unexpected_answer', this.language, { status, retryAfter, requestId });
  }
}

function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function secondsOf(retryAfter: string | null): number | null {
  return retryAfter !== null && /^\d{1,9}$/.test(retryAfter) ? Number(retryAfter) : null;
}

/** Milliseconds to wait before the same call may be sent again; null when it may not. */
function waitFor(error: MasukError, call: Pick<Call, 'again'>, retry: number): number | null {
  if (!call.again) return null;
  // The service has asked its providers again and again before it says this; a further message would only cost.
  if (error.code === 'whatsapp_unavailable') return null;
  const backOff = 300 * 2 ** retry * (0.5 + Math.random());
  if (error.status === 503 && error.retryAfter !== null) return error.retryAfter * 1000 + backOff;
  if (error.code === 'network_error') return backOff;
  const unknown = error.code === 'timeout' || error.code === 'unexpected_answer' || error.status >= 500;
  return call.again === 'lost' && unknown ? backOff : null;
}
