import { type IncomingHttpHeaders } from 'node:http';
import { type IncomingBatch, type Receipt } from '../message-provider.js';
import { idOf } from '../json-fields.js';
import { meaningOf, WebhookReading } from '../webhook-reading.js';
import { sameMac } from '../webhook-secret.js';
import { errorCodeOf, reasonOf } from './error-codes.js';

/**
 * Whether a call of the status callback was signed by Twilio for this account: HMAC-SHA1 over the address and the sorted
 * fields, without separators (twilio.com/docs/usage/security). SHA-1 is Twilio's choice; as a MAC it still holds.
 *
 * @param url the callback exactly as Twilio was told it, query included
 * @param form the body's fields
 */
export function isFromTwilio(
  headers: IncomingHttpHeaders,
  url: string,
  form: URLSearchParams,
  authToken: string,
): boolean {
  const names = [...new Set(form.keys())].sort();
  const fields = names.map((name) =>
    [...new Set(form.getAll(name))]
      .sort()
      .map((value) => name + value)
      .join(''),
  );
  const data = url + fields.join('');
  return sameMac(headers['x-twilio-signature'], { algorithm: 'sha1', key: authToken, data, encoding: 'base64' });
}

const STATUSES: Readonly<Record<string, Receipt['status'] | 'none'>> = {
  accepted: 'none',
  scheduled: 'none',
  queued: 'none',
  sending: 'none',
  sent: 'sent',
  delivered: 'delivered',
  read: 'read',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

/** Reads the fields of a status callback; it tells no time. Never throws. */
export function readTwilioStatus(form: URLSearchParams): IncomingBatch {
  const reading = new WebhookReading('sms');
  const providerMessageId = idOf(form.get('MessageSid') ?? form.get('SmsSid'));
  const status = meaningOf(form.get('MessageStatus') ?? form.get('SmsStatus'), STATUSES);
  if (providerMessageId === null || status === undefined) reading.skip(Object.fromEntries(form));
  else if (status !== 'none') {
    const code = status === 'failed' ? errorCodeOf(form.get('ErrorCode')) : undefined;
    reading.receipt({
      providerMessageId,
      status,
      at: null,
      ...(status === 'failed' && { reason: reasonOf(code) ?? 'unclassified' }),
      ...(code !== undefined && { providerCode: String(code) }),
    });
  }
  return reading.batch();
}
