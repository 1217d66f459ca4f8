import { isSuccess, type HttpAnswer } from './http-exchange.js';
import { field, idOf, parseObject, type Fields } from './json-fields.js';
import { type OutgoingMessage, type RejectionReason, type SendOutcome } from './message-provider.js';
import { reasonOfStatus, rejected } from './outcomes.js';
import { type ProviderApi } from './provider-api.js';
import { saidTruth } from './said-truth.js';

/** Which words of a gateway mean which refusal; the first that fits counts. */
export type ReasonsByWords = readonly [RegExp, RejectionReason][];

/** How a gateway answers a send whose `status` says whether it has queued the message. */
export interface QueueAnswer {
  readonly idOf: (body: Fields | undefined) => unknown;
  readonly wordsOf: (body: Fields | undefined) => unknown;
  readonly reasons: ReasonsByWords;
}

/** What a refusal is about, by its words; undefined for words that are not known. */
export function reasonOfWords(words: string | undefined, reasons: ReasonsByWords): RejectionReason | undefined {
  return words === undefined ? undefined : reasons.find(([pattern]) => pattern.test(words))?.[1];
}

/** The body decides before the status, as some gateways refuse with 200; words that are known decide before both. */
export function readQueueAnswer(
  api: ProviderApi,
  answer: HttpAnswer,
  message: OutgoingMessage,
  gateway: QueueAnswer,
): SendOutcome {
  const body = parseObject(answer.text);
  const said = saidTruth(field(body, 'status'));
  if (said.value === true) {
    const id = idOf(gateway.idOf(body));
    if (said.odd || id === null || !isSuccess(answer)) api.surprise('send', answer.status, body);
    // A refusal that also claims success cannot be believed either way.
    return isSuccess(answer) ? { kind: 'accepted', providerMessageId: id } : { kind: 'unknown', cause: 'bad-body' };
  }
  if (isSuccess(answer) && said.value === undefined) {
    api.surprise('send', answer.status, body);
    return { kind: 'unknown', cause: 'bad-body' };
  }
  const words = api.clean(gateway.wordsOf(body), message);
  const byWords = reasonOfWords(words, gateway.reasons);
  const reason = byWords ?? (isSuccess(answer) ? 'unclassified' : reasonOfStatus(answer.status));
  if (!isExpected(answer, said.odd, byWords ?? reason)) api.surprise('send', answer.status, body);
  const wait = reason === 'provider-auth' ? undefined : answer.retryAfter;
  return rejected(reason, { status: answer.status, words, wait });
}

function isExpected(answer: HttpAnswer, odd: boolean, reason: RejectionReason): boolean {
  if (isSuccess(answer)) return !odd;
  return answer.status >= 400 && reason !== 'unclassified';
}
