import { idOf, own } from '../../../../src/delivery/providers/json-fields.js';
import type { IncomingBatch, Receipt } from '../../../../src/delivery/providers/message-provider.js';
import { meaningOf, phoneOf, textOf, WebhookReading } from '../../../../src/delivery/providers/webhook-reading.js';

const STATUSES: Readonly<Record<string, Receipt['status']>> = { arrived: 'delivered' };

/** One message, or what became of one. */
export function readToyWebhook(body: unknown): IncomingBatch {
  const reading = new WebhookReading('toy');
  const [from, id] = [phoneOf(own(body, 'from')), idOf(own(body, 'id'))];
  const status = meaningOf(own(body, 'status'), STATUSES);
  if (from !== null)
    reading.message({
      providerMessageId: id,
      from,
      text: textOf(own(body, 'text')),
      kind: 'text',
      media: null,
      pushName: null,
      sentAt: null,
      fromMe: false,
      isGroup: false,
    });
  else if (id !== null && status !== undefined) reading.receipt({ providerMessageId: id, status, at: null });
  else reading.skip(body);
  return reading.batch();
}
