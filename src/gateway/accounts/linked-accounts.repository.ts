import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { type LinkedAccountState } from '../link/linked-account-state.js';
import { statement } from '../../platform/database/statement.js';

/** A linked account as its callers may see it. */
export interface LinkedAccountRow {
  id: string;
  name: string;
  api_key_id: string | null;
  /** As its owner last said; with an owner that is gone, what becomes of it. */
  state: LinkedAccountState;
  wanted: boolean;
  /** E.164 of the linked account; null until one is linked. */
  phone: string | null;
  push_name: string | null;
  sealed_key: Buffer;
  sealed_qr: Buffer | null;
  restricted: boolean;
  last_connected_at: Date | null;
}

/** Who holds a linked account, and what waits to be sent by it. */
export interface HoldRow {
  id: string;
  /** The instance that holds it; null: none does. */
  owner: string | null;
  lease_until: Date | null;
  waiting: number;
  sending: number;
  /** When the oldest of both was queued. */
  oldest_at: Date | null;
}

/** The state of a linked account. */
export type LinkedAccountStateRow = Pick<LinkedAccountRow, 'id' | 'name' | 'state' | 'last_connected_at'>;

// Of a linked account whose owner is gone nobody knows more than that it will be taken up, or is not wanted.
const STATE = `CASE WHEN coalesce(lease_until > now(), false) OR state IN ('DISCONNECTED', 'LOGGED_OUT') THEN state
       WHEN wanted THEN 'CONNECTING' ELSE 'DISCONNECTED' END::gateway_session_state AS state`;

const SHOWN = `id, name, api_key_id, wanted, phone, push_name, sealed_key, last_connected_at,
  ${STATE},
  CASE WHEN lease_until > now() AND qr_at > now() - interval '5 minutes' THEN sealed_qr END AS sealed_qr,
  coalesce(restricted_until > now(), false) AS restricted`;

// Two statements: the second one's snapshot is younger than the lock, so it counts what was made before us.
const LOCK_COUNT = statement('gateway_sessions_lock_count', `SELECT pg_advisory_xact_lock(7203004)`);

const INSERT = statement<LinkedAccountRow>(
  'gateway_sessions_insert',
  `INSERT INTO gateway_sessions (id, name, api_key_id, sealed_key, pairing_until)
   SELECT :id::uuid, :name::text, :api_key_id::uuid, :sealed_key::bytea, now() + :pairing_seconds::int * interval '1 second'
     FROM (SELECT count(*) AS taken, count(*) FILTER (WHERE api_key_id = :api_key_id::uuid) AS own,
                  count(*) FILTER (WHERE api_key_id IS NULL) AS of_admins
             FROM gateway_sessions) AS c
    WHERE c.taken < :most::int
      -- The last place is for an admin, as long as admins have none.
      AND (:api_key_id::uuid IS NULL OR c.of_admins > 0 OR c.taken < :most::int - 1)
      -- A key has at most half of what the others leave, so that there is always room for one more of theirs.
      AND (:api_key_id::uuid IS NULL OR 2 * c.own < :most::int - (c.taken - c.own))
   RETURNING ${SHOWN}`,
);

const BY_NAME = statement<LinkedAccountRow>(
  'gateway_sessions_by_name',
  `SELECT ${SHOWN} FROM gateway_sessions WHERE name = :name::text AND api_key_id = :api_key_id::uuid`,
);

// Who sees all linked accounts means their own first, then the one with this id, then whoever's has this name.
const BY_NAME_OF_ALL = statement<LinkedAccountRow & { exact: boolean }>(
  'gateway_sessions_by_name_of_all',
  `SELECT ${SHOWN}, api_key_id IS NULL OR id::text = :name::text AS exact FROM gateway_sessions
    WHERE name = :name::text OR id::text = :name::text
    ORDER BY api_key_id IS NULL AND name = :name::text DESC, id::text = :name::text DESC LIMIT 2`,
);

const BY_ID = statement<LinkedAccountRow>(
  'gateway_sessions_by_id',
  `SELECT ${SHOWN} FROM gateway_sessions WHERE id = :id::uuid`,
);

const LIST = statement<LinkedAccountRow>(
  'gateway_sessions_list',
  `SELECT ${SHOWN} FROM gateway_sessions
    WHERE (:api_key_id::uuid IS NULL OR api_key_id = :api_key_id::uuid) AND (name, id) > (:after_name::text, :after_id::uuid)
    ORDER BY name, id LIMIT :count::int`,
);

