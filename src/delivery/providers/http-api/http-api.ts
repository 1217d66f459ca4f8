import { isSuccess, type HttpAnswer, type SendMethod } from '../http-exchange.js';
import { idOf, isFields } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { outcomeWithoutAnswer, reasonOfStatus, rejected, state, unreachable } from '../outcomes.js';
import { ProviderApi } from '../provider-api.js';
import { type SurpriseListener } from '../redaction.js';
import { valueAt, type Pointer } from './pointer.js';
import { type Template, type UrlTemplate, type Values } from './template.js';

/** How an API is called, and what its answers mean: docs/providers/http-api.md. */
export interface HttpApiOptions {
  readonly url: UrlTemplate;
  readonly method: SendMethod;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** At most one of these two. */
  readonly json?: Template | undefined;
  readonly form?: Template | undefined;
  readonly successStatus: readonly number[];
  /** Where an answer says whether it accepts, and what it says then; both or neither. */
  readonly successField?: Pointer | undefined;
  readonly successValue?: string | undefined;
  readonly idField?: Pointer | undefined;
  readonly errorField?: Pointer | undefined;
  /** Of the same host as `url`. */
  readonly stateUrl?: UrlTemplate | undefined;
  readonly channel: 'whatsapp' | 'sms';
  readonly onSurprise: SurpriseListener;
}

/** Shorter constants are words of the API rather than secrets, and would tear holes into what it says. */
const SHORTEST_SECRET = 6;

const NOTHING: Values = { number: '', e164: '', text: '', shortText: '' };

/** An API that sends messages by one HTTP request each, as the settings describe it. */
export class HttpApiProvider implements MessageProvider {
  readonly name = 'http-api';
  readonly onWhatsApp: boolean;
  readonly sendsReceipts = false;
  /** No files. */
  readonly mediaKinds = [];
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print what it holds.
  readonly #api: ProviderApi;
  readonly #options: HttpApiOptions;

  constructor(options: HttpApiOptions) {
    const { url, headers = {}, json, onSurprise, channel } = options;
    this.#api = new ProviderApi({
      provider: this.name,
      baseUrl: url.origin,
      headers: { ...(json && { 'Content-Type': 'application/json' }), ...headers },
      secrets: secretsOf(options),
      onSurprise,
    });
    this.#options = options;
    this.onWhatsApp = channel === 'whatsapp';
  }

  /** Makes the one request; nothing of the message reaches the host that it goes to. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const { url, method, json, form } = this.#options;
    const values = valuesOf(message);
    const body = (json ?? form)?.fill(values) ?? (method === 'GET' ? undefined : '');
    const answer = await this.#api.send(method, url.fill(values), body, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : outcomeWithoutAnswer(answer);
  }

  /** Nobody knows what such an API says of itself: it is asked for a status, or not at all. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const { stateUrl } = this.#options;
    if (!stateUrl) return state('connected', 'not asked');
    const answer = await this.#api.get(stateUrl.fill(NOTHING), signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    if (isSuccess(answer)) return state('connected', `HTTP ${answer.status}`);
    const isRefused = answer.status === 401 || answer.status === 403;
    return state(isRefused ? 'disconnected' : 'unreachable', `HTTP ${answer.status}`);
  }

  /** docs/providers/http-api.md#what-an-answer-means */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { successStatus, successField } = this.#options;
    const { status, retryAfter: wait } = answer;
    const document = parsed(answer.text);
    const accepts = this.#accepts(document);
    if (successStatus.includes(status) && accepts === true) return this.#accepted(status, document);
    // Another status of success, or a body that does not say no. A refusal that claims success cannot be believed either way.
    const mayBeSent = isSuccess(answer) ? accepts !== false : accepts === true && successField !== undefined;
    if (mayBeSent || (status >= 300 && status < 400)) this.#surprise(status, document);
    if (mayBeSent) return { kind: 'unknown', cause: 'bad-body' };
    const reason = isSuccess(answer) ? 'unclassified' : reasonOf(status);
    return rejected(reason, { status, words: this.#words(document, message), wait });
  }

  #accepted(status: number, document: unknown): SendOutcome {
    const { idField } = this.#options;
    const id = idField ? idOf(valueAt(document, idField)) : null;
    if (idField && id === null) this.#surprise(status, document);
    return { kind: 'accepted', providerMessageId: id };
  }

  /** Whether the body accepts; true where only the status says so, undefined where it does not say what it should. */
  #accepts(document: unknown): boolean | undefined {
    const { successField, successValue } = this.#options;
    if (!successField) return true;
    const said = valueAt(document, successField);
    if (typeof said !== 'string' && typeof said !== 'number' && typeof said !== 'boolean') return undefined;
    return String(said) === successValue;
  }

  #words(document: unknown, message: OutgoingMessage): string | undefined {
    const { errorField } = this.#options;
    return errorField && this.#api.clean(valueAt(document, errorField), message);
  }

  #surprise(status: number, document: unknown): void {
    this.#api.surprise('send', status, isFields(document) ? document : undefined);
  }
}

function valuesOf({ to, text, shortText }: OutgoingMessage): Values {
  const number = to.replace(/\D/g, '');
  // Half a surrogate pair, as a cut name may end with, would make encodeURIComponent throw.
  return { number, e164: `+${number}`, text: text.toWellFormed(), shortText: shortText.toWellFormed() };
}

function reasonOf(status: number): RejectionReason {
  return status === 402 ? 'provider-quota' : reasonOfStatus(status);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the operator wrote into headers, address and body, the longest first: nobody reads it, whatever is answered. */
function secretsOf({ url, headers = {}, json, form, stateUrl }: HttpApiOptions): string[] {
  const written = [url, json, form, stateUrl].flatMap((part) => part?.constants ?? []);
  const whole = [...Object.values(headers), ...written];
  return [...whole, ...whole.flatMap((each) => each.split(/\s+/))]
    .filter((each) => each.length >= SHORTEST_SECRET)
    .sort((a, b) => b.length - a.length);
}
