import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { UnderWay } from '../../platform/background/under-way.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { Messaging } from './messaging.service.js';
import { ProviderHealth } from '../ladder/provider-health.js';
import { ReceiptsRepository, type ReceiptSummary } from './receipts.repository.js';
import { type Receipt } from '../providers/message-provider.js';

/**
 * When a receipt that no message was found for is looked at again, in ms: it can overtake the writing down of the
 * acceptance that it belongs to. Most of those that never fit are about messages that somebody typed on the phone.
 */
const LOOK_AGAIN = [500, 3_000, 15_000];

/** Receipts that wait to be looked at again, at most; more are a flood of foreign ones. */
const MOST_WAITING = 10_000;

/** How long an instance that stops spends on them, in ms: it has ten seconds for everything. */
const LAST_LOOKS = 1_500;

/** What providers tell of messages that they took. */
@Injectable()
export class Receipts implements OnApplicationShutdown {
  private readonly waiting = new Map<NodeJS.Timeout, ReceiptSummary>();
  private readonly looking = new UnderWay();
  private stopping = false;

  constructor(
    private readonly messaging: Messaging,
    private readonly repository: ReceiptsRepository,
    private readonly health: ProviderHealth,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * After the last request and the last acceptance: what still waits for its message gets a last look, since nobody
   * tells it again. A message that failed is left to whichever instance recovers next.
   */
  async onApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await this.messaging.settled();
    await this.looking.ended();
    const left = [...this.waiting];
    this.waiting.clear();
    for (const [timer] of left) clearTimeout(timer);
    const until = performance.now() + LAST_LOOKS;
    for (const [index, [, summary]] of left.entries()) {
      if (performance.now() > until) {
        this.logger.warn({ count: left.length - index }, 'receipts were not checked again before the stop');
        return;
      }
      await this.lastLook(summary).catch((err: unknown) => this.notWritten(err, summary));
    }
  }

  /**
   * Writes down what became of messages. They may come more than once, in any order and for messages of others. One
   * that failed while its code lives goes to the next rung.
   */
  async note(receipts: readonly Receipt[]): Promise<void> {
    for (const summary of summaries(receipts)) await this.noteOne(summary, 0);
  }

  private async noteOne(summary: ReceiptSummary, looks: number): Promise<void> {
    const failed = isFailure(summary);
    const isKnown = (failed && (await this.sendElsewhere(summary))) || (await this.repository.note(summary));
    if (isKnown) {
      const { provider, failure, providerCode } = summary;
      if (failed && failure !== null) this.health.noteError(provider, failure, providerCode ?? undefined);
      return;
    }
    const pause = LOOK_AGAIN[looks];
    if (pause === undefined || this.waiting.size >= MOST_WAITING) return;
    this.lookAgain(summary, looks + 1, pause);
  }

  private lookAgain(summary: ReceiptSummary, looks: number, pause: number): void {
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      this.looking.add(this.noteOne(summary, looks).catch((err: unknown) => this.notWritten(err, summary)));
    }, pause);
    this.waiting.set(timer, summary);
  }

  private async lastLook(summary: ReceiptSummary): Promise<void> {
    if (isFailure(summary) && (await this.sendElsewhere(summary))) return;
    await this.repository.note(summary);
  }

  private sendElsewhere(summary: ReceiptSummary): Promise<boolean> {
    return this.stopping ? this.messaging.leaveElsewhere(summary) : this.messaging.sendElsewhere(summary);
  }

  private notWritten(err: unknown, { provider }: ReceiptSummary): void {
    this.logger.warn({ err, provider }, 'a receipt was not stored');
  }
}

function isFailure({ failure, deliveredAt, readAt }: ReceiptSummary): boolean {
  return failure !== null && deliveredAt === null && readAt === null;
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
