import { MEDIA_KINDS } from '../media-types.js';
import { isSuccess } from '../http-exchange.js';
import { field, firstOf, parseObject } from '../json-fields.js';
import {
  DEVICE_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMedia,
  type OutgoingMessage,
  type SendOutcome,
} from '../message-provider.js';
import { outcomeWithoutAnswer, state, unreachable } from '../outcomes.js';
import { ProviderApi } from '../provider-api.js';
import { readQueueAnswer, type QueueAnswer } from '../queue-answer.js';
import { type SurpriseListener } from '../redaction.js';
import { saidTruth } from '../said-truth.js';
import { REASONS } from './reasons.js';

/** What the provider needs to know of its device. */
export interface WablasOptions {
  /** Scheme and host of the account's own server, for example `https://solo.wablas.com`. */
  baseUrl: string;
  /** The device's token: with the secret key, whoever has it sends as this device. */
  token: string;
  /** Older devices have none. */
  secretKey: string | undefined;
  /** Whether the device's webhooks come to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** docs/wire/wablas.md#send */
const ANSWER: QueueAnswer = {
  idOf: (body) => field(firstMessage(field(body, 'data')), 'id'),
  wordsOf: (body) => field(body, 'message'),
  reasons: REASONS,
};

/**
 * Wablas (unofficial WhatsApp gateway) as a message provider. Its wire format and the sources of each rule:
 * docs/wire/wablas.md. The same refusal comes with different statuses, so the words decide first.
 */
export class WablasProvider implements MessageProvider {
  readonly name = 'wablas';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = DEVICE_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #api: ProviderApi;
  readonly #statePath: string;

  constructor({ baseUrl, token, secretKey, hasWebhook, onSurprise }: WablasOptions) {
    const credential = secretKey === undefined ? token : `${token}.${secretKey}`;
    const secrets = [credential, token, ...(secretKey === undefined ? [] : [secretKey])];
    const headers = { Authorization: credential };
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets, onSurprise });
    this.#statePath = `/api/device/info?token=${encodeURIComponent(token)}`;
    this.sendsReceipts = hasWebhook;
  }

  /** Posts one text or file; "accepted" means queued at Wablas, its fate comes by webhook. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const path = `/api/send-${message.media?.kind ?? 'message'}`;
    const answer = await this.#api.post(path, formOf(message), signal);
    return answer.kind === 'answer'
      ? readQueueAnswer(this.#api, answer, message, ANSWER)
      : outcomeWithoutAnswer(answer);
  }

  /** Asks for the device, which says whether it is linked to WhatsApp. This call alone has the token in its address. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.get(this.#statePath, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    const body = parseObject(answer.text);
    if (saidTruth(field(body, 'status')).value === false)
      return state('disconnected', this.#api.clean(field(body, 'message')));
    if (!isSuccess(answer)) return state('unreachable', `HTTP ${answer.status}`);
    const word = this.#api.clean(field(field(body, 'data'), 'status'));
    const link = word?.toLowerCase();
    if (link !== 'connected' && link !== 'disconnected') this.#api.surprise('device', answer.status, body);
    if (word === undefined) return state('unreachable', 'bad-body');
    return state(link === 'connected' ? 'connected' : 'disconnected', word);
  }
}

/** The message of an answer: of one sender or of several, in a list or alone, under either of two names. */
function firstMessage(data: unknown): unknown {
  const one = firstOf(data) ?? data;
  const messages = field(one, 'messages') ?? field(one, 'message');
  return firstOf(messages) ?? messages;
}

/** `instant` is for codes: the message does not wait in the device's queue. */
function formOf({ to, text, media }: OutgoingMessage): string {
  const content = media ? { [media.kind]: media.url, ...captionOf(media) } : { message: text.toWellFormed() };
  return new URLSearchParams({ phone: to.replace(/\D/g, ''), flag: 'instant', ...content }).toString();
}

/** There is no field for the name of a document, whose caption Wablas calls its name. */
function captionOf({ kind, caption, fileName }: OutgoingMedia): { caption?: string } {
  const words = kind === 'audio' ? null : (caption ?? (kind === 'document' ? fileName : null));
  return words === null ? {} : { caption: words.toWellFormed() };
}
