import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { type AccountLease, type LinkedAccountState } from './linked-account-state.js';

/** A linked account that this instance holds from now on. */
export interface TakenAccount {
  id: string;
  name: string;
  api_key_id: string | null;
  fence: number;
  phone: string | null;
  sealed_key: Buffer;
  pairing_seconds_left: number;
}

/** What the owner says of a linked account. */
export interface StateNote {
  readonly state: LinkedAccountState;
  /** Sealed; only with the state `QR`. */
  readonly sealedQr?: Buffer;
  readonly closeCode?: number;
  /** With `CONNECTED`: the account. */
  readonly phone?: string | null;
  readonly pushName?: string | null;
  /** Whether any instance should still hold it; left out, it stays as it is. */
  readonly wanted?: boolean;
}

// The fence grows, so that whatever the owner before still does for it counts no more.
const TAKE = statement<TakenAccount>(
  'session_holds_take',
  `WITH free AS (
     SELECT id FROM gateway_sessions
      WHERE wanted AND coalesce(lease_until < now(), true) AND (:only::uuid IS NULL OR id = :only::uuid)
        AND id <> ALL (:without::uuid[])
      ORDER BY lease_until NULLS FIRST LIMIT :count::int FOR UPDATE SKIP LOCKED
   )
   UPDATE gateway_sessions s
      SET owner = :owner::uuid, fence = s.fence + 1, lease_until = now() + :lease_seconds::int * interval '1 second',
          state = 'CONNECTING', sealed_qr = NULL, qr_at = NULL
     FROM free WHERE s.id = free.id
   RETURNING s.id, s.name, s.api_key_id, s.fence, s.phone, s.sealed_key,
             greatest(0, extract(epoch FROM s.pairing_until - now()))::float8 AS pairing_seconds_left`,
);

const ANY_FREE = statement<{ id: string }>(
  'session_holds_any_free',
  `SELECT id FROM gateway_sessions WHERE wanted AND coalesce(lease_until < now(), true) LIMIT 1`,
);

const RENEW = statement<{ id: string; fence: number }>(
  'session_holds_renew',
  `UPDATE gateway_sessions s SET lease_until = now() + :lease_seconds::int * interval '1 second'
     FROM unnest(:ids::uuid[], :fences::int[]) AS mine (id, fence)
    WHERE s.id = mine.id AND s.fence = mine.fence AND s.owner = :owner::uuid
   RETURNING s.id, s.fence`,
);

const RELEASE = statement<{ id: string }>(
  'session_holds_release',
  `UPDATE gateway_sessions s SET owner = NULL, lease_until = NULL,
          state = CASE WHEN s.state IN ('DISCONNECTED', 'LOGGED_OUT') THEN s.state ELSE 'CONNECTING' END, sealed_qr = NULL, qr_at = NULL
     FROM unnest(:ids::uuid[], :fences::int[]) AS mine (id, fence)
    WHERE s.id = mine.id AND s.fence = mine.fence AND s.owner = :owner::uuid
   RETURNING s.id`,
);

const HELD = 'id = :id::uuid AND owner = :owner::uuid AND fence = :fence::int';

const NOTE = statement<{ id: string }>(
  'session_holds_note',
  `UPDATE gateway_sessions
      SET state = :state::gateway_session_state, wanted = coalesce(:wanted::boolean, wanted),
          sealed_qr = :sealed_qr::bytea, qr_at = CASE WHEN :sealed_qr::bytea IS NOT NULL THEN now() END,
          close_code = CASE WHEN :state::text = 'CONNECTED' THEN NULL ELSE coalesce(:close_code::int, close_code) END,
          phone = coalesce(:phone::text, phone), push_name = coalesce(:push_name::text, push_name),
          linked_at = CASE WHEN :state::text = 'CONNECTED' THEN coalesce(linked_at, now()) ELSE linked_at END,
          last_connected_at = CASE WHEN :state::text = 'CONNECTED' THEN now() ELSE last_connected_at END
    WHERE ${HELD} RETURNING id`,
);

