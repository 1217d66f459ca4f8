import { Injectable } from '@nestjs/common';
import { isLiveKey } from '../../identity/api-keys/api-keys.sql.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** A webhook as its owner may see it. */
export interface WebhookRow {
  id: string;
  api_key_id: string | null;
  url: string;
  events: string[];
  created_at: Date;
  last_success_at: Date | null;
  failing_since: Date | null;
  disabled_at: Date | null;
  disabled_for: 'failures' | 'gone' | null;
}

const SHOWN = 'id, api_key_id, url, events, created_at, last_success_at, failing_since, disabled_at, disabled_for';

/** Webhooks that `:api_key_id` may see; null: all. */
const OWNED = '(:api_key_id::uuid IS NULL OR api_key_id = :api_key_id::uuid)';

// Two statements: the second one's snapshot is younger than the lock, so it counts what was made before us.
const LOCK_OWNER = statement(
  'webhooks_lock_owner',
  `SELECT pg_advisory_xact_lock(7203003, hashtext(coalesce(:api_key_id::text, '')))`,
);

const INSERT = statement<WebhookRow>(
  'webhooks_insert',
  `INSERT INTO webhooks (id, api_key_id, url, events, sealed_secret)
   SELECT :id::uuid, :api_key_id::uuid, :url::text, :events::text[], :sealed_secret::bytea
    WHERE (SELECT count(*) FROM webhooks WHERE api_key_id IS NOT DISTINCT FROM :api_key_id::uuid) < :most::int
   RETURNING ${SHOWN}`,
);

const LIST = statement<WebhookRow>(
  'webhooks_list',
  `SELECT ${SHOWN} FROM webhooks WHERE ${OWNED} AND (:before::uuid IS NULL OR id < :before::uuid) ORDER BY id DESC LIMIT :count::int`,
);

const BY_ID = statement<WebhookRow>(
  'webhooks_by_id',
  `SELECT ${SHOWN} FROM webhooks WHERE id = :id::uuid AND ${OWNED}`,
);

const DELETE = statement<{ url: string }>(
  'webhooks_delete',
  `DELETE FROM webhooks WHERE id = :id::uuid AND ${OWNED} RETURNING url`,
);

// Who is told of something that happened to a linked account of this key: its own webhooks, and the admins'.
const SUBSCRIBERS = statement<{ id: string }>(
  'webhooks_subscribers',
  `SELECT w.id FROM webhooks w
    WHERE w.disabled_at IS NULL AND :event::text = ANY (w.events)
      AND (w.api_key_id IS NULL OR (w.api_key_id = :api_key_id::uuid AND ${isLiveKey('w.api_key_id')}))`,
);

const ENABLE = statement<{ id: string }>(
  'webhooks_enable',
  `UPDATE webhooks SET disabled_at = NULL, disabled_for = NULL, failing_since = NULL
    WHERE id = :id::uuid AND disabled_at IS NOT NULL RETURNING id`,
);

const SECRETS = statement<{ id: string; sealed_secret: Buffer }>(
  'webhooks_secrets',
  'SELECT id, sealed_secret FROM webhooks',
);

const RESEAL = statement(
  'webhooks_reseal',
  'UPDATE webhooks SET sealed_secret = :sealed_secret::bytea WHERE id = :id::uuid AND sealed_secret = :before::bytea',
);

@Injectable()
export class WebhooksRepository {
  constructor(private readonly database: Database) {}

  /** @returns null when the owner has as many as there may be */
  async insert(
    webhook: { id: string; apiKeyId: string | null; url: string; events: readonly string[]; sealedSecret: Buffer },
    most: number,
    within: Transaction,
  ): Promise<WebhookRow | null> {
    const { id, apiKeyId, url, events, sealedSecret } = webhook;
    const values = { id, api_key_id: apiKeyId, url, events, sealed_secret: sealedSecret, most };
    await within.run(LOCK_OWNER, { api_key_id: apiKeyId });
    const [row] = await within.run(INSERT, values);
    return row ?? null;
  }

  /** Newest first. @param apiKeyId whose; null: all. @param before the id that the page begins behind */
  list(apiKeyId: string | null, before: string | null, count: number): Promise<WebhookRow[]> {
    return this.database.run(LIST, { api_key_id: apiKeyId, before, count });
  }

  async byId(id: string, apiKeyId: string | null): Promise<WebhookRow | null> {
    const [row] = await this.database.run(BY_ID, { id, api_key_id: apiKeyId });
    return row ?? null;
  }

  /** With its deliveries. @returns whether there was one */
  async delete(id: string, apiKeyId: string | null, within: Transaction): Promise<boolean> {
    return (await within.run(DELETE, { id, api_key_id: apiKeyId })).length > 0;
  }

  /** @param apiKeyId whose linked account it happened to; null: an admin's */
  async subscribers(event: string, apiKeyId: string | null): Promise<string[]> {
    return (await this.database.run(SUBSCRIBERS, { event, api_key_id: apiKeyId })).map(({ id }) => id);
  }

  async enable(id: string): Promise<void> {
    await this.database.run(ENABLE, { id });
  }

  secrets(): Promise<{ id: string; sealed_secret: Buffer }[]> {
    return this.database.run(SECRETS, {});
  }

  async reseal(id: string, before: Buffer, sealedSecret: Buffer): Promise<void> {
    await this.database.run(RESEAL, { id, before, sealed_secret: sealedSecret });
  }
}
