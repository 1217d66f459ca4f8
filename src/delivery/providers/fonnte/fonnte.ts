import { MEDIA_KINDS } from '../media-types.js';
import { isSuccess } from '../http-exchange.js';
import { field, firstOf, parseObject } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type SendOutcome,
} from '../message-provider.js';
import { outcomeWithoutAnswer, state, unreachable } from '../outcomes.js';
import { captionAndName } from '../outgoing-file.js';
import { ProviderApi } from '../provider-api.js';
import { readQueueAnswer, type QueueAnswer, type ReasonsByWords } from '../queue-answer.js';
import { type SurpriseListener } from '../redaction.js';
import { saidTruth } from '../said-truth.js';

/** What the provider needs to know of its device. */
export interface FonnteOptions {
  /** Scheme and host, for example `https://api.fonnte.com`. */
  baseUrl: string;
  /** The device's token: whoever has it sends as this device. */
  token: string;
  /** Whether the device's webhook comes to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** What Fonnte's words mean; the first that fits counts. */
const REASONS: ReasonsByWords = [
  [/disconnect|not connected/i, 'provider-disconnected'],
  [/token invalid|device not found/i, 'provider-auth'],
  [/quota/i, 'provider-quota'],
  [/^target invalid/i, 'recipient-invalid'],
  [/^(?:input|url|file|json)\b|body value/i, 'content'],
];

/** docs/wire/fonnte.md#send */
const ANSWER: QueueAnswer = {
  idOf: (body) => firstOf(field(body, 'id')) ?? field(body, 'id'),
  wordsOf: (body) => field(body, 'reason') ?? field(body, 'detail'),
  reasons: REASONS,
};

/**
 * Fonnte (unofficial WhatsApp gateway) as a message provider. Its wire format and the sources of each rule:
 * docs/wire/fonnte.md. Refusals come as HTTP 200, so the body decides before the status does.
 */
export class FonnteProvider implements MessageProvider {
  readonly name = 'fonnte';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  // Fonnte limits how often a device's profile may be asked for.
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #api: ProviderApi;

  constructor({ baseUrl, token, hasWebhook, onSurprise }: FonnteOptions) {
    const headers = { Authorization: token };
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets: [token], onSurprise });
    this.sendsReceipts = hasWebhook;
  }

  /** Posts one text or file; "accepted" means queued at Fonnte, its fate comes by webhook. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const answer = await this.#api.post('/send', formOf(message), signal);
    return answer.kind === 'answer'
      ? readQueueAnswer(this.#api, answer, message, ANSWER)
      : outcomeWithoutAnswer(answer);
  }

  /** Asks for the device's profile, which says whether it is linked to WhatsApp. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.post('/device', '', signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    if (!isSuccess(answer)) return state('unreachable', `HTTP ${answer.status}`);
    const body = parseObject(answer.text);
    if (saidTruth(field(body, 'status')).value === false)
      return state('disconnected', this.#api.clean(field(body, 'reason')));
    const word = this.#api.clean(field(body, 'device_status'));
    const link = word?.toLowerCase();
    if (link !== 'connect' && link !== 'disconnect') this.#api.surprise('device', answer.status, body);
    if (word === undefined) return state('unreachable', 'bad-body');
    return state(link === 'connect' ? 'connected' : 'disconnected', word);
  }
}

/** `countryCode` 0 keeps Fonnte from rewriting the number; what waits for a device that is away is of no use to a login. */
function formOf({ to, text, media }: OutgoingMessage): string {
  const { caption, filename } = media ? captionAndName(media) : {};
  const words = media ? caption : text.toWellFormed();
  return new URLSearchParams({
    target: to.replace(/\D/g, ''),
    countryCode: '0',
    connectOnly: 'true',
    preview: 'false',
    ...(words !== undefined && { message: words }),
    ...(media && { url: media.url }),
    ...(filename !== undefined && { filename }),
  }).toString();
}
