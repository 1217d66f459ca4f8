import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { Audit } from '../../records/audit/audit.service.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Poller } from '../../platform/background/poller.js';
import { every, spread, within, type Recurring } from '../../platform/background/timers.js';
import { UnderWay } from '../../platform/background/under-way.js';
import { DeliveriesRepository, type ClaimedDelivery } from './deliveries.repository.js';
import { FAILING_DAYS, pauseAfter } from './retries.js';
import { WebhookSeal } from './webhook-seal.js';
import { WebhookSender, type SendResult } from './webhook-sender.js';
import { signedHeaders } from './webhook-signature.js';
import { WebhooksRepository } from './webhooks.repository.js';

/** How often each instance looks for what is due, in ms. */
const LOOK_EVERY = 2_000;

/** Deliveries under way at once in this instance: of all webhooks, and of one, so that a slow one delays itself alone. */
const AT_ONCE = 48;
const AT_ONCE_EACH = 4;

/** A claim lasts longer than a delivery can, in seconds; after it another instance may try. */
const CLAIM_SECONDS = 30;

/** How long a stop waits for what is under way, in ms. */
const PATIENCE = 2_000;

/** While `AUTH_SECRET` is replaced, secrets are sealed anew again and again, in ms: old instances go on making some. */
const RESEAL_EVERY = 60_000;

/** Delivers what waits in the outbox. Order is not promised: each event says when it was. */
@Injectable()
export class WebhookDispatcher implements BeforeApplicationShutdown, OnApplicationShutdown {
  /** The webhook of each delivery. */
  private readonly busy = new Map<string, string>();
  private readonly underWay = new UnderWay();
  private readonly poller = new Poller({
    look: () => this.look(),
    pause: () => spread(LOOK_EVERY),
    onError: (err) => this.logger.warn({ err }, 'could not read webhook events'),
  });
  private resealing: Recurring | undefined;
  private begun = false;
  /** When the last look has ended. */
  private looked: Promise<void> = Promise.resolve();

  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly webhooks: WebhooksRepository,
    private readonly sender: WebhookSender,
    private readonly seal: WebhookSeal,
    private readonly audit: Audit,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /** Once the service listens, and not when the rooms are made: a command line that works with them delivers nothing. */
  begin(): void {
    this.begun = true;
    const onError = (err: unknown) => this.logger.warn({ err }, 'webhooks were not maintained');
    this.poller.start();
    if (this.seal.replacing) {
      void this.resealSecrets().catch(onError);
      this.resealing = every(RESEAL_EVERY, () => this.resealSecrets(), onError);
    }
  }

  beforeApplicationShutdown(): void {
    this.looked = this.poller.stop();
  }

  /** What is under way is brought to its end where that is quick; the rest is claimed again by others. */
  async onApplicationShutdown(): Promise<void> {
    await this.resealing?.stop();
    const ended = this.looked.then(() => this.underWay.ended());
    await within(PATIENCE, ended, undefined);
  }

  /** Something may be due: looks at once. */
  wake(): void {
    if (this.begun) this.poller.wake();
  }

  private async look(): Promise<void> {
    const count = AT_ONCE - this.busy.size;
    if (count <= 0) return;
    const busy = [...this.busy.values()];
    const without = [...new Set(busy)].filter((id) => busy.filter((other) => other === id).length >= AT_ONCE_EACH);
    const values = { count, each: AT_ONCE_EACH, without, claim_seconds: CLAIM_SECONDS };
    const claimed = await this.deliveries.claim(values);
    for (const delivery of claimed) {
      this.busy.set(delivery.id, delivery.webhook_id);
      const making = this.deliver(delivery)
        .catch((err: unknown) => this.logger.warn({ err, delivery: delivery.id }, 'a delivery was left unfinished'))
        .finally(() => {
          this.busy.delete(delivery.id);
          this.wake();
        });
      this.underWay.add(making);
    }
  }

  /** No connection to the database is held while a stranger is asked. */
  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const body = this.seal.body(delivery.sealed_body, delivery.id);
    const secret = this.seal.secretOf(delivery.sealed_secret, delivery.webhook_id);
    const result = await this.sender.send(delivery.url, body, signedHeaders(secret, delivery.id, body, new Date()));
    if (result.taken) await this.deliveries.taken(delivery, result.status);
    else await this.tryLater(delivery, result);
  }

  private async tryLater(delivery: ClaimedDelivery, result: SendResult): Promise<void> {
    const pause = result.status === 410 ? null : pauseAfter(delivery.attempts, Math.random());
    const disabled = await this.deliveries.notTaken(delivery, result, pause, FAILING_DAYS);
    const { status, error } = result;
    this.logger.info({ delivery: delivery.id, status, error, again: pause }, 'a webhook did not accept an event');
    if (!disabled) return;
    this.logger.warn({ webhook: disabled.id, why: disabled.disabled_for }, 'a webhook was disabled');
    const detail = { why: disabled.disabled_for, status, error, apiKeyId: disabled.api_key_id };
    await this.audit.record({ type: 'webhook.disabled', outcome: 'success', subjectId: disabled.id, detail });
  }

  /** Bodies live for days, secrets for years: the old `AUTH_SECRET` will not come back. */
  private async resealSecrets(): Promise<void> {
    for (const { id, sealed_secret: before } of await this.webhooks.secrets()) {
      try {
        const anew = this.seal.anew(before, id);
        if (anew) await this.webhooks.reseal(id, before, anew);
      } catch (err) {
        this.logger.error({ err, webhook: id }, 'the secret of a webhook was not sealed again');
      }
    }
  }
}
