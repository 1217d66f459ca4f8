import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { UnderWay } from '../../platform/background/under-way.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { ProviderHealthRepository } from './provider-health.repository.js';

/** A provider's errors are written at most so often by an instance, in ms; of a flood of them the last one counts. */
const WRITE_EVERY = 5_000;

/** The last time that a provider did not take a message, or told that one which it took had failed. */
export interface ProviderError {
  /** From our own list. */
  readonly reason: string;
  /** The provider's own words, for admins. */
  readonly text: string | null;
  readonly at: Date;
}

/** Remembers each provider's last error for admins, behind the answer and for all instances together. */
@Injectable()
export class ProviderHealth implements OnApplicationShutdown {
  /** By the provider's name, while nothing is written of it: what is to be written then. */
  private readonly pauses = new Map<string, { timer: NodeJS.Timeout; next: (() => void) | null }>();
  private readonly underWay = new UnderWay();

  constructor(
    private readonly repository: ProviderHealthRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    for (const { timer, next } of this.pauses.values()) {
      clearTimeout(timer);
      next?.();
    }
    await this.underWay.ended();
  }

  /** By the provider's name. */
  async errors(): Promise<Map<string, ProviderError>> {
    const rows = await this.repository.errors();
    return new Map(
      rows.map((row) => [row.provider, { reason: row.last_error, text: row.last_error_text, at: row.last_error_at }]),
    );
  }

  /**
   * That one recipient cannot be reached is not an error of the provider.
   *
   * @param reason from our own list
   * @param words the provider's own, if it had any
   */
  noteError(provider: string, reason: string, words: string | undefined): void {
    if (reason === 'recipient-unreachable') return;
    const pause = this.pauses.get(provider);
    if (pause) pause.next = () => this.write(provider, reason, words);
    else {
      this.write(provider, reason, words);
      this.pause(provider);
    }
  }

  private pause(provider: string): void {
    const timer = setTimeout(() => {
      const next = this.pauses.get(provider)?.next;
      this.pauses.delete(provider);
      if (!next) return;
      next();
      this.pause(provider);
    }, WRITE_EVERY);
    this.pauses.set(provider, { timer: timer.unref(), next: null });
  }

  private write(provider: string, reason: string, words: string | undefined): void {
    const write = this.repository
      .noteError(provider, reason, words ?? null)
      .catch((err: unknown) => this.logger.warn({ err, provider }, "a provider's error was not written down"));
    this.underWay.add(write);
  }
}
