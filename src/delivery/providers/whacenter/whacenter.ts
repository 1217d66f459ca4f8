import { MEDIA_KINDS } from '../media-types.js';
import { type Language } from '../../../platform/config/languages.js';
import { TEXTS } from '../../../platform/texts/texts.js';
import { isSuccess, type HttpAnswer } from '../http-exchange.js';
import { field, idOf, parseObject, type Fields } from '../json-fields.js';
import {
  DEVICE_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMedia,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { rejected, state, outcomeWithoutAnswer, unreachable } from '../outcomes.js';
import { ProviderApi } from '../provider-api.js';
import { type SurpriseListener } from '../redaction.js';
import { saidTruth } from '../said-truth.js';

/** What the provider needs to know of its device. */
export interface WhacenterOptions {
  /** Scheme and host, with or without a trailing slash, for example `https://app.whacenter.com`. */
  baseUrl: string;
  /** The device's only credential; its form differs between the two hosts and is not checked. */
  deviceId: string;
  onSurprise: SurpriseListener;
}

/**
 * Whacenter (unofficial WhatsApp gateway) as a message provider. Its wire format and the sources of each rule:
 * docs/wire/whacenter.md.
 * Errors come as HTTP 200, and JSON as `text/html`, so the body decides before the headers do.
 */
export class WhacenterProvider implements MessageProvider {
  readonly name = 'whacenter';
  readonly onWhatsApp = true;
  readonly sendsReceipts = false;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = DEVICE_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the device id.
  readonly #api: ProviderApi;
  readonly #deviceId: string;
  readonly #statusPath: string;
  readonly #formStart: string;

  constructor({ baseUrl, deviceId, onSurprise }: WhacenterOptions) {
    this.#api = new ProviderApi({ provider: this.name, baseUrl, secrets: [deviceId], onSurprise });
    this.#deviceId = deviceId;
    this.#statusPath = `/api/statusDevice?device_id=${encodeURIComponent(deviceId)}`;
    this.#formStart = `device_id=${encodeURIComponent(deviceId)}&number=`;
  }

  get deviceId(): string {
    return this.#deviceId;
  }

  /** Posts one text or file; "accepted" means queued at Whacenter, which checks no number and tells nothing afterwards. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const answer = await this.#api.post('/api/send', this.#form(message), signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : outcomeWithoutAnswer(answer);
  }

  /** Asks for the link of the device to WhatsApp; `text` is Whacenter's wording, or why there was none. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.get(this.#statusPath, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    if (!isSuccess(answer)) return state('unreachable', `HTTP ${answer.status}`);
    return this.#readState(answer.status, parseObject(answer.text));
  }

  #readState(httpStatus: number, body: Fields | undefined): DeviceState {
    const said = saidTruth(field(body, 'status'));
    if (said.value === false) {
      if (said.odd) this.#api.surprise('statusDevice', httpStatus, body);
      return state('disconnected', this.#api.clean(field(body, 'message')));
    }
    const data = field(body, 'data');
    const inner = field(data, 'status');
    const link = typeof inner === 'string' ? inner.trim().toUpperCase() : undefined;
    if (said.odd || (link !== 'CONNECTED' && link !== 'NOT CONNECTED')) {
      this.#api.surprise('statusDevice', httpStatus, body);
    }
    if (link === undefined) return state('unreachable', 'bad-body');
    const text = this.#api.clean(inner);
    if (link === 'CONNECTED') return state('connected', text);
    return state(qrIsShown(field(data, 'qr')) ? 'waiting-for-scan' : 'disconnected', text);
  }

  /** The decision table of docs/wire/whacenter.md#send, row by row. */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter: wait } = answer;
    const body = parseObject(answer.text);
    if (isSuccess(answer)) return this.#readSuccess(status, body, message);
    const words = this.#api.clean(field(body, 'message'), message);
    if (status >= 500) return rejected('provider-unavailable', { status, words, wait });
    if (status === 401 || status === 403 || status === 404) return rejected('provider-auth', { status, words });
    if (status === 429) return rejected('rate-limited-account', { status, words, wait });
    this.#api.surprise('send', status, body);
    if (status < 400) return rejected('provider-unavailable', { status, words });
    // A refusal that also claims success cannot be believed either way.
    if (saidTruth(field(body, 'status')).value === true) return { kind: 'unknown', cause: 'bad-body' };
    return rejected(refusal(words, message.media), { status, words });
  }

  #readSuccess(status: number, body: Fields | undefined, message: OutgoingMessage): SendOutcome {
    const said = saidTruth(field(body, 'status'));
    const data = field(body, 'data');
    const id = said.value === true ? idOf(field(data, 'id') ?? field(data, 'message_id')) : null;
    if (said.odd || (said.value === true && id === null)) {
      this.#api.surprise('send', status, body);
    }
    if (said.value === true) return { kind: 'accepted', providerMessageId: id };
    if (said.value === undefined) return { kind: 'unknown', cause: 'bad-body' };
    const words = this.#api.clean(field(body, 'message'), message);
    return rejected(refusal(words, message.media), { status, words });
  }

  #form({ to, text, media, language }: OutgoingMessage): string {
    const words = media ? wordsFor(media, language) : text;
    // Half a surrogate pair, as a cut name may end with, would make encodeURIComponent throw.
    const form = `${this.#formStart}${to.replace(/\D/g, '')}&message=${encodeURIComponent(words.toWellFormed())}`;
    return media ? `${form}&file=${encodeURIComponent(media.url)}` : form;
  }
}

/** `done` is a linked device, `timeout` a QR code that ran out; anything else means one that can be scanned. */
function qrIsShown(qr: unknown): boolean {
  return typeof qr === 'string' && qr !== '' && !/^(?:done|timeout)$/i.test(qr.trim());
}

/** The caption of a file. Whacenter needs one, and has no field for the name: docs/wire/whacenter.md#send. */
function wordsFor({ kind, caption, fileName }: OutgoingMedia, language: Language): string {
  return caption ?? fileName ?? TEXTS[language].messages.media[kind];
}

function refusal(words: string | undefined, media: OutgoingMedia | undefined): RejectionReason {
  // Of a file, "not found" may be said of its address: that is not the device's fault.
  if (media) return /not connected|disconnect|device/i.test(words ?? '') ? 'provider-disconnected' : 'content';
  return /not connected|not found|disconnect/i.test(words ?? '') ? 'provider-disconnected' : 'unclassified';
}