const HOLDS = statement<HoldRow>(
  'gateway_sessions_holds',
  `SELECT s.id, CASE WHEN s.lease_until > now() THEN s.owner END AS owner,
          CASE WHEN s.lease_until > now() THEN s.lease_until END AS lease_until, q.waiting, q.sending, q.oldest_at
     FROM gateway_sessions s
     CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE g.state = 'QUEUED')::int AS waiting,
                                count(*) FILTER (WHERE g.state = 'SENDING')::int AS sending, min(g.created_at) AS oldest_at
                           FROM gateway_messages g WHERE g.session_id = s.id AND g.state IN ('QUEUED', 'SENDING')) AS q
    WHERE s.id = ANY (:ids::uuid[])`,
);

const STATES = statement<LinkedAccountStateRow>(
  'gateway_sessions_states',
  `SELECT id, name, last_connected_at, ${STATE}
     FROM gateway_sessions
    WHERE :api_key_id::uuid IS NULL OR api_key_id = :api_key_id::uuid
    ORDER BY name`,
);

// One that is restricted comes last, unless it may write to this number. First comes the one that the number wrote to
// last, else the one that wrote to it last.
const FOR_LADDER = statement<LinkedAccountRow>(
  'gateway_sessions_for_ladder',
  `SELECT s.* FROM (SELECT ${SHOWN} FROM gateway_sessions
    WHERE api_key_id IS NULL AND (:name::text IS NULL OR name = :name::text)) s
     LEFT JOIN gateway_contacts c ON c.session_id = s.id AND c.contact_hash = :contact_hash::bytea
    WHERE s.state = 'CONNECTED'
    ORDER BY s.restricted AND c.heard_at IS NULL, c.heard_at DESC NULLS LAST, c.wrote_at DESC NULLS LAST, s.last_connected_at DESC
    LIMIT 1`,
);

const LADDER_STATES = statement<{ state: LinkedAccountState }>(
  'gateway_sessions_ladder_states',
  `SELECT s.state FROM (SELECT ${SHOWN} FROM gateway_sessions
    WHERE api_key_id IS NULL AND (:name::text IS NULL OR name = :name::text)) s
    ORDER BY s.state = 'CONNECTED' DESC, s.state = 'QR' DESC LIMIT 1`,
);

// A person wants it to try again: also one that nobody held, or that waits for a scan that never came.
const RESTART = statement<LinkedAccountRow>(
  'gateway_sessions_restart',
  `UPDATE gateway_sessions
      SET wanted = true, pairing_until = now() + :pairing_seconds::int * interval '1 second', close_code = NULL,
          state = CASE WHEN lease_until > now() THEN state ELSE 'CONNECTING' END,
          sealed_qr = CASE WHEN lease_until > now() THEN sealed_qr END, qr_at = CASE WHEN lease_until > now() THEN qr_at END
    WHERE id = :id::uuid RETURNING ${SHOWN}`,
);

const KEYS = statement<{ id: string; sealed_key: Buffer }>(
  'gateway_sessions_keys',
  `SELECT id, sealed_key FROM gateway_sessions ORDER BY id`,
);

// An account that was forgotten meanwhile has another key by now.
const RESEAL = statement(
  'gateway_sessions_reseal',
  `UPDATE gateway_sessions SET sealed_key = :sealed_key::bytea WHERE id = :id::uuid AND sealed_key = :before::bytea`,
);

// As when its account was logged out (account-leases.repository.ts), whoever holds it.
const FORGET_ACCOUNT = statement<{ linked: boolean }>(
  'gateway_sessions_forget_account',
  `WITH before AS (
     SELECT id, phone IS NOT NULL AS linked FROM gateway_sessions WHERE id = :id::uuid FOR UPDATE
   ), forgotten AS (
     UPDATE gateway_sessions s
        SET state = 'LOGGED_OUT', wanted = false, sealed_qr = NULL, qr_at = NULL, close_code = NULL, phone = NULL, push_name = NULL,
            linked_at = NULL, sealed_key = :sealed_key::bytea, restricted_until = NULL, restrictions = 0,
            owner = NULL, lease_until = NULL, fence = fence + 1
       FROM before WHERE s.id = before.id
   ), keys AS (
     DELETE FROM gateway_keys g USING before WHERE g.session_id = before.id
   ), tickets AS (
     DELETE FROM gateway_tickets t USING before WHERE t.session_id = before.id
   )
   SELECT linked FROM before`,
);

