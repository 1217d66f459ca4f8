import { randomUUID } from 'node:crypto';
import { AuthSecret } from '../../src/platform/secrets/auth-secret.js';
import { inOrder, statement } from '../../src/platform/database/statement.js';
import type { TestDatabase } from './database.js';

// The statements by which the release before made, charged and used up codes for other applications, as they were: what its
// instances send to a database that has been migrated under them.

const ISSUE = `
  WITH gate AS (
  INSERT INTO verification_phones AS b (phone, sends, send_owners) VALUES (:phone::text, ARRAY[now()], ARRAY[:owner_id::uuid])
  ON CONFLICT (phone) DO UPDATE SET
    (sends, send_owners) = (SELECT array_agg(u.at ORDER BY u.at) || now(), array_agg(u.owner ORDER BY u.at) || :owner_id::uuid
                              FROM unnest(b.sends, b.send_owners) AS u (at, owner) WHERE u.at > now() - interval '1 day'),
    updated_at = now()
  WHERE 
  (SELECT count(*) FILTER (WHERE u.owner = :owner_id::uuid AND u.at > now() - interval '1 hour') < :per_hour::int AND count(*) FILTER (WHERE u.owner = :owner_id::uuid) < :per_day::int
       AND count(*) FILTER (WHERE u.at > now() - interval '1 hour') < :all_per_hour::int AND count(*) < :all_per_day::int
       AND coalesce(max(u.at) FILTER (WHERE u.owner = :owner_id::uuid) + (:cooldowns::int[])[least(count(*) FILTER (WHERE u.owner = :owner_id::uuid AND u.at > now() - interval '1 hour'), cardinality(:cooldowns::int[]))] * interval '1 second' <= now(), true)
  FROM unnest(b.sends, b.send_owners) AS u (at, owner) WHERE u.at > now() - interval '1 day')
  AND (SELECT count(*) FILTER (WHERE u.owner = :owner_id::uuid) < :budget::int AND count(*) < :all_budget::int FROM unnest(b.guesses, b.guess_owners) AS u (at, owner) WHERE u.at > now() - interval '15 minutes')
  AND (SELECT count(*) FROM unnest(b.failed_sends) AS f (at) WHERE f.at > now() - interval '10 minutes') < :failed_allowed::int
  RETURNING phone
   ), replaced AS (
  UPDATE verifications v SET ended_at = now(), ended_as = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'replaced' END
    FROM gate WHERE v.owner_id = :owner_id::uuid AND v.phone = gate.phone AND v.ended_at IS NULL
  RETURNING v.id
   )
   INSERT INTO verifications AS v (id, owner_id, session_id, session_name, phone, company, code_hash, length, minutes, expires_at)
   SELECT :id::uuid, :owner_id::uuid, :session_id::uuid, :session_name::text, gate.phone, :company::text, :code_hash::bytea,
       :length::int, :minutes::int, now() + :minutes::int * interval '1 minute'
  -- Counting makes the old code's end come first, as the partial unique index wants it.
  FROM gate, (SELECT count(*) FROM replaced) AS ended
   RETURNING v.id, v.owner_id, v.session_id, v.session_name, v.phone, v.company, v.length, v.minutes, v.attempts, v.created_at, v.expires_at, v.ended_at, v.ended_as`;

const CLOSE_UNSENT = `
  WITH gate AS (
  SELECT phone FROM verification_phones WHERE phone = :phone::text FOR UPDATE
   ), failed AS (
  UPDATE verifications v SET ended_at = now(), ended_as = 'failed' FROM gate WHERE v.id = :id::uuid AND v.ended_at IS NULL
  RETURNING v.id, v.owner_id, v.session_id, v.session_name, v.phone, v.company, v.length, v.minutes, v.attempts, v.created_at, v.expires_at, v.ended_at, v.ended_as
   ), given_back AS (
  UPDATE verification_phones b SET
    (sends, send_owners) = (SELECT coalesce(array_agg(u.at ORDER BY u.at), '{}'), coalesce(array_agg(u.owner ORDER BY u.at), '{}')
                              FROM unnest(b.sends, b.send_owners) AS u (at, owner)
                             WHERE NOT (u.owner = failed.owner_id AND u.at = failed.created_at)),
    failed_sends = ARRAY(SELECT f.at FROM unnest(b.failed_sends) AS f (at) WHERE f.at > now() - interval '10 minutes' ORDER BY f.at) || now(),
    updated_at = now()
    FROM failed WHERE b.phone = failed.phone
   )
   SELECT * FROM failed`;

