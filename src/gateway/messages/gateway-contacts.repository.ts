import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { endOf, pageOf, wantedOf } from '../../platform/database/steps.js';

const HEARD_FROM = statement<{ heard_at: Date }>(
  'gateway_contacts_heard_from',
  `SELECT heard_at FROM gateway_contacts
    WHERE session_id = :session_id::uuid AND contact_hash = :contact_hash::bytea AND heard_at IS NOT NULL`,
);

// Whoever is known may be written to. With each day that the account is linked it may begin as many more, until it is old
// enough. One instance asks, for one message of the linked account at a time, so counting first does no harm.
const MAY_WRITE = statement<{ allowed: boolean }>(
  'gateway_contacts_may_write',
  `SELECT EXISTS (SELECT 1 FROM gateway_contacts WHERE session_id = s.id AND contact_hash = :contact_hash::bytea)
       OR coalesce(s.linked_at < now() - :days::int * interval '1 day', false)
       OR (SELECT count(*) FROM gateway_contacts WHERE session_id = s.id AND began_at > now() - interval '1 day')
          < :per_day::int * (1 + floor(extract(epoch FROM now() - coalesce(s.linked_at, now())) / 86400)) AS allowed
     FROM gateway_sessions s WHERE s.id = :session_id::uuid`,
);

const NOTE_HEARD = statement(
  'gateway_contacts_note_heard',
  `INSERT INTO gateway_contacts (contact_hash, session_id, heard_at)
   SELECT DISTINCT c, :session_id::uuid, now() FROM unnest(:contacts::bytea[]) AS c
     JOIN gateway_sessions s ON s.id = :session_id::uuid
       ON CONFLICT (contact_hash, session_id) DO UPDATE SET heard_at = EXCLUDED.heard_at`,
);

/** The key of a contact. */
interface ContactKey {
  contact_hash: Buffer;
  session_id: string;
}

// No index says when a contact was last heard of: each message would pay for it. So they are walked through.
const OLD = {
  table: 'gateway_contacts',
  key: 'contact_hash, session_id',
  after: ':contact_hash::bytea, :session_id::uuid',
  most: 1_000,
  where: `greatest(wrote_at, heard_at) < now() - :days::int * interval '1 day'`,
};
const FORGET_OLD = statement<ContactKey>(
  'gateway_contacts_forget_old',
  `WITH ${pageOf(OLD)}, gone AS (DELETE FROM gateway_contacts WHERE ${wantedOf(OLD)}) ${endOf(OLD)}`,
);

/** Which linked account has written to whom, or heard from them. */
@Injectable()
export class GatewayContactsRepository {
  constructor(private readonly database: Database) {}

  async hasHeardFrom(sessionId: string, contactHash: Buffer): Promise<boolean> {
    const rows = await this.database.run(HEARD_FROM, { session_id: sessionId, contact_hash: contactHash });
    return rows.length > 0;
  }

  /**
   * Whether a linked account may write to somebody by its age.
   *
   * @param perDay how many conversations it may begin within 24 hours on its first day
   * @param days after so many it may begin as many as it likes
   */
  async mayWrite(
    sessionId: string,
    contactHash: Buffer,
    { perDay, days }: { perDay: number; days: number },
  ): Promise<boolean> {
    const values = { session_id: sessionId, contact_hash: contactHash, per_day: perDay, days };
    const [row] = await this.database.run(MAY_WRITE, values);
    return row?.allowed ?? false;
  }

  async noteHeard(sessionId: string, contacts: readonly Buffer[]): Promise<void> {
    await this.database.run(NOTE_HEARD, { session_id: sessionId, contacts });
  }

  /**
   * One step of a walk through the contacts: forgets those that are older.
   *
   * @param after where the step before ended; null for the first
   * @returns where it ended; null behind the last
   */
  async forgetOld(days: number, after: string | null): Promise<string | null> {
    const [hash = '', session = '00000000-0000-0000-0000-000000000000'] = after?.split(' ') ?? [];
    const behind = { contact_hash: Buffer.from(hash, 'hex'), session_id: session };
    const [end] = await this.database.run(FORGET_OLD, { ...behind, days });
    return end ? `${end.contact_hash.toString('hex')} ${end.session_id}` : null;
  }
}
