import type pg from 'pg';
import type { TestDatabase } from './database.js';

type Queries = Pick<TestDatabase, 'query'>;

/** A message as it stands in the outbox, or in the history once a provider has taken it. */
export interface KeptMessage {
  readonly id: string;
  readonly purpose: string;
  readonly state: string;
  readonly provider: string | null;
  readonly attempts: number;
  readonly verified_at: Date | null;
  /** Says whose claim it is; null in the history. */
  readonly fence: number | null;
  readonly sealed: boolean;
}

/** Messages, oldest first, wherever they stand. `condition` is SQL over columns that both tables have. */
async function messagesWhere(database: Queries, condition: string, value: unknown): Promise<KeptMessage[]> {
  return database.query<KeptMessage & pg.QueryResultRow>(
    `SELECT id, purpose, state, provider, attempts, verified_at, fence, sealed_content IS NOT NULL AS sealed, created_at
       FROM messages WHERE ${condition}
      UNION ALL
     SELECT id, purpose, state, provider, attempts, verified_at, NULL, false, created_at
       FROM message_history WHERE ${condition}
      ORDER BY created_at, id`,
    [value],
  );
}

/** The messages to a number in E.164, or to several. */
export function messagesOf(database: Queries, recipients: string | readonly string[]): Promise<KeptMessage[]> {
  return messagesWhere(database, 'recipient = ANY ($1)', [recipients].flat());
}

/** The message by the id that we gave it. */
export async function messageWith(database: Queries, id: string): Promise<KeptMessage | undefined> {
  return (await messagesWhere(database, 'id = $1', id))[0];
}

/** The state of the message that a provider knows by this id. */
export async function stateOfSent(database: Queries, providerMessageId: string): Promise<string | undefined> {
  return (await messagesWhere(database, 'provider_message_id = $1', providerMessageId))[0]?.state;
}

/** Ends the claims on a number's messages, as time would. */
export async function endClaims(database: Queries, recipient: string): Promise<void> {
  await database.query(
    `UPDATE messages SET claimed_until = now() - interval '1 second' WHERE recipient = $1 AND state = 'PENDING'`,
    [recipient],
  );
}