const CHARGE = `
  WITH charged AS (
  INSERT INTO verification_phones AS b (phone, guesses, guess_owners) VALUES (:phone::text, ARRAY[now()], ARRAY[:owner_id::uuid])
  ON CONFLICT (phone) DO UPDATE SET
    (guesses, guess_owners) = (SELECT array_agg(u.at ORDER BY u.at) || now(), array_agg(u.owner ORDER BY u.at) || :owner_id::uuid
                                 FROM unnest(b.guesses, b.guess_owners) AS u (at, owner) WHERE u.at > now() - interval '15 minutes'),
    updated_at = now()
  WHERE (SELECT count(*) FILTER (WHERE u.owner = :owner_id::uuid) < :budget::int AND count(*) < :all_budget::int FROM unnest(b.guesses, b.guess_owners) AS u (at, owner) WHERE u.at > now() - interval '15 minutes')
  RETURNING phone, (SELECT count(*) FILTER (WHERE u.owner = :owner_id::uuid) FROM unnest(b.guesses, b.guess_owners) AS u (at, owner))::int AS used,
            cardinality(b.guesses) AS used_by_all
   ), counted AS (
  UPDATE verifications v SET attempts = v.attempts + 1 FROM charged
   WHERE v.owner_id = :owner_id::uuid AND v.phone = charged.phone AND v.ended_at IS NULL AND v.expires_at > now()
     AND v.attempts < :max_attempts::int
  RETURNING v.id, v.attempts
   )
   SELECT counted.id, counted.attempts, charged.used, charged.used_by_all FROM charged LEFT JOIN counted ON true`;

const CONSUME = `
  WITH gate AS (
  SELECT phone FROM verification_phones WHERE phone = :phone::text FOR UPDATE
   ), won AS (
  UPDATE verifications v SET ended_at = now(), ended_as = 'verified' FROM gate
   WHERE v.id = :id::uuid AND v.owner_id = :owner_id::uuid AND v.code_hash = ANY (:code_hashes::bytea[])
     AND v.ended_at IS NULL AND v.expires_at > now()
  RETURNING v.id, v.owner_id, v.session_id, v.session_name, v.phone, v.company, v.length, v.minutes, v.attempts, v.created_at, v.expires_at, v.ended_at, v.ended_as
   ), given_back AS (
  UPDATE verification_phones b SET
    (guesses, guess_owners) = (SELECT coalesce(array_agg(u.at ORDER BY u.at), '{}'), coalesce(array_agg(u.owner ORDER BY u.at), '{}')
                                 FROM unnest(b.guesses, b.guess_owners) AS u (at, owner) WHERE u.owner <> won.owner_id),
    updated_at = now()
    FROM won WHERE b.phone = won.phone
   )
   SELECT * FROM won`;

/** A code for another application that it made. */
export interface VerificationMadeBefore {
  readonly id: string;
  readonly code: string;
}

/** An instance of the release before, as far as codes of one API key for other applications show it to the database. */
export class VerificationBefore {
  private readonly secret: AuthSecret;

  /**
   * @param authSecret the one that the instances of both releases share
   * @param ownerId of the API key
   * @param perHour sends an hour that the key may have
   */
  constructor(
    private readonly database: Pick<TestDatabase, 'query'>,
    authSecret: string,
    private readonly ownerId: string,
    private readonly perHour = 5,
  ) {
    this.secret = new AuthSecret(authSecret);
  }

  /** @param phone E.164 @returns null when a limit refused it */
  async issue(phone: string): Promise<VerificationMadeBefore | null> {
    const made = { id: randomUUID(), code: String(Math.floor(Math.random() * 1_000_000)).padStart(6, '0') };
    const [row] = await this.run('verification_issue', ISSUE, {
      ...this.guesses(phone),
      ...{ per_hour: this.perHour, per_day: 100, all_per_hour: 2 * this.perHour, all_per_day: 200 },
      ...{ cooldowns: [60], failed_allowed: 10, session_id: randomUUID(), session_name: 'before', company: 'Klinik' },
      ...{ id: made.id, code_hash: this.hash(phone, made), length: 6, minutes: 5 },
    });
    return row ? made : null;
  }

  /** Pays for a guess and then compares, as it did; a right one uses the code up. @param phone E.164 */
  async guess(phone: string, code: string): Promise<'right' | 'wrong' | 'locked'> {
    const [charged] = await this.run('verification_charge', CHARGE, { ...this.guesses(phone), max_attempts: 3 });
    if (!charged) return 'locked';
    const { id } = charged;
    if (typeof id !== 'string') return 'wrong';
    const code_hashes = [this.hash(phone, { id, code })];
    const values = { phone, id, owner_id: this.ownerId, code_hashes };
    return (await this.run('verification_consume', CONSUME, values)).length > 0 ? 'right' : 'wrong';
  }

  /** Notes that a code could not be sent. */
  async closeUnsent(phone: string, { id }: VerificationMadeBefore): Promise<void> {
    await this.run('verification_close_unsent', CLOSE_UNSENT, { phone, id });
  }

  private guesses(phone: string) {
    return { phone, owner_id: this.ownerId, budget: 5, all_budget: 10 };
  }

  private hash(phone: string, { id, code }: VerificationMadeBefore): Buffer {
    return this.secret.mac('verification-code', `${id}\n${phone}\n${code}`);
  }

  private run(name: string, sql: string, values: Parameters<typeof inOrder>[1]): Promise<Record<string, unknown>[]> {
    const prepared = statement(name, sql);
    return this.database.query(prepared.text, inOrder(prepared, values));
  }
}
