import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

const HEARD_FROM = statement<{ heard_at: Date }>(
  'gateway_contacts_heard_from',
  `SELECT heard_at FROM gateway_contacts
    WHERE session_id = :session_id::uuid AND contact_hash = :contact_hash::bytea AND heard_at IS NOT NULL`,
);

const NOTE_HEARD = statement(
  'gateway_contacts_note_heard',
  `INSERT INTO gateway_contacts (contact_hash, session_id, heard_at)
   SELECT DISTINCT c, :session_id::uuid, now() FROM unnest(:contacts::bytea[]) AS c
     JOIN gateway_sessions s ON s.id = :session_id::uuid
       ON CONFLICT (contact_hash, session_id) DO UPDATE SET heard_at = EXCLUDED.heard_at`,
);

const FORGET_OLD = statement<{ session_id: string }>(
  'gateway_contacts_forget_old',
  `DELETE FROM gateway_contacts WHERE (contact_hash, session_id) IN (
     SELECT contact_hash, session_id FROM gateway_contacts
      WHERE greatest(wrote_at, heard_at) < now() - :days::int * interval '1 day' LIMIT 1000) RETURNING session_id`,
);

/** Which session has written to whom, or heard from them. */
@Injectable()
export class GatewayContactsRepository {
  constructor(private readonly database: Database) {}

  async hasHeardFrom(sessionId: string, contactHash: Buffer): Promise<boolean> {
    const rows = await this.database.run(HEARD_FROM, { session_id: sessionId, contact_hash: contactHash });
    return rows.length > 0;
  }

  async noteHeard(sessionId: string, contacts: readonly Buffer[]): Promise<void> {
    await this.database.run(NOTE_HEARD, { session_id: sessionId, contacts });
  }

  /** Forgets up to a thousand. @returns whether there may be more */
  async forgetOld(days: number): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, { days })).length === 1000;
  }
}
