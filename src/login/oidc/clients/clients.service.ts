import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Audit, type AuditEvent } from '../../../records/audit/audit.service.js';
import { ServerSettings } from '../../../platform/config/groups/server.js';
import { SessionSettings } from '../../../platform/config/groups/sessions.js';
import { TokenSettings } from '../../../platform/config/groups/tokens.js';
import { Database, type Transaction } from '../../../platform/database/database.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { namesState } from '../../../platform/http/state-tags.js';
import { clientOf, clientTag } from './answers.js';
import { ClientsRepository, type ClientFields, type ClientKind, type ClientRow } from './clients.repository.js';
import { isRedirectUri, isWebAddress } from './redirect-uris.js';

/** Who changes an application. */
export type ClientKeeper = Required<Pick<AuditEvent, 'userId' | 'address' | 'requestId'>>;

/** What an application may ask for unless an admin says otherwise. */
export const USUAL_SCOPES = ['openid', 'profile', 'phone', 'email'] as const;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Applications that log people in here: made, changed and looked up. */
@Injectable()
export class Clients {
  constructor(
    private readonly sessionSettings: SessionSettings,
    private readonly tokenSettings: TokenSettings,
    private readonly serverSettings: ServerSettings,
    private readonly database: Database,
    private readonly repository: ClientsRepository,
    private readonly audit: Audit,
  ) {}

  /**
   * @returns what is kept of it, and its secret if it keeps one: nobody can be shown it again
   * @throws AppError `invalid_redirect_uri`
   */
  async create(
    kind: ClientKind,
    given: Partial<ClientFields> & Pick<ClientFields, 'name'>,
    by: ClientKeeper,
  ): Promise<{ row: ClientRow; secret: string | null }> {
    const fields = this.completed(given);
    this.check(kind, fields);
    const id = uuidv7();
    const secret = kind === 'web' ? newSecret() : null;
    const client = { ...fields, id, kind, created_by: by.userId, secret_hash: secret === null ? null : hashOf(secret) };
    const row = await this.database.transaction(async (transaction) => {
      const inserted = await this.repository.insert(client, transaction);
      await this.record('oidc_client.created', inserted.id, { kind, ...fields }, by, transaction);
      return inserted;
    });
    return { row, secret };
  }

  /**
   * @param seen which state of the application was changed (`clientTag`), as `If-Match` says it; null: whichever there is
   * @throws AppError `oidc_client_not_found`, `invalid_redirect_uri`, `application_changed` when it is not as it was seen
   */
  async change(
    id: string,
    given: Partial<ClientFields>,
    by: ClientKeeper,
    seen: string | null = null,
  ): Promise<ClientRow> {
    return this.database.transaction(async (transaction) => {
      const locked = (await this.repository.lock(id, transaction)) ?? absent();
      if (!namesState(seen, clientTag(locked)))
        throw new AppError('application_changed', { details: { ...clientOf(locked) } });
      const { kind, ...before } = locked;
      const fields = { ...fieldsOf(before), ...given };
      this.check(kind, fields);
      const row = (await this.repository.update(id, fields, transaction)) ?? absent();
      if (isNarrower(fields, before)) await this.repository.endGrants(id, transaction);
      await this.record('oidc_client.changed', id, { ...given }, by, transaction);
      return row;
    });
  }

  /** @throws AppError `oidc_client_not_found`, also for one that keeps no secret */
  async rotateSecret(id: string, by: ClientKeeper): Promise<string> {
    const secret = newSecret();
    await this.database.transaction(async (transaction) => {
      const name = (await this.repository.setSecret(id, hashOf(secret), transaction)) ?? absent();
      await this.record('oidc_client.secret_rotated', id, { name }, by, transaction);
    });
    return secret;
  }

