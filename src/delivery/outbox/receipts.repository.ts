import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';
import { RECOVERED, type RecoveredMessage } from './messages.repository.js';

/** What the receipts of one message say together; times where they said one. */
export interface ReceiptSummary {
  readonly provider: string;
  readonly providerMessageId: string;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  /** Why it failed, from our own list; null if it did not. */
  readonly failure: string | null;
  /** The provider's own number of that failure, if it told one. */
  readonly providerCode: string | null;
}

/** LEAST passes over nulls: a time that was not told must stay none. */
const noLater = (time: string) =>
  `CASE WHEN ${time}::timestamptz IS NOT NULL THEN least(${time}::timestamptz, now()) END`;

// Receipts come more than once and in any order: times stay as they were first told, and the state only moves forward
// (accepted, sent, delivered, read; failed from any but read). A provider's clock may be wrong: no time lies in the future.
const noteIn = (table: string) => `
  UPDATE ${table} m SET
         sent_at = coalesce(m.sent_at, ${noLater(':sent_at')}),
         delivered_at = coalesce(m.delivered_at, ${noLater(':delivered_at')}),
         read_at = coalesce(m.read_at, ${noLater(':read_at')}),
         last_error = CASE WHEN m.state <> 'READ' AND :read_at::timestamptz IS NULL THEN coalesce(:failure::text, m.last_error)
                           ELSE m.last_error END,
         state = CASE WHEN m.state = 'READ' OR :read_at::timestamptz IS NOT NULL THEN 'READ'
                      WHEN m.state = 'FAILED' OR :failure::text IS NOT NULL THEN 'FAILED'
                      WHEN m.state = 'DELIVERED' OR :delivered_at::timestamptz IS NOT NULL THEN 'DELIVERED'
                      ELSE 'SENT' END::message_state`;

const THAT_MESSAGE = `m.provider = :provider::text AND m.provider_message_id = :provider_message_id::text`;

const NOTE = statement<{ id: string }>(
  'receipts_note',
  `${noteIn('messages')},
         sealed_content = CASE WHEN :delivered_at::timestamptz IS NULL AND :read_at::timestamptz IS NULL
                                    AND :failure::text IS NULL THEN m.sealed_content END,
         recipient_name = CASE WHEN :delivered_at::timestamptz IS NULL AND :read_at::timestamptz IS NULL
                                    AND :failure::text IS NULL THEN m.recipient_name END
    WHERE ${THAT_MESSAGE} AND m.state IN ('ACCEPTED', 'SENT', 'DELIVERED', 'READ', 'FAILED') RETURNING id`,
);

const NOTE_IN_HISTORY = statement<{ id: string }>(
  'receipts_note_in_history',
  `${noteIn('message_history')}
    WHERE ${THAT_MESSAGE} AND m.state IN ('ACCEPTED', 'SENT', 'DELIVERED', 'READ', 'FAILED') RETURNING id`,
);

// A failure that is reported while the code lives gives the message to the next rung, once, however often it is
// reported and to however many instances: whoever finds it unfailed claims it.
const TAKE_BACK = statement<RecoveredMessage>(
  'receipts_take_back',
  `UPDATE messages SET state = 'PENDING', fence = fence + 1, claimed_until = now() + :claim_seconds::int * interval '1 second',
          closed_at = NULL, failed_provider = provider, refused_by = refused_by || provider, provider = NULL, provider_message_id = NULL,
          accept_ms = NULL, sent_at = NULL, last_error = :failure::text
    WHERE provider = :provider::text AND provider_message_id = :provider_message_id::text AND state IN ('ACCEPTED', 'SENT')
      AND sealed_content IS NOT NULL AND failed_provider IS NULL AND expires_at > now()
      AND (otp_session_id IS NULL OR ${FUNCTIONS}.code_lives(recipient, purpose, otp_session_id))
   RETURNING ${RECOVERED}`,
);

@Injectable()
export class ReceiptsRepository {
  constructor(private readonly database: Database) {}

  /** @returns whether there is such a message */
  async note(summary: ReceiptSummary): Promise<boolean> {
    const values = {
      provider: summary.provider,
      provider_message_id: summary.providerMessageId,
      sent_at: summary.sentAt,
      delivered_at: summary.deliveredAt,
      read_at: summary.readAt,
      failure: summary.failure,
    };
    if ((await this.database.run(NOTE, values)).length > 0) return true;
    return (await this.database.run(NOTE_IN_HISTORY, values)).length > 0;
  }

  /** @returns the message, claimed by this instance; null when it is not to be sent again */
  async takeBack(summary: ReceiptSummary, claimSeconds: number): Promise<RecoveredMessage | null> {
    const { provider, providerMessageId, failure } = summary;
    const values = { provider, provider_message_id: providerMessageId, failure, claim_seconds: claimSeconds };
    const [row] = await this.database.run(TAKE_BACK, values);
    return row ?? null;
  }
}
