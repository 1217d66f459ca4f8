import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Audit, type AuditEvent } from '../../records/audit/audit.service.js';
import { Database } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type Scope } from '../../platform/http/access.decorators.js';
import { LeasedLimits } from '../../platform/limits/leased-limits.js';
import { ApiKeysRepository, type ApiKeyRow } from './api-keys.repository.js';

/** A key as another service sends it: 256 random bits, with a prefix that secret scanners can look for. */
const KEY = /^msk_[A-Za-z0-9_-]{43}$/;

/** First characters of a key, to tell it from others: the prefix and 24 bits; 232 stay unknown. */
const HINT_LENGTH = 8;

const DEFAULT_REQUESTS_PER_MINUTE = 600;

/** What a new key shall be. */
export interface WantedApiKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Null: until it is revoked. */
  readonly expiresAt: Date | null;
  readonly requestsPerMinute: number | undefined;
}

/** Who makes or revokes a key; the command line has no account, address or request. */
export type KeyKeeper = Required<Pick<AuditEvent, 'userId' | 'address' | 'requestId'>>;

/** The key that a call came with. */
export interface UsedApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** Keys of other services: made, listed, revoked, and checked at each call. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly database: Database,
    private readonly repository: ApiKeysRepository,
    private readonly audit: Audit,
    private readonly limits: LeasedLimits,
  ) {}

  /** @returns the key itself, which nobody can be shown again, and what is kept of it */
  async create(wanted: WantedApiKey, by: KeyKeeper): Promise<{ key: string; row: ApiKeyRow }> {
    const key = `msk_${randomBytes(32).toString('base64url')}`;
    const { name, scopes, expiresAt, requestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE } = wanted;
    const kept = { id: uuidv7(), name, scopes, expiresAt, requestsPerMinute, createdBy: by.userId };
    const row = await this.database.transaction(async (transaction) => {
      const hint = key.slice(0, HINT_LENGTH);
      const inserted = await this.repository.insert({ ...kept, keyHash: hashOf(key), hint }, transaction);
      const detail = { name, scopes, requestsPerMinute, expiresAt: expiresAt?.toISOString() ?? null };
      const event = { type: 'api_key.created', outcome: 'success', subjectId: kept.id, detail, ...by } as const;
      await this.audit.record(event, transaction);
      return inserted;
    });
    return { key, row };
  }

  /**
   * All keys, revoked ones too, newest first.
   *
   * @param cursor `nextCursor` of the page before
   */
  async list(cursor: string | null, limit: number): Promise<{ rows: ApiKeyRow[]; nextCursor: string | null }> {
    const rows = await this.repository.page(cursor, limit + 1);
    const page = rows.slice(0, limit);
    return { rows: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
  }

  /**
   * Ends a key; it is refused at its next call. One that is revoked already stays as it is.
   *
   * @throws AppError `api_key_not_found`
   */
  async revoke(id: string, by: KeyKeeper): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const name = await this.repository.revoke(id, transaction);
      if (name !== null) {
        const event = { type: 'api_key.revoked', outcome: 'success', subjectId: id, detail: { name }, ...by } as const;
        await this.audit.record(event, transaction);
      } else if (!(await this.repository.exists(id, transaction))) {
        throw new AppError('api_key_not_found');
      }
    });
  }

  /** Ends every key that lives. @returns how many there were */
  async revokeAll(by: KeyKeeper): Promise<number> {
    let revoked = 0;
    let cursor: string | null = null;
    do {
      const page: { rows: ApiKeyRow[]; nextCursor: string | null } = await this.list(cursor, 100);
      for (const { id } of page.rows.filter(({ revoked_at }) => revoked_at === null)) {
        await this.revoke(id, by);
        revoked += 1;
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    return revoked;
  }

  /** Whether a key that was let in lives still; for answers that go on. Charges nothing. */
  lives(id: string): Promise<boolean> {
    return this.repository.lives(id);
  }

  /**
   * Checks the key that a call came with, and charges the call to it.
   *
   * @throws AppError `invalid_api_key` when it is unknown, expired, revoked or no key at all, `rate_limited` beyond its
   *   requests a minute
   */
  async use(presented: string): Promise<UsedApiKey> {
    if (!KEY.test(presented)) throw new AppError('invalid_api_key');
    const used = await this.repository.use(hashOf(presented));
    if (!used) throw new AppError('invalid_api_key');
    const { id, name, scopes, requests_per_minute: cap, dead } = used;
    // Somebody still has a key that was taken away: worth more than a line in a log.
    if (dead !== null) throw new AppError('invalid_api_key', { concerns: { subjectId: id, reason: dead } });
    const refusedFor = await this.limits.reserve({ name: 'api_key', cap, seconds: 60 }, id);
    if (refusedFor !== null)
      throw new AppError('rate_limited', { retryAfter: refusedFor, concerns: { subjectId: id } });
    return { id, name, scopes };
  }
}

/** SHA-256 of a key: what is stored of it. 256 random bits need no slower hash. */
function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
