import { type FilePlace } from '../../../platform/egress/open-file.js';
import { MEDIA_KINDS } from '../media-types.js';
import { isSuccess, type HttpAnswer } from '../http-exchange.js';
import { firstOf, idOf, isFields, own, parseObject } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMedia,
  type OutgoingMessage,
  type SendOutcome,
} from '../message-provider.js';
import { codeOf, reasonOfStatus, rejected, state, outcomeWithoutAnswer, unreachable } from '../outcomes.js';
import { captionAndName } from '../outgoing-file.js';
import { ProviderApi } from '../provider-api.js';
import { type SurpriseListener } from '../redaction.js';
import { reasonOf } from './error-codes.js';

/** What the provider needs to know of its number. */
export interface CloudApiOptions {
  /** Scheme and host, for example `https://graph.facebook.com`. */
  baseUrl: string;
  /** Version of the Graph API, for example `v25.0`. */
  version: string;
  /** The system user's token. */
  token: string;
  /** Meta's id of the sending number, which is not the number. */
  phoneId: string;
  /** Name of the authentication template, approved in every language that messages are sent in. */
  template: string;
  /** Whether the app's webhook comes to this service. */
  hasWebhook: boolean;
  onSurprise: SurpriseListener;
}

/** Meta's hosts that files are fetched from. */
const META_HOSTS = /\.(?:fbsbx\.com|fbcdn\.net|facebook\.com|whatsapp\.net)$/i;

/** Seconds between two messages to one recipient (code 131056): docs/wire/cloud-api.md#errors. */
const PAIR_PAUSE = 6;

/** Meta's Cloud API (the official one) as a message provider: docs/wire/cloud-api.md. */
export class CloudApiProvider implements MessageProvider {
  readonly name = 'cloud-api';
  readonly onWhatsApp = true;
  readonly sendsReceipts: boolean;
  readonly mediaKinds = MEDIA_KINDS;
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the token.
  readonly #api: ProviderApi;
  readonly #version: string;
  readonly #number: string;
  readonly #template: string;
  readonly #token: string;

  constructor({ baseUrl, version, token, phoneId, template, hasWebhook, onSurprise }: CloudApiOptions) {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets: [token], onSurprise });
    this.#version = `/${encodeURIComponent(version)}`;
    this.#number = `${this.#version}/${encodeURIComponent(phoneId)}`;
    this.#template = template;
    this.#token = token;
    this.sendsReceipts = hasWebhook;
  }

  /**
   * Sends a code as the authentication template, whose text is Meta's; anything else as free text or file, which reaches
   * only who wrote to this number within 24 hours. That it did not may be told by a later receipt alone.
   */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const body = JSON.stringify({
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: message.to.replace(/\D/g, ''),
      ...this.#content(message),
    });
    const answer = await this.#api.post(`${this.#number}/messages`, body, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : outcomeWithoutAnswer(answer);
  }

  /** Asks where a file is; Meta's address lives for five minutes and wants the token, too. */
  async mediaPlace(id: string, signal: AbortSignal): Promise<FilePlace | 'gone' | 'unavailable'> {
    if (!/^\d{1,40}$/.test(id)) return 'gone';
    const answer = await this.#api.get(`${this.#version}/${id}`, signal);
    if (answer.kind !== 'answer') return 'unavailable';
    const body = parseObject(answer.text);
    const reason = reasonOf(codeOf(own(own(body, 'error'), 'code')));
    if (reason === 'content' || answer.status === 404) return 'gone';
    const link = own(body, 'url');
    const url = typeof link === 'string' && isSuccess(answer) ? URL.parse(link) : null;
    const isOwnHost = url !== null && url.origin === new URL(this.#api.url('')).origin;
    // The token goes to Meta alone, wherever an answer leads.
    if (url === null || !(isOwnHost || (url.protocol === 'https:' && META_HOSTS.test(url.hostname)))) {
      if (isSuccess(answer)) this.#api.surprise('media', answer.status, body);
      return 'unavailable';
    }
    return { url: url.href, headers: { authorization: `Bearer ${this.#token}` }, own: isOwnHost };
  }

  /**
   * Asks for the number's state. There is no device that could be unlinked, so an API that answers without refusing us
   * counts as connected, even when it says nothing of the number.
   */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.get(`${this.#number}?fields=status`, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    const body = parseObject(answer.text);
    const error = own(body, 'error');
    const reason = reasonOf(codeOf(own(error, 'code'))) ?? reasonOfStatus(answer.status);
    if (reason === 'provider-unavailable') return state('unreachable', `HTTP ${answer.status}`);
    if (reason === 'provider-auth' || (isFields(error) && reason !== 'rate-limited-account')) {
      return state('disconnected', this.#api.clean(own(error, 'message')) ?? `HTTP ${answer.status}`);
    }
    const word = this.#api.clean(own(body, 'status'));
    if (word === undefined) this.#api.surprise('number', answer.status, body);
    // FLAGGED is a warning about quality; the number still sends.
    return state(word === undefined || /^(?:CONNECTED|FLAGGED)$/i.test(word) ? 'connected' : 'disconnected', word);
  }

  #content({ code, language, media, text }: OutgoingMessage): object {
    if (code !== undefined) return this.#codeTemplate(code, language);
    return media ? file(media) : freeText(text);
  }

  #codeTemplate(code: string, language: string): object {
    const parameters = [{ type: 'text', text: code }];
    return {
      type: 'template',
      template: {
        name: this.#template,
        language: { code: language },
        components: [
          { type: 'body', parameters },
          { type: 'button', sub_type: 'url', index: '0', parameters },
        ],
      },
    };
  }

  /** Decides on `error.code` alone; the HTTP status speaks only when there is no such code. */
  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter } = answer;
    const body = parseObject(answer.text);
    const error = own(body, 'error');
    const taken = firstOf(own(body, 'messages'));
    const id = idOf(own(taken, 'id'));
    if (isSuccess(answer) && id !== null && error === undefined) {
      const held = own(taken, 'message_status') ?? 'accepted';
      return held === 'accepted' ? { kind: 'accepted', providerMessageId: id } : { kind: 'unknown', cause: 'held' };
    }
    const code = codeOf(own(error, 'code'));
    const reason = reasonOf(code);
    if (reason === undefined && status !== 429 && status < 500) this.#api.surprise('send', status, body);
    // Neither a refusal that also claims success nor a success that names no message can be believed.
    if (id !== null || (isSuccess(answer) && !isFields(error))) return { kind: 'unknown', cause: 'bad-body' };
    const words = this.#api.clean(own(own(error, 'error_data'), 'details') ?? own(error, 'message'), message);
    const wait = reason === 'rate-limited-recipient' ? (retryAfter ?? PAIR_PAUSE) : retryAfter;
    return rejected(reason ?? reasonOfStatus(status), { status, words, code: code?.toString(), wait });
  }
}

function freeText(text: string): object {
  return { type: 'text', text: { preview_url: false, body: text.toWellFormed() } };
}

function file(media: OutgoingMedia): object {
  return { type: media.kind, [media.kind]: { link: media.url, ...captionAndName(media) } };
}
