import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Poller } from '../../platform/background/poller.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { GatewayMessagesRepository, type MessageFate } from './gateway-messages.repository.js';

/** How often the database is asked about messages that other instances send, in ms. */
const ASK_EVERY = 150;

/** How long callers may still wait when the service stops, in ms. */
const STOP_PATIENCE = 4_000;

interface Waiter {
  readonly resolve: (fate: MessageFate | null) => void;
  readonly timer: NodeJS.Timeout;
}

/** Callers that wait for what becomes of their messages, whichever instance sends them. */
@Injectable()
export class MessageWaiters implements BeforeApplicationShutdown {
  private readonly waiting = new Map<string, Waiter>();
  private readonly poller = new Poller({
    look: () => this.ask(),
    pause: () => (this.waiting.size > 0 ? ASK_EVERY : null),
    onError: (err) => this.logger.warn({ err }, 'the outcome of messages could not be read'),
  });

  constructor(
    private readonly messages: GatewayMessagesRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  beforeApplicationShutdown(): void {
    setTimeout(() => {
      for (const id of [...this.waiting.keys()]) this.end(id, null);
    }, STOP_PATIENCE).unref();
  }

  /**
   * Waits for the end of a message that was queued.
   *
   * @param signal ends the wait early
   * @returns null when there is none after `ms`
   */
  wait(id: string, ms: number, signal?: AbortSignal): Promise<MessageFate | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.end(id, null), ms);
      this.waiting.set(id, { resolve, timer });
      signal?.addEventListener('abort', () => this.end(id, null), { once: true });
      if (signal?.aborted) this.end(id, null);
      this.poller.start();
    });
  }

  /** This instance has brought a message to its end. */
  tell(fate: MessageFate): void {
    this.end(fate.id, fate);
  }

  private end(id: string, fate: MessageFate | null): void {
    const waiter = this.waiting.get(id);
    if (!waiter) return;
    this.waiting.delete(id);
    clearTimeout(waiter.timer);
    waiter.resolve(fate);
  }

  private async ask(): Promise<void> {
    for (const fate of await this.messages.fates([...this.waiting.keys()])) this.end(fate.id, fate);
  }
}
