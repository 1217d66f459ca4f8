import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { Audit } from '../../records/audit/audit.service.js';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { OutgoingSettings } from '../../platform/config/groups/outgoing.js';
import { Database } from '../../platform/database/database.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { outgoingUrl } from '../../platform/egress/outgoing-agent.js';
import { isPublicAddress } from '../../platform/egress/public-addresses.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { DeliveriesRepository, type DeliveryRow, type DeliveryState } from './deliveries.repository.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import { type WebhookEvent } from './webhook-events.js';
import { WebhookSeal } from './webhook-seal.js';
import { newWebhookSecret } from './webhook-signature.js';
import { WebhooksRepository, type WebhookRow } from './webhooks.repository.js';

/** Webhooks that one key, or the admins together, may have. */
const MOST_WEBHOOKS = 20;

/** Deliveries that may wait for one webhook. */
const MOST_WAITING = 10_000;

/** Deliveries that one call sends again. */
const MOST_REPLAYED = 1_000;

/** What is sent again: one delivery, or those that were given up, since a time perhaps. */
export interface Replay {
  readonly deliveryId?: string | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
}

/** Who is told what happens: an API key of what its own linked accounts do, admins of all. */
@Injectable()
export class Webhooks {
  constructor(
    private readonly outgoingSettings: OutgoingSettings,
    private readonly modeSettings: ModeSettings,
    private readonly database: Database,
    private readonly repository: WebhooksRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly dispatcher: WebhookDispatcher,
    private readonly seal: WebhookSeal,
    private readonly audit: Audit,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * @returns the secret that deliveries are signed with, which nobody can be shown again
   * @throws AppError `webhook_url_refused`, `webhook_limit_reached`
   */
  async create(
    address: string,
    events: readonly WebhookEvent[],
    caller: Calling,
    context: RequestContext,
  ): Promise<{ row: WebhookRow; secret: string }> {
    const url = this.allowed(address);
    const [id, secret] = [uuidv7(), newWebhookSecret()];
    const webhook = { id, apiKeyId: caller.apiKeyId, url, events, sealedSecret: this.seal.sealSecret(secret, id) };
    const row = await this.database.transaction(async (transaction) => {
      const inserted = await this.repository.insert(webhook, MOST_WEBHOOKS, transaction);
      if (!inserted) throw new AppError('webhook_limit_reached');
      const detail = { host: new URL(url).host, events, apiKeyId: caller.apiKeyId };
      await this.audit.record({ type: 'webhook.created', ...about(id, caller, context), detail }, transaction);
      return inserted;
    });
    return { row, secret };
  }

  /** Newest first. */
  async list(caller: Calling, cursor: string | null, limit: number) {
    const rows = await this.repository.list(caller.apiKeyId, cursor, limit + 1);
    return pageOf(rows, limit);
  }

  /** @throws AppError `webhook_not_found`, also for another key's */
  async delete(id: string, caller: Calling, context: RequestContext): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (!(await this.repository.delete(id, caller.apiKeyId, transaction))) throw new AppError('webhook_not_found');
      await this.audit.record({ type: 'webhook.deleted', ...about(id, caller, context) }, transaction);
    });
  }

  /** List the deliveries of a webhook, newest first. @throws AppError `webhook_not_found` */
  async deliveriesOf(
    id: string,
    { state, cursor, limit }: { state: DeliveryState | null; cursor: string | null; limit: number },
    caller: Calling,
  ): Promise<{ rows: DeliveryRow[]; nextCursor: string | null }> {
    await this.get(id, caller);
    return pageOf(await this.deliveries.page(id, state, cursor, limit + 1), limit);
  }

  /**
   * Delivers again, with all tries anew; a webhook that was switched off is switched on.
   *
   * @returns how many
   * @throws AppError `webhook_not_found`
   */
  async replay(id: string, { deliveryId, since }: Replay, caller: Calling): Promise<number> {
    await this.get(id, caller);
    await this.repository.enable(id);
    const from = since === undefined ? null : new Date(since);
    const queued = await this.deliveries.replay(id, deliveryId ?? null, from, MOST_REPLAYED);
    if (queued > 0) this.dispatcher.wake();
    return queued;
  }

  /**
   * Queues an event for whoever wants to know. Never fails: what the event reports has happened.
   *
   * @param apiKeyId whose linked account it happened to; null: an admin's
   */
  async emit(event: WebhookEvent, apiKeyId: string | null, data: Record<string, unknown>): Promise<void> {
    try {
      const subscribers = await this.repository.subscribers(event, apiKeyId);
      if (subscribers.length === 0) return;
      const body = JSON.stringify({ type: event, timestamp: new Date().toISOString(), data });
      const deliveries = subscribers.map((webhookId) => {
        const id = uuidv7();
        return { id, webhookId, sealedBody: this.seal.sealBody(body, id) };
      });
      const queued = await this.deliveries.insert(event, deliveries, MOST_WAITING);
      if (queued < deliveries.length)
        this.logger.warn({ event }, 'a webhook has too many waiting events; one was dropped');
      this.dispatcher.wake();
    } catch (err) {
      this.logger.warn({ err, event }, 'an event was not queued for webhooks');
    }
  }

  private async get(id: string, caller: Calling): Promise<WebhookRow> {
    const row = await this.repository.byId(id, caller.apiKeyId);
    if (!row) throw new AppError('webhook_not_found');
    return row;
  }

  /** What can be told now is refused now; where a name leads is decided at each connection. */
  private allowed(address: string): string {
    const url = outgoingUrl(address);
    const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
    const inside = isIP(host) !== 0 && !isPublicAddress(host) && !this.outgoingSettings.outgoingAllowPrivate;
    if (!url || inside || (this.modeSettings.production && url.protocol !== 'https:'))
      throw new AppError('webhook_url_refused');
    return url.href;
  }
}

function pageOf<Row extends { id: string }>(rows: Row[], limit: number): { rows: Row[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  return { rows: page, nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}

function about(subjectId: string, { userId }: Calling, { address, id: requestId }: RequestContext) {
  return { outcome: 'success', userId, subjectId, address, requestId } as const;
}
