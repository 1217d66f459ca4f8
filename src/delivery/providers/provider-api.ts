import { HttpExchange, type HttpResult, type SendMethod } from './http-exchange.js';
import { type Fields } from './json-fields.js';
import { type OutgoingMessage } from './message-provider.js';
import { keyNames, redacted, type SurpriseListener } from './redaction.js';

/** What has to be known of a provider's API to speak with it. */
export interface ProviderApiOptions {
  /** The provider's name, for the log. */
  readonly provider: string;
  /** Scheme and host, with or without a slash at its end, for example `https://gate.whapi.cloud`. */
  readonly baseUrl: string;
  /** For every call: credentials, and the content type where it is not form-urlencoded. */
  readonly headers?: Record<string, string>;
  /** What nobody may read, whatever the provider answers. */
  readonly secrets: readonly string[];
  readonly onSurprise: SurpriseListener;
}

/** A provider's API: how it is called, and what may be said of its answers. */
export class ProviderApi {
  // Private in the language's own sense, so that neither a log nor an inspector can print the credentials.
  readonly #base: string;
  readonly #exchange: HttpExchange;
  readonly #provider: string;
  readonly #secrets: readonly string[];
  readonly #onSurprise: SurpriseListener;

  constructor({ provider, baseUrl, headers, secrets, onSurprise }: ProviderApiOptions) {
    this.#base = baseUrl.replace(/\/+$/, '');
    this.#exchange = new HttpExchange(this.#base, headers);
    this.#provider = provider;
    this.#secrets = secrets;
    this.#onSurprise = onSurprise;
  }

  /** The address of a path. */
  url(path: string): string {
    return `${this.#base}${path}`;
  }

  /** Posts a body once. Never throws. */
  post(path: string, body: string, signal: AbortSignal): Promise<HttpResult> {
    return this.#exchange.post(this.url(path), body, signal);
  }

  /** Sends a message by another method, or without a body. Never throws. */
  send(method: SendMethod, path: string, body: string | undefined, signal: AbortSignal): Promise<HttpResult> {
    return this.#exchange.send(method, this.url(path), body, signal);
  }

  /** Gets once. Never throws. */
  get(path: string, signal: AbortSignal): Promise<HttpResult> {
    return this.#exchange.get(this.url(path), signal);
  }

  /** Reports an answer outside the shapes that are known. @param call what was asked for, for example `send` */
  surprise(call: string, httpStatus: number, body: Fields | undefined): void {
    this.#onSurprise({ provider: this.#provider, call, keys: keyNames(body, this.#secrets), httpStatus });
  }

  /** The provider's words without secrets and without what was sent; undefined when none are left. */
  clean(words: unknown, sent?: OutgoingMessage): string | undefined {
    return redacted(words, [
      ...this.#secrets,
      sent?.media?.caption ?? undefined,
      sent?.text,
      sent?.shortText,
      sent?.code,
    ]);
  }
}
