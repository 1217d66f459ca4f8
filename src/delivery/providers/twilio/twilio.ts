import { isSuccess, type HttpAnswer } from '../http-exchange.js';
import { idOf, own, parseObject } from '../json-fields.js';
import {
  ACCOUNT_STATE_AGE,
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../message-provider.js';
import { reasonOfStatus, rejected, state, outcomeWithoutAnswer, unreachable } from '../outcomes.js';
import { ProviderApi } from '../provider-api.js';
import { type SurpriseListener } from '../redaction.js';
import { errorCodeOf, reasonOf } from './error-codes.js';

/** What the provider needs to know of its account. */
export interface TwilioOptions {
  /** Scheme and host, for example `https://api.twilio.com`. */
  baseUrl: string;
  accountSid: string;
  authToken: string;
  /** A number, a sender's name, or the id of a messaging service (`MG…`). */
  from: string;
  /** Where Twilio tells what became of a message, as it is reached from outside; no receipts without. */
  statusCallback?: string;
  onSurprise: SurpriseListener;
}

/** SMS by Twilio's API as a message provider: docs/wire/twilio.md. */
export class TwilioProvider implements MessageProvider {
  /** Its name on the wire and in stored rows (docs/glossary.md#provider). */
  readonly name = 'sms';
  readonly onWhatsApp = false;
  readonly sendsReceipts: boolean;
  /** No files. */
  readonly mediaKinds = [];
  readonly stateAge = ACCOUNT_STATE_AGE;

  // Private in the language's own sense, so that neither a log nor an inspector can print the account.
  readonly #api: ProviderApi;
  readonly #account: string;
  readonly #formStart: string;

  constructor({ baseUrl, accountSid, authToken, from, statusCallback, onSurprise }: TwilioOptions) {
    const headers = { Authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}` };
    const secrets = [authToken, accountSid];
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets, onSurprise });
    this.#account = `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}`;
    const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
    this.#formStart = new URLSearchParams({
      ...sender,
      ...(statusCallback !== undefined && { StatusCallback: statusCallback }),
    }).toString();
    this.sendsReceipts = statusCallback !== undefined;
  }

  /** Posts the short text; "accepted" means queued at Twilio. */
  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const form = new URLSearchParams({ To: message.to, Body: message.shortText }).toString();
    const answer = await this.#api.post(`${this.#account}/Messages.json`, `${this.#formStart}&${form}`, signal);
    return answer.kind === 'answer' ? this.#read(answer, message) : outcomeWithoutAnswer(answer);
  }

  /** Asks for the account's state. An API that answers without refusing us counts as connected: there is no device. */
  async deviceState(signal: AbortSignal): Promise<DeviceState> {
    const answer = await this.#api.get(`${this.#account}.json`, signal);
    if (answer.kind !== 'answer') return unreachable(answer);
    const body = parseObject(answer.text);
    const reason = isSuccess(answer) ? undefined : refusalOf(answer.status, errorCodeOf(own(body, 'code')));
    if (reason === 'provider-unavailable') return state('unreachable', `HTTP ${answer.status}`);
    if (reason === 'provider-auth') {
      return state('disconnected', this.#api.clean(own(body, 'message')) ?? `HTTP ${answer.status}`);
    }
    const word = this.#api.clean(own(body, 'status'));
    if (word === undefined) this.#api.surprise('account', answer.status, body);
    return state(word === 'suspended' || word === 'closed' ? 'disconnected' : 'connected', word);
  }

  #read(answer: HttpAnswer, message: OutgoingMessage): SendOutcome {
    const { status, retryAfter: wait } = answer;
    const body = parseObject(answer.text);
    const id = idOf(own(body, 'sid'));
    if (isSuccess(answer)) {
      if (id === null) {
        this.#api.surprise('send', status, body);
        return { kind: 'unknown', cause: 'bad-body' };
      }
      const failed = errorCodeOf(own(body, 'error_code'));
      if (failed === undefined) return { kind: 'accepted', providerMessageId: id };
      const words = this.#api.clean(own(body, 'error_message'), message);
      return rejected(reasonOf(failed) ?? 'unclassified', { status, words, code: String(failed) });
    }
    const code = errorCodeOf(own(body, 'code'));
    if (reasonOf(code) === undefined && status !== 429 && status < 500) this.#api.surprise('send', status, body);
    const words = this.#api.clean(own(body, 'message'), message);
    return rejected(refusalOf(status, code), { status, words, code: code?.toString(), wait });
  }
}

/** The code decides where it is known, else the status. */
function refusalOf(status: number, code: number | undefined): RejectionReason {
  return reasonOf(code) ?? reasonOfStatus(status);
}
