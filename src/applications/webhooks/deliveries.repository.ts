import { Injectable } from '@nestjs/common';
import { isLiveKey } from '../../identity/api-keys/api-keys.sql.js';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { type SendResult } from './webhook-sender.js';

export type DeliveryState = 'PENDING' | 'DELIVERED' | 'FAILED';

/** A delivery as its owner may see it: never what is in it. */
export interface DeliveryRow {
  id: string;
  event: string;
  state: DeliveryState;
  attempts: number;
  next_attempt_at: Date | null;
  last_status: number | null;
  last_error: string | null;
  created_at: Date;
  delivered_at: Date | null;
}

/** A delivery that this instance is to make now. */
export interface ClaimedDelivery {
  id: string;
  webhook_id: string;
  sealed_body: Buffer;
  fence: number;
  attempts: number;
  url: string;
  sealed_secret: Buffer;
}

// Who never takes anything is not kept more for than this: what comes in is not ours to bound.
const INSERT = statement<{ id: string }>(
  'webhook_deliveries_insert',
  `INSERT INTO webhook_deliveries (id, webhook_id, event, sealed_body, next_attempt_at)
   SELECT n.id, n.webhook_id, :event::text, n.sealed_body, now()
     FROM unnest(:ids::uuid[], :webhook_ids::uuid[], :sealed_bodies::bytea[]) AS n (id, webhook_id, sealed_body)
     JOIN webhooks w ON w.id = n.webhook_id
    WHERE NOT EXISTS (SELECT 1
                        FROM webhook_deliveries d
                       WHERE d.webhook_id = n.webhook_id AND d.state = 'PENDING'
                      OFFSET :most::int LIMIT 1)
   RETURNING id`,
);

// Some of each webhook, so that a slow one keeps nobody else waiting; those that this instance is busy with are left out.
// From one webhook for which something waits to the next, by the index: those with nothing to deliver are not looked at.
const CLAIM = statement<ClaimedDelivery>(
  'webhook_deliveries_claim',
  `WITH RECURSIVE waiting (webhook_id) AS (
     (SELECT webhook_id FROM webhook_deliveries WHERE state = 'PENDING' ORDER BY webhook_id LIMIT 1)
      UNION ALL
     SELECT (SELECT n.webhook_id FROM webhook_deliveries n WHERE n.state = 'PENDING' AND n.webhook_id > waiting.webhook_id
              ORDER BY n.webhook_id LIMIT 1)
       FROM waiting WHERE waiting.webhook_id IS NOT NULL
   ), due AS (
     SELECT d.id FROM waiting JOIN webhooks w ON w.id = waiting.webhook_id
      CROSS JOIN LATERAL (
        SELECT x.id, x.next_attempt_at FROM webhook_deliveries x
         WHERE x.webhook_id = w.id AND x.state = 'PENDING' AND x.next_attempt_at <= now() AND coalesce(x.claimed_until < now(), true)
         ORDER BY x.next_attempt_at LIMIT :each::int FOR UPDATE SKIP LOCKED
      ) d
      WHERE w.disabled_at IS NULL AND w.id <> ALL (:without::uuid[]) AND (w.api_key_id IS NULL OR ${isLiveKey('w.api_key_id')})
      ORDER BY d.next_attempt_at LIMIT :count::int
   )
   UPDATE webhook_deliveries d
      SET claimed_until = now() + :claim_seconds::int * interval '1 second', fence = d.fence + 1, attempts = d.attempts + 1
     FROM due, webhooks w
    WHERE d.id = due.id AND w.id = d.webhook_id
   RETURNING d.id, d.webhook_id, d.sealed_body, d.fence, d.attempts, w.url, w.sealed_secret`,
);

// Only who holds the claim may end it. A webhook's row is touched when something changes, or its owner reads old times.
const TAKEN = statement<{ id: string }>(
  'webhook_deliveries_taken',
  `WITH ended AS (
     UPDATE webhook_deliveries SET state = 'DELIVERED', delivered_at = now(), next_attempt_at = NULL, claimed_until = NULL,
            last_status = :status::int, last_error = NULL
      WHERE id = :id::uuid AND fence = :fence::int AND state = 'PENDING' RETURNING webhook_id
   )
   UPDATE webhooks w SET last_success_at = now(), failing_since = NULL FROM ended
    WHERE w.id = ended.webhook_id AND (w.failing_since IS NOT NULL OR coalesce(w.last_success_at < now() - interval '10 seconds', true))
   RETURNING w.id`,
);

