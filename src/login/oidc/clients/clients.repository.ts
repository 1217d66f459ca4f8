import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { statement } from '../../../platform/database/statement.js';

/** Where an application runs, which decides whether it can keep a secret (RFC 6749 section 2.1). */
export const CLIENT_KINDS = ['web', 'browser', 'native', 'device'] as const;
export type ClientKind = (typeof CLIENT_KINDS)[number];

/** An application as an admin sees it. */
export interface ClientRow {
  id: string;
  name: string;
  logo_uri: string | null;
  kind: ClientKind;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  backchannel_logout_uri: string | null;
  scopes: string[];
  resources: string[];
  first_party: boolean;
  access_token_seconds: number;
  refresh_token_seconds: number;
  created_by: string | null;
  created_at: Date;
  updated_at: Date;
}

/** What an admin decides of an application. */
export type ClientFields = Omit<ClientRow, 'id' | 'kind' | 'created_by' | 'created_at' | 'updated_at'>;

const SHOWN = `id, name, logo_uri, kind, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri, scopes, resources,
  first_party, access_token_seconds, refresh_token_seconds, created_by, created_at, updated_at`;

const INSERT = statement<ClientRow>(
  'oidc_clients_insert',
  `INSERT INTO oidc_clients (id, name, logo_uri, kind, secret_hash, redirect_uris, post_logout_redirect_uris, backchannel_logout_uri,
                             scopes, resources, first_party, access_token_seconds, refresh_token_seconds, created_by)
   VALUES (:id::uuid, :name::text, :logo_uri::text, :kind::text, :secret_hash::bytea, :redirect_uris::text[],
           :post_logout_redirect_uris::text[], :backchannel_logout_uri::text, :scopes::text[], :resources::text[],
           :first_party::bool, :access_token_seconds::int, :refresh_token_seconds::int, :created_by::uuid)
   RETURNING ${SHOWN}`,
);

const UPDATE = statement<ClientRow>(
  'oidc_clients_update',
  `UPDATE oidc_clients SET name = :name::text, logo_uri = :logo_uri::text, redirect_uris = :redirect_uris::text[],
          post_logout_redirect_uris = :post_logout_redirect_uris::text[], backchannel_logout_uri = :backchannel_logout_uri::text,
          scopes = :scopes::text[], resources = :resources::text[], first_party = :first_party::bool,
          access_token_seconds = :access_token_seconds::int, refresh_token_seconds = :refresh_token_seconds::int, updated_at = now()
    WHERE id = :id::uuid RETURNING ${SHOWN}`,
);

const FIND = statement<ClientRow & { secret_hash: Buffer | null }>(
  'oidc_clients_find',
  `SELECT ${SHOWN}, secret_hash FROM oidc_clients WHERE id = :id::uuid`,
);

const LOCK = statement<ClientRow>(
  'oidc_clients_lock',
  `SELECT ${SHOWN} FROM oidc_clients WHERE id = :id::uuid FOR NO KEY UPDATE`,
);

// The ids are UUIDv7: their order is that of making, and the primary key serves the page.
const PAGE = statement<ClientRow>(
  'oidc_clients_page',
  `SELECT ${SHOWN} FROM oidc_clients WHERE (:before::uuid IS NULL OR id < :before::uuid) ORDER BY id DESC LIMIT :count::int`,
);

const SET_SECRET = statement<{ name: string }>(
  'oidc_clients_set_secret',
  `UPDATE oidc_clients SET secret_hash = :secret_hash::bytea, updated_at = now() WHERE id = :id::uuid AND kind = 'web' RETURNING name`,
);

const DELETE = statement<{ name: string }>(
  'oidc_clients_delete',
  'DELETE FROM oidc_clients WHERE id = :id::uuid RETURNING name',
);

// What was issued goes with the grant that it was issued on.
const END_GRANTS = statement(
  'oidc_clients_end_grants',
  `DELETE FROM oidc_artifacts WHERE client_id = :id::uuid AND kind = 'Grant'`,
);

const NAME = statement<{ name: string }>('oidc_clients_name', 'SELECT name FROM oidc_clients WHERE id = :id::uuid');

@Injectable()
export class ClientsRepository {
  constructor(private readonly database: Database) {}

  async insert(
    client: ClientFields & Pick<ClientRow, 'id' | 'kind' | 'created_by'> & { secret_hash: Buffer | null },
    within: Transaction,
  ): Promise<ClientRow> {
    const [row] = await within.run(INSERT, { ...client });
    if (!row) throw new Error('an inserted client came back empty');
    return row;
  }

  /** @returns null when there is no such application */
  async update(id: string, fields: ClientFields, within: Transaction): Promise<ClientRow | null> {
    const [row] = await within.run(UPDATE, { id, ...fields });
    return row ?? null;
  }

  async find(id: string): Promise<(ClientRow & { secret_hash: Buffer | null }) | null> {
    const [row] = await this.database.run(FIND, { id });
    return row ?? null;
  }

  /** For a change that depends on what it is now. */
  async lock(id: string, within: Transaction): Promise<ClientRow | null> {
    const [row] = await within.run(LOCK, { id });
    return row ?? null;
  }

  /** @param before the id that the page begins behind; null for the newest */
  page(before: string | null, count: number): Promise<ClientRow[]> {
    return this.database.run(PAGE, { before, count });
  }

  /** @returns its name; null when there is no such application, or one that keeps no secret */
  async setSecret(id: string, secretHash: Buffer, within: Transaction): Promise<string | null> {
    const [row] = await within.run(SET_SECRET, { id, secret_hash: secretHash });
    return row?.name ?? null;
  }

  /** Deletes it, and with it all that was issued to it. */
  async delete(id: string, within: Transaction): Promise<string | null> {
    const [row] = await within.run(DELETE, { id });
    return row?.name ?? null;
  }

  /** Ends all that was issued to it, but not the application. */
  async endGrants(id: string, within: Transaction): Promise<void> {
    await within.run(END_GRANTS, { id });
  }

  async nameOf(id: string): Promise<string | null> {
    const [row] = await this.database.run(NAME, { id });
    return row?.name ?? null;
  }
}
