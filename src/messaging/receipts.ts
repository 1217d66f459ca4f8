import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import { Messaging } from './messaging.service.js';
import { ProviderHealth } from './provider-health.js';
import { ReceiptsRepository, type ReceiptSummary } from './receipts.repository.js';
import { type Receipt } from './providers/message-provider.js';

/**
 * When a receipt that no message was found for is looked at again, in ms: it can overtake the writing down of the
 * acceptance that it belongs to. Most of those that never fit are about messages that somebody typed on the phone.
 */
const LOOK_AGAIN = [500, 3_000, 15_000];

/** Receipts that wait to be looked at again, at most; more are a flood of foreign ones. */
const MOST_WAITING = 10_000;

/** What providers tell of messages that they took. */
@Injectable()
export class Receipts implements BeforeApplicationShutdown {
  private readonly waiting = new Set<NodeJS.Timeout>();

  constructor(
    private readonly messaging: Messaging,
    private readonly repository: ReceiptsRepository,
    private readonly health: ProviderHealth,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  beforeApplicationShutdown(): void {
    for (const timer of this.waiting) clearTimeout(timer);
  }

  /**
   * Writes down what became of messages. They may come more than once, in any order and for messages of others. One
   * that failed while its code lives goes to the next rung.
   */
  async note(receipts: readonly Receipt[]): Promise<void> {
    for (const summary of summaries(receipts)) await this.noteOne(summary, 0);
  }

  private async noteOne(summary: ReceiptSummary, looks: number): Promise<void> {
    const failed = summary.failure !== null && summary.deliveredAt === null && summary.readAt === null;
    const ours = (failed && (await this.messaging.sendElsewhere(summary))) || (await this.repository.note(summary));
    if (ours) {
      const { provider, failure, providerCode } = summary;
      if (failed && failure !== null) this.health.noteError(provider, failure, providerCode ?? undefined);
      return;
    }
    const pause = LOOK_AGAIN[looks];
    if (pause === undefined || this.waiting.size >= MOST_WAITING) return;
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      this.noteOne(summary, looks + 1).catch((err: unknown) => {
        this.logger.warn({ err, provider: summary.provider }, 'a receipt was not written down');
      });
    }, pause);
    this.waiting.add(timer);
  }
}

/** One summary for each message, so that the order within a delivery does not matter. */
export function summaries(receipts: readonly Receipt[]): ReceiptSummary[] {
  const found = new Map<string, ReceiptSummary>();
  for (const receipt of receipts) {
    const { provider, providerMessageId, status } = receipt;
    const key = `${provider}\n${providerMessageId}`;
    const blank = {
      provider,
      providerMessageId,
      sentAt: null,
      deliveredAt: null,
      readAt: null,
      failure: null,
      providerCode: null,
    };
    const known = found.get(key) ?? blank;
    const at = receipt.at ?? new Date();
    found.set(key, {
      ...known,
      sentAt: status === 'sent' ? (known.sentAt ?? at) : known.sentAt,
      deliveredAt: status === 'delivered' ? (known.deliveredAt ?? at) : known.deliveredAt,
      readAt: status === 'read' ? (known.readAt ?? at) : known.readAt,
      failure: status === 'failed' ? (receipt.reason ?? 'unclassified') : known.failure,
      providerCode: receipt.providerCode ?? known.providerCode,
    });
  }
  return [...found.values()];
}