// All at once: an account that is not linked any more leaves no key behind, and the next one begins with a new one. The
// lease ends with it, so that a write that is still under way cannot bring a key back.
const FORGET = statement<{ id: string }>(
  'session_holds_forget',
  `WITH forgotten AS (
     UPDATE gateway_sessions
        SET state = 'LOGGED_OUT', wanted = false, sealed_qr = NULL, qr_at = NULL, close_code = :close_code::int,
            phone = NULL, push_name = NULL, linked_at = NULL, sealed_key = :sealed_key::bytea, restricted_until = NULL, restrictions = 0,
            owner = NULL, lease_until = NULL, fence = fence + 1
      WHERE ${HELD} RETURNING id
   ), gone AS (
     DELETE FROM gateway_keys g USING forgotten f WHERE g.session_id = f.id
   )
   SELECT id FROM forgotten`,
);

// Each restriction in a row lasts twice as long as the one before, from a quarter of an hour to a day.
const RESTRICT = statement(
  'session_holds_restrict',
  `UPDATE gateway_sessions
      SET restrictions = least(restrictions + 1, 20),
          restricted_until = now() + least(interval '1 day', interval '15 minutes' * 2 ^ least(restrictions, 7))
    WHERE ${HELD}`,
);

@Injectable()
export class AccountLeasesRepository {
  constructor(private readonly database: Database) {}

  /**
   * Takes linked accounts that nobody holds.
   *
   * @param only this one, if nobody holds it; null: any
   * @param without those that this instance cannot use
   */
  take(
    owner: string,
    leaseSeconds: number,
    { only = null, without = [], count }: { only?: string | null; without?: readonly string[]; count: number },
  ): Promise<TakenAccount[]> {
    return this.database.run(TAKE, { owner, lease_seconds: leaseSeconds, only, without, count });
  }

  /** Whether there is a linked account that nobody holds. */
  async anyFree(): Promise<boolean> {
    return (await this.database.run(ANY_FREE, {})).length > 0;
  }

  /** @returns the leases that are renewed; the others are lost */
  async renew(leases: readonly AccountLease[], leaseSeconds: number): Promise<Set<AccountLease>> {
    const renewed = await this.database.run(RENEW, { ...arrays(leases), lease_seconds: leaseSeconds });
    const held = new Set(renewed.map(({ id, fence }) => `${id} ${fence}`));
    return new Set(leases.filter(({ sessionId, fence }) => held.has(`${sessionId} ${fence}`)));
  }

  /** Lets another instance take them at once. */
  async release(leases: readonly AccountLease[]): Promise<void> {
    if (leases.length > 0) await this.database.run(RELEASE, arrays(leases));
  }

  /** @returns whether the linked account is still held */
  async note(lease: AccountLease, note: StateNote): Promise<boolean> {
    const rows = await this.database.run(NOTE, {
      ...named(lease),
      state: note.state,
      wanted: note.wanted ?? null,
      sealed_qr: note.sealedQr ?? null,
      close_code: note.closeCode ?? null,
      phone: note.phone ?? null,
      push_name: note.pushName ?? null,
    });
    return rows.length > 0;
  }

  /** Forgets the linked account with all its keys, and ends the lease. @param sealedKey the key of what may come */
  async forget(lease: AccountLease, closeCode: number, sealedKey: Buffer): Promise<boolean> {
    const values = { ...named(lease), close_code: closeCode, sealed_key: sealedKey };
    return (await this.database.run(FORGET, values)).length > 0;
  }

  /** Lets it write only to people that it has heard from, for a while. */
  async restrict(lease: AccountLease): Promise<void> {
    await this.database.run(RESTRICT, named(lease));
  }
}

function named({ sessionId, owner, fence }: AccountLease) {
  return { id: sessionId, owner, fence };
}

/** Holds of one owner. */
function arrays(leases: readonly AccountLease[]) {
  return {
    owner: leases[0]?.owner ?? null,
    ids: leases.map(({ sessionId }) => sessionId),
    fences: leases.map(({ fence }) => fence),
  };
}
