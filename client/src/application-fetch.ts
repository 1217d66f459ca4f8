import { ownError } from './masuk-error.js';
import { originOf } from './origin.js';
import type { Refresher } from './refresher.js';
import type { Fetch, Service } from './service.js';
import type { Tokens } from './tokens.js';

type Input = Parameters<Fetch>[0];
type Init = NonNullable<Parameters<Fetch>[1]>;

/** The application's own calls, with the token; to the service's origin and to those that were named, nowhere else. */
export class ApplicationFetch {
  private readonly origins: readonly string[];

  /** @throws TypeError when one of `origins` is not an origin */
  constructor(
    private readonly service: Service,
    private readonly refresher: Refresher | null,
    private readonly platformFetch: Fetch,
    origins: readonly string[],
  ) {
    this.origins = origins.map((origin) => {
      const exact = originOf(origin);
      if (exact === null) throw new TypeError('origins must be like https://api.example.org');
      return exact;
    });
  }

  /**
   * Like the platform's `fetch`. A 401 is answered by one refresh, for all calls that meet it, and one repetition.
   *
   * @param input a path of `baseUrl` (`/api/…`), or an absolute address of an allowed origin
   * @returns the answer, whatever its status; a 401 that stays one is for the caller
   * @throws MasukError `origin_refused` before anything is sent
   */
  async send(input: Input, init: Init = {}): Promise<Response> {
    const target = this.targetOf(input);
    if (!this.refresher) return this.once(target, init, null);
    const tokens = await this.refresher.current().catch(unlessOver);
    const response = await this.once(target, init, tokens);
    if (response.status !== 401 || tokens === null || isStream(init.body)) return response;
    const replacement = await this.refresher.replacementFor(tokens).catch(unlessOver);
    if (replacement === null) return response;
    // Frees the connection; React Native's answers have no stream to cancel.
    void response.body?.cancel().catch(() => undefined);
    return this.once(target, init, replacement);
  }

  private async once(target: string | Request, init: Init, tokens: Tokens | null): Promise<Response> {
    const isRequest = typeof target !== 'string';
    const headers = new Headers(init.headers ?? (isRequest ? target.headers : undefined));
    if (tokens !== null) headers.set('authorization', `Bearer ${tokens.token}`);
    // A request says itself what else goes along. Its clone is sent, because a body can be read only once.
    if (isRequest) return this.platformFetch(target.clone(), { ...init, headers });
    const credentials = this.refresher ? ('omit' as const) : ('same-origin' as const);
    return this.platformFetch(target, { credentials, ...init, headers });
  }

  private targetOf(input: Input): string | Request {
    const address = typeof input === 'object' && 'url' in input ? input.url : String(input);
    const isPath = /^\/(?![/\\])/.test(address);
    const absolute = isPath ? this.service.baseUrl + address : address;
    const origin = originOf(absolute);
    if (origin === null || !(origin === originOf(this.service.baseUrl) || this.origins.includes(origin))) {
      throw ownError('origin_refused', this.service.language);
    }
    return typeof input === 'object' && 'url' in input ? input : absolute;
  }
}

/** A session that is over is not an error here: the call goes without a token, and its answer says so. */
function unlessOver(error: unknown): null {
  if ((error as { status?: number }).status === 401) return null;
  throw error;
}

/** A body that can be read only once. */
function isStream(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('getReader' in body || Symbol.asyncIterator in body);
}