const DELETE = statement<{ id: string }>(
  'gateway_sessions_delete',
  `DELETE FROM gateway_sessions WHERE id = :id::uuid RETURNING id`,
);

@Injectable()
export class LinkedAccountsRepository {
  constructor(private readonly database: Database) {}

  /**
   * @returns null when there are as many as there may be, or as many as one key may have
   * @throws the database's error of `gateway_sessions_name_key` or `gateway_sessions_api_key_id_name_key` when the maker
   *   has one of that name
   */
  async insert(
    session: { id: string; name: string; apiKeyId: string | null; sealedKey: Buffer },
    pairingSeconds: number,
    most: number,
  ): Promise<LinkedAccountRow | null> {
    const { id, name, apiKeyId, sealedKey } = session;
    const values = { id, name, api_key_id: apiKeyId, sealed_key: sealedKey, pairing_seconds: pairingSeconds, most };
    return this.database.transaction(async (transaction) => {
      await transaction.run(LOCK_COUNT, {});
      const [row] = await transaction.run(INSERT, values);
      return row ?? null;
    });
  }

  async byName(name: string, apiKeyId: string): Promise<LinkedAccountRow | null> {
    const [row] = await this.database.run(BY_NAME, { name, api_key_id: apiKeyId });
    return row ?? null;
  }

  /**
   * For who sees all linked accounts: by the name of one that no key made, by an id, or by a name that only one key uses.
   *
   * @returns `several` where keys share the name
   */
  async byNameOfAll(name: string): Promise<LinkedAccountRow | null | 'several'> {
    const [first, second] = await this.database.run(BY_NAME_OF_ALL, { name });
    if (!first) return null;
    return first.exact || !second ? first : 'several';
  }

  async byId(id: string): Promise<LinkedAccountRow | null> {
    const [row] = await this.database.run(BY_ID, { id });
    return row ?? null;
  }

  /** By name and id; @param after what the page begins behind */
  list(apiKeyId: string | null, after: { name: string; id: string }, count: number): Promise<LinkedAccountRow[]> {
    const values = { api_key_id: apiKeyId, after_name: after.name, after_id: after.id, count };
    return this.database.run(LIST, values);
  }

  /** Who holds these, and what waits to be sent. */
  holds(ids: readonly string[]): Promise<HoldRow[]> {
    return this.database.run(HOLDS, { ids });
  }

  /** By name. @param apiKeyId whose; null: all */
  states(apiKeyId: string | null): Promise<LinkedAccountStateRow[]> {
    return this.database.run(STATES, { api_key_id: apiKeyId });
  }

  /** @param name the one that the ladder may use; null: any. Never one that an API key made */
  async forLadder(name: string | null, contactHash: Buffer): Promise<LinkedAccountRow | null> {
    const [row] = await this.database.run(FOR_LADDER, { name, contact_hash: contactHash });
    return row ?? null;
  }

  /** The best state among the linked accounts that the ladder may use; null without any. */
  async ladderState(name: string | null): Promise<LinkedAccountState | null> {
    const [row] = await this.database.run(LADDER_STATES, { name });
    return row?.state ?? null;
  }

  async restart(id: string, pairingSeconds: number): Promise<LinkedAccountRow | null> {
    const [row] = await this.database.run(RESTART, { id, pairing_seconds: pairingSeconds });
    return row ?? null;
  }

  /** The sealed keys of all linked accounts. */
  keys(): Promise<{ id: string; sealed_key: Buffer }[]> {
    return this.database.run(KEYS, {});
  }

  async reseal(id: string, before: Buffer, sealedKey: Buffer): Promise<void> {
    await this.database.run(RESEAL, { id, before, sealed_key: sealedKey });
  }

  /**
   * Forgets its linked account with all keys, and the links to its QR page.
   *
   * @param sealedKey the key of what may come
   * @returns whether an account was linked
   */
  async forgetAccount(id: string, sealedKey: Buffer): Promise<boolean> {
    const [row] = await this.database.run(FORGET_ACCOUNT, { id, sealed_key: sealedKey });
    return row?.linked ?? false;
  }

  /** Its keys, messages and all the rest go with it. */
  async delete(id: string): Promise<void> {
    await this.database.run(DELETE, { id });
  }
}