const NOT_TAKEN = statement<{ id: string; api_key_id: string | null; disabled_for: string }>(
  'webhook_deliveries_not_taken',
  `WITH ended AS (
     UPDATE webhook_deliveries
        SET state = CASE WHEN :pause::int IS NULL THEN 'FAILED' ELSE 'PENDING' END::webhook_delivery_state, claimed_until = NULL,
            next_attempt_at = now() + :pause::int * interval '1 second', last_status = :status::int, last_error = :error::text
      WHERE id = :id::uuid AND fence = :fence::int AND state = 'PENDING' RETURNING webhook_id
   ), failing AS (
     SELECT w.id,
            coalesce(:status::int = 410, false) AS gone,
            coalesce(w.failing_since < now() - :days::int * interval '1 day', false) AS for_long
       FROM ended JOIN webhooks w ON w.id = ended.webhook_id
      WHERE w.disabled_at IS NULL
        AND (w.failing_since IS NULL OR :status::int = 410 OR w.failing_since < now() - :days::int * interval '1 day')
        FOR UPDATE OF w
   ), noted AS (
     UPDATE webhooks w SET failing_since = coalesce(w.failing_since, now()),
            disabled_at = CASE WHEN f.gone OR f.for_long THEN now() END,
            disabled_for = CASE WHEN f.gone THEN 'gone' WHEN f.for_long THEN 'failures' END
       FROM failing f WHERE w.id = f.id
     RETURNING w.id, w.api_key_id, w.disabled_for
   )
   SELECT id, api_key_id, disabled_for FROM noted WHERE disabled_for IS NOT NULL`,
);

const PAGE = statement<DeliveryRow>(
  'webhook_deliveries_page',
  `SELECT id, event, state, attempts, next_attempt_at, last_status, last_error, created_at, delivered_at FROM webhook_deliveries
    WHERE webhook_id = :webhook_id::uuid AND (:state::text IS NULL OR state = :state::webhook_delivery_state)
      AND (:before::uuid IS NULL OR id < :before::uuid)
    ORDER BY id DESC LIMIT :count::int`,
);

// One by its id whatever became of it, or those that were given up.
const REPLAY = statement<{ id: string }>(
  'webhook_deliveries_replay',
  `UPDATE webhook_deliveries
      SET state = 'PENDING', attempts = 0, next_attempt_at = now(), claimed_until = NULL, delivered_at = NULL, fence = fence + 1
    WHERE id IN (
      SELECT id FROM webhook_deliveries
       WHERE webhook_id = :webhook_id::uuid
         AND CASE WHEN :id::uuid IS NULL THEN state = 'FAILED' AND created_at >= coalesce(:since::timestamptz, '-infinity')
                  ELSE id = :id::uuid END
       ORDER BY id LIMIT :most::int FOR UPDATE)
   RETURNING id`,
);

const FORGET_OLD = statement<{ id: string }>(
  'webhook_deliveries_forget_old',
  `DELETE FROM webhook_deliveries
    WHERE ${ofTheFirst({
      table: 'webhook_deliveries',
      where: `created_at < now() - :days::int * interval '1 day'`,
      order: 'created_at',
      most: 1_000,
    })}
   RETURNING id`,
);

@Injectable()
export class DeliveriesRepository {
  constructor(private readonly database: Database) {}

  /** @param most as many may wait for one webhook; what is more is left out */
  async insert(
    event: string,
    deliveries: readonly { id: string; webhookId: string; sealedBody: Buffer }[],
    most: number,
  ): Promise<number> {
    const inserted = await this.database.run(INSERT, {
      event,
      ids: deliveries.map(({ id }) => id),
      webhook_ids: deliveries.map(({ webhookId }) => webhookId),
      sealed_bodies: deliveries.map(({ sealedBody }) => sealedBody),
      most,
    });
    return inserted.length;
  }

  claim(values: { count: number; each: number; without: readonly string[]; claim_seconds: number }) {
    return this.database.run(CLAIM, values);
  }

  async taken({ id, fence }: ClaimedDelivery, status: number | null): Promise<void> {
    await this.database.run(TAKEN, { id, fence, status });
  }

  /**
   * @param pause seconds until the next try; null: there is none
   * @param days without a success that switch the webhook off
   * @returns the webhook, when this switched it off
   */
  async notTaken({ id, fence }: ClaimedDelivery, { status, error }: SendResult, pause: number | null, days: number) {
    const [disabled] = await this.database.run(NOT_TAKEN, { id, fence, status, error, pause, days });
    return disabled ?? null;
  }

  page(webhookId: string, state: DeliveryState | null, before: string | null, count: number): Promise<DeliveryRow[]> {
    return this.database.run(PAGE, { webhook_id: webhookId, state, before, count });
  }

  /** @returns how many will be delivered again */
  async replay(webhookId: string, id: string | null, since: Date | null, most: number): Promise<number> {
    return (await this.database.run(REPLAY, { webhook_id: webhookId, id, since, most })).length;
  }

  /** Forgets up to a thousand. @returns whether there may be more */
  async forgetOld(days: number): Promise<boolean> {
    return (await this.database.run(FORGET_OLD, { days })).length === 1000;
  }
}
