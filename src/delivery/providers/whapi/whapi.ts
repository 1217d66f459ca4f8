import { type FilePlace } from '../../../platform/egress/open-file.js';
import { MEDIA_KINDS } from '../media-types.js';
import { isSuccess, type HttpAnswer } from '../http-exchange.js';
import { idOf, isFields, own, parseObject, type Fields } from '../json-fields.js';
import {
  DEVICE_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { rejected, state, outcomeWithoutAnswer, unreachable } from '../outcomes.js';
import { captionAndName } from '../outgoing-file.js';
import { ProviderApi } from '../provider-api.js';
import { reasonOfWords, type ReasonsByWords } from '../queue-answer.js';
import { type SurpriseListener } from '../redaction.js';

/** What the provider needs to know of its channel. */
export interface WhapiOptions {
  /** Scheme and host, for example `https://gate.whapi.cloud`. */
  baseUrl: string;
  /** The channel's token: whoever has it sends as this channel. */
  token: string;
  /** Whether the channel's webhook comes to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** What each status means when the words say no more: docs/wire/whapi.md#send. */
const REASON_BY_STATUS: Readonly<Record<number, RejectionReason>> = {
  400: 'content',
  401: 'provider-auth',
  402: 'provider-quota',
  403: 'recipient-blocked-by-policy',
  404: 'provider-auth',
  413: 'content',
  415: 'content',
  429: 'rate-limited-account',
};

/** Wordings that decide before the status does. Numeric codes are not documented and are not read. */
const REASONS: ReasonsByWords = [
  [/channel authorization/i, 'provider-disconnected'],
  [/trial version limit/i, 'provider-quota'],
  [/forbidden to send/i, 'recipient-blocked-by-policy'],
];

const STATES: Readonly<Record<string, DeviceState['state']>> = {
  AUTH: 'connected',
  QR: 'waiting-for-scan',
  NOT_INIT: 'disconnected',
  INIT: 'disconnected',
  LAUNCH: 'disconnected',
  ERROR: 'disconnected',
  SYNC_ERROR: 'disconnected',
};

/** Whapi.cloud (unofficial WhatsApp gateway) as a message provider: docs/wire/whapi.md. */
export class WhapiProvider implements MessageProvider {
  readonly name = 'whapi';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = DEVICE_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #api: ProviderApi;
  readonly #token: string;

  constructor({ baseUrl, token, hasWebhook, onSurprise }: WhapiOptions) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets: [token], onSurprise });
    this.#token = token;
    this.sendsReceipts = hasWebhook;
  }

  /** Sends one text or file; "accepted" means that Whapi has it, its fate comes by webhook. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const to = message.to.replace(/\D/g, '');
    const { media } = message;
    const content = media
      ? { media: media.url, ...captionAndName(media) }
      : { body: message.text.toWellFormed(), typing_time: 0, no_link_preview: true };
    const body = JSON.stringify({ to, ...content });
    const answer = await this.#api.post(`/messages/${media?.kind ?? 'text'}`, body, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : outcomeWithoutAnswer(answer);
  }

  /** Whapi hands a file out under its id for as long as it keeps it. */
  mediaPlace(id: string): Promise<FilePlace | 'gone'> {
    // The id comes from outside: it must not lead to another path.
    if (!/^(?!\.+$)[\w.-]{1,200}$/.test(id)) return Promise.resolve('gone');
    const headers = { authorization: `Bearer ${this.#token}` };
    return Promise.resolve({ url: this.#api.url(`/media/${id}`), headers, own: true });
  }

  /** Asks for the channel's link to WhatsApp, without waking a channel that sleeps. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.get('/health?wakeup=false&channel_type=web', signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    if (!isSuccess(answer)) return state('unreachable', `HTTP ${answer.status}`);
    const body = parseObject(answer.text);
    const word = this.#api.clean(own(own(body, 'status'), 'text'));
    const known = word === undefined ? undefined : STATES[word.toUpperCase()];
    if (known === undefined) this.#api.surprise('health', answer.status, body);
    if (word === undefined) return state('unreachable', 'bad-body');
    return state(known ?? 'disconnected', word);
  }

  /** docs/wire/whapi.md#send: only `sent` decides about success, words before the status about a refusal. */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter: wait } = answer;
    const body = parseObject(answer.text);
    const sent = own(body, 'sent');
    if (sent === true) return this.#readSent(answer, body);
    const error = own(body, 'error');
    const said = [own(error, 'message') ?? error, own(error, 'details')].filter((each) => typeof each === 'string');
    const words = this.#api.clean(said.join(': '), message);
    if (isSuccess(answer) && sent !== false && !isFields(error)) {
      this.#api.surprise('send', status, body);
      return { kind: 'unknown', cause: 'bad-body' };
    }
    const reasonGiven = this.#reason(answer, body, words);
    // Of a file, "not found" is what Whapi says of its address; a channel that is gone says so of texts, too.
    const reason = message.media && status === 404 ? 'content' : reasonGiven;
    return rejected(reason, { status, words, ...(reason !== 'provider-auth' && { wait }) });
  }

  #readSent(answer: HttpAnswer, body: Fields | undefined): SendOutcome {
    const id = idOf(own(own(body, 'message'), 'id'));
    if (!isSuccess(answer) || id === null) this.#api.surprise('send', answer.status, body);
    // A refusal that also claims success cannot be believed either way.
    if (!isSuccess(answer)) return { kind: 'unknown', cause: 'bad-body' };
    return { kind: 'accepted', providerMessageId: id };
  }

  #reason(answer: HttpAnswer, body: Fields | undefined, words = ''): RejectionReason {
    const known = reasonOfWords(words, REASONS);
    if (known !== undefined) return known;
    if (answer.status >= 500) return 'provider-unavailable';
    // A page and no JSON is somebody in between, who knows nothing of recipients.
    if (body === undefined && answer.status === 403) return 'provider-auth';
    if (answer.status === 400 && namesRecipient(words)) return 'recipient-invalid';
    const reason = REASON_BY_STATUS[answer.status];
    if (reason !== undefined) return reason;
    if (!isSuccess(answer)) this.#api.surprise('send', answer.status, body);
    return answer.status >= 300 && answer.status < 400 ? 'provider-unavailable' : 'unclassified';
  }
}

/** Whether a complaint about our request is about its recipient: `to` as a path or a quoted name, not the preposition. */
function namesRecipient(words: string): boolean {
  return /(?:^|[/."'`[]|: )to(?=["'`\]:]|\s+(?:must|should|is|does|has|field|parameter))/i.test(words);
}
