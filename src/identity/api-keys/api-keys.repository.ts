import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { type Scope } from '../../platform/http/access.decorators.js';

/** A key as an admin sees it. */
export interface ApiKeyRow {
  id: string;
  name: string;
  hint: string;
  scopes: Scope[];
  requests_per_minute: number;
  created_by: string | null;
  created_at: Date;
  expires_at: Date | null;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

/** What a call with a key needs to know of it. */
export type UsedApiKeyRow = Pick<ApiKeyRow, 'id' | 'name' | 'scopes' | 'requests_per_minute'> & {
  /** Why it is worth nothing any more; null while it lives. */
  dead: 'revoked' | 'expired' | null;
};

/** A key to be kept. */
export interface NewApiKeyRow {
  readonly id: string;
  readonly name: string;
  readonly keyHash: Buffer;
  readonly hint: string;
  readonly scopes: readonly Scope[];
  readonly requestsPerMinute: number;
  readonly createdBy: string | null;
  readonly expiresAt: Date | null;
}

const SHOWN =
  'id, name, hint, scopes, requests_per_minute, created_by, created_at, expires_at, last_used_at, revoked_at';

const INSERT = statement<ApiKeyRow>(
  'api_keys_insert',
  `INSERT INTO api_keys (id, name, key_hash, hint, scopes, requests_per_minute, created_by, expires_at)
   VALUES (:id::uuid, :name::text, :key_hash::bytea, :hint::text, :scopes::text[], :requests_per_minute::int,
           :created_by::uuid, :expires_at::timestamptz)
   RETURNING ${SHOWN}`,
);

// One probe of the unique index for every call, known key or not, and no cache: what is revoked anywhere is
// refused at the next call everywhere. The use is noted at most once a minute, so that a busy key does not contend on its row.
const USE = statement<UsedApiKeyRow>(
  'api_keys_use',
  `WITH found AS (
     SELECT id, name, scopes, requests_per_minute,
            CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at <= now() THEN 'expired' END AS dead
       FROM api_keys WHERE key_hash = :key_hash::bytea
   ), noted AS (
     UPDATE api_keys k SET last_used_at = now() FROM found
      WHERE k.id = found.id AND found.dead IS NULL
        AND (k.last_used_at IS NULL OR k.last_used_at <= now() - interval '1 minute')
   )
   SELECT id, name, scopes, requests_per_minute, dead FROM found`,
);

// The ids are UUIDv7: their order is that of making, and the primary key serves the page.
const PAGE = statement<ApiKeyRow>(
  'api_keys_page',
  `SELECT ${SHOWN} FROM api_keys WHERE :before::uuid IS NULL OR id < :before::uuid ORDER BY id DESC LIMIT :count::int`,
);

const REVOKE = statement<{ name: string }>(
  'api_keys_revoke',
  `UPDATE api_keys SET revoked_at = now() WHERE id = :id::uuid AND revoked_at IS NULL RETURNING name`,
);

const LIVES = statement<{ lives: boolean }>(
  'api_keys_lives',
  `SELECT revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AS lives FROM api_keys WHERE id = :id::uuid`,
);

const EXISTS = statement<{ id: string }>('api_keys_exists', 'SELECT id FROM api_keys WHERE id = :id::uuid');

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async insert(key: NewApiKeyRow, within: Transaction): Promise<ApiKeyRow> {
    const [row] = await within.run(INSERT, {
      id: key.id,
      name: key.name,
      key_hash: key.keyHash,
      hint: key.hint,
      scopes: key.scopes,
      requests_per_minute: key.requestsPerMinute,
      created_by: key.createdBy,
      expires_at: key.expiresAt,
    });
    if (!row) throw new Error('an inserted key came back empty');
    return row;
  }

  /** The key of this hash; notes that it was used unless it is dead. */
  async use(keyHash: Buffer): Promise<UsedApiKeyRow | null> {
    const [row] = await this.database.run(USE, { key_hash: keyHash });
    return row ?? null;
  }

  async lives(id: string): Promise<boolean> {
    const [row] = await this.database.run(LIVES, { id });
    return row?.lives ?? false;
  }

  /** @param before the id that the page begins behind; null for the newest */
  page(before: string | null, count: number): Promise<ApiKeyRow[]> {
    return this.database.run(PAGE, { before, count });
  }

  /** @returns the name of the key, if it was alive until now */
  async revoke(id: string, within: Transaction): Promise<string | null> {
    const [row] = await within.run(REVOKE, { id });
    return row?.name ?? null;
  }

  async exists(id: string, within: Transaction): Promise<boolean> {
    return (await within.run(EXISTS, { id })).length > 0;
  }
}