  /** @throws AppError `oidc_client_not_found` */
  async delete(id: string, by: ClientKeeper): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const name = (await this.repository.delete(id, transaction)) ?? absent();
      await this.record('oidc_client.deleted', id, { name }, by, transaction);
    });
  }

  /** @throws AppError `oidc_client_not_found` */
  async get(id: string): Promise<ClientRow> {
    return (await this.repository.find(id)) ?? absent();
  }

  /** @param cursor `nextCursor` of the page before */
  async list(cursor: string | null, limit: number): Promise<{ rows: ClientRow[]; nextCursor: string | null }> {
    const rows = await this.repository.page(cursor, limit + 1);
    const page = rows.slice(0, limit);
    return { rows: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
  }

  /** The application of a `client_id`, with the hash of its secret; null for anything else. */
  async find(clientId: string): Promise<(ClientRow & { secret_hash: Buffer | null }) | null> {
    return UUID.test(clientId) ? this.repository.find(clientId) : null;
  }

  /** What people know it by; null when there is no such application. */
  async nameOf(clientId: string): Promise<string | null> {
    return UUID.test(clientId) ? this.repository.nameOf(clientId) : null;
  }

  private completed({ name, ...given }: Partial<ClientFields> & Pick<ClientFields, 'name'>): ClientFields {
    return {
      logo_uri: null,
      redirect_uris: [],
      post_logout_redirect_uris: [],
      backchannel_logout_uri: null,
      scopes: [...USUAL_SCOPES],
      resources: [],
      first_party: false,
      access_token_seconds: 3_600,
      refresh_token_seconds: this.sessionSettings.refreshExpiresIn,
      ...given,
      name,
    };
  }

  private check(kind: ClientKind, fields: ClientFields): void {
    const sentTo = [...fields.redirect_uris, ...fields.post_logout_redirect_uris];
    const wrong = sentTo.filter((uri) => !isRedirectUri(uri, kind));
    for (const uri of [fields.logo_uri, fields.backchannel_logout_uri])
      if (uri !== null && !isWebAddress(uri)) wrong.push(uri);
    if (wrong.length > 0) throw new AppError('invalid_redirect_uri', { details: { refused: wrong } });
    if ((kind === 'device') !== (fields.redirect_uris.length === 0)) throw new AppError('invalid_redirect_uri');
    // A token for another service must never pass for one of our own API.
    const own = new Set([
      this.tokenSettings.jwtAudience,
      this.serverSettings.publicUrl,
      `${this.serverSettings.publicUrl}/`,
    ]);
    if (fields.resources.some((resource) => own.has(resource) || !isResource(resource)))
      throw new AppError('validation_failed', { details: { resources: 'refused' } });
  }

  private record(
    type: string,
    subjectId: string,
    detail: Record<string, unknown>,
    by: ClientKeeper,
    transaction: Transaction,
  ): Promise<void> {
    return this.audit.record({ type, outcome: 'success', subjectId, detail, ...by }, transaction);
  }
}

/** Whether a secret that was shown is the one that is kept as `hash` (hexadecimal). */
export function isSecret(shown: string, hash: string): boolean {
  return timingSafeEqual(hashOf(shown), Buffer.from(hash, 'hex'));
}

/** RFC 8707 section 2: an absolute URI without fragment; it is compared as a text. */
function isResource(text: string): boolean {
  return text.length <= 500 && URL.canParse(text) && !/[#\s\\]/.test(text);
}

/** 256 random bits, with a prefix that secret scanners can look for. */
function newSecret(): string {
  return `mcs_${randomBytes(32).toString('base64url')}`;
}

/** 256 random bits need no slower hash. */
function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** Whether an application may less than before: what it holds was issued for more. */
function isNarrower(now: ClientFields, before: ClientFields): boolean {
  const lacks = (kept: readonly string[], had: readonly string[]) => had.some((each) => !kept.includes(each));
  return (
    lacks(now.scopes, before.scopes) ||
    lacks(now.resources, before.resources) ||
    (before.first_party && !now.first_party)
  );
}

function fieldsOf(row: Omit<ClientRow, 'kind'>): ClientFields {
  const { id: _id, created_by: _by, created_at: _at, updated_at: _changed, ...fields } = row;
  return fields;
}

function absent(): never {
  throw new AppError('oidc_client_not_found');
}
