import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.js';
import { type AccountLease } from '../linked-account-state.js';
import { statement } from '../../../platform/database/statement.js';

/** A value of a linked account's state by the hash of its name; null deletes it. */
export interface SealedWrite {
  readonly nameHash: Buffer;
  readonly value: Buffer | null;
}

const READ = statement<{ name_hash: Buffer; sealed_value: Buffer }>(
  'gateway_keys_read',
  `SELECT name_hash, sealed_value FROM gateway_keys
    WHERE session_id = :session_id::uuid AND name_hash = ANY (:names::bytea[])`,
);

// One statement, so that it is written whole or not at all, for many linked accounts at once. The row lock makes a
// takeover wait until it is written, or this write find that it came too late; whose fence is old writes nothing.
const WRITE = statement<{ id: string; fence: number }>(
  'gateway_keys_write',
  `WITH held AS (
     SELECT s.id, s.fence FROM gateway_sessions s
       JOIN unnest(:sessions::uuid[], :owners::uuid[], :fences::int[]) AS w (id, owner, fence)
         ON s.id = w.id AND s.owner = w.owner AND s.fence = w.fence
        FOR SHARE OF s
   ), wanted AS (
     SELECT k.session_id, k.name_hash, k.value
       FROM unnest(:of_session::uuid[], :of_fence::int[], :name_hash::bytea[], :value::bytea[])
         AS k (session_id, fence, name_hash, value)
       JOIN held ON held.id = k.session_id AND held.fence = k.fence
   ), removed AS (
     DELETE FROM gateway_keys g USING wanted w
      WHERE w.value IS NULL AND g.session_id = w.session_id AND g.name_hash = w.name_hash
   ), kept AS (
     INSERT INTO gateway_keys (session_id, name_hash, sealed_value)
     SELECT session_id, name_hash, value FROM wanted WHERE value IS NOT NULL
         ON CONFLICT (session_id, name_hash) DO UPDATE SET sealed_value = EXCLUDED.sealed_value
   )
   SELECT id, fence FROM held`,
);

@Injectable()
export class GatewayKeysRepository {
  constructor(private readonly database: Database) {}

  /** The values that there are, by the hex of their name's hash. */
  async read(sessionId: string, names: readonly Buffer[]): Promise<Map<string, Buffer>> {
    const rows = await this.database.run(READ, { session_id: sessionId, names });
    return new Map(rows.map(({ name_hash, sealed_value }) => [name_hash.toString('hex'), sealed_value]));
  }

  /** @returns the leases that still hold; for the others nothing was written */
  async write(work: ReadonlyMap<AccountLease, readonly SealedWrite[]>): Promise<Set<AccountLease>> {
    const leases = [...work.keys()];
    const writes = [...work].flatMap(([{ sessionId, fence }, each]) =>
      each.map((write) => ({ sessionId, fence, ...write })),
    );
    const rows = await this.database.run(WRITE, {
      sessions: leases.map(({ sessionId }) => sessionId),
      owners: leases.map(({ owner }) => owner),
      fences: leases.map(({ fence }) => fence),
      of_session: writes.map(({ sessionId }) => sessionId),
      of_fence: writes.map(({ fence }) => fence),
      name_hash: writes.map(({ nameHash }) => nameHash),
      value: writes.map(({ value }) => value),
    });
    const held = new Set(rows.map(({ id, fence }) => `${id} ${fence}`));
    return new Set(leases.filter(({ sessionId, fence }) => held.has(`${sessionId} ${fence}`)));
  }
}
