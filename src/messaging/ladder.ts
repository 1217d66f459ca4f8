import { Inject, Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { LOGGER, type ServiceLogger } from '../http/logger.js';
import {
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from './providers/message-provider.js';

export const PROVIDERS = Symbol('message providers, first rung first');

/** How a walk up the ladder ended. */
export type Delivery =
  | { kind: 'accepted'; provider: string; providerMessageId: string | null }
  /** Some rung may have sent it; none said that it did. */
  | { kind: 'unknown' }
  /** Every rung said no, for certain. `words` are the last provider's own. */
  | { kind: 'failed'; reason: RejectionReason; words: string | undefined };

/** Refusals that another try a moment later can turn: the rest stays as it is for longer than a request lives. */
const PASSING: ReadonlySet<RejectionReason> = new Set(['provider-unavailable', 'rate-limited-account', 'unclassified']);

const FIRST_PAUSE = 250;

/** What a provider's trouble may be remembered for at most, in ms. */
const BAD_STATE_AGE = 5_000;

/** The rungs in their order, and how a message walks them. */
@Injectable()
export class Ladder {
  private readonly probes = new Map<string, { until: number; state: Promise<DeviceState> }>();

  constructor(
    private readonly settings: Settings,
    @Inject(PROVIDERS) readonly providers: readonly MessageProvider[],
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Tries rung after rung with the same message until one takes it. A rung whose outcome is unknown is not asked
   * again; rungs that refused for a passing reason are, with back-off, while time is left.
   */
  async send(message: OutgoingMessage, requestId: string | null): Promise<Delivery> {
    const deadline = Date.now() + this.settings.sendTimeout * 1000;
    let rungs: readonly MessageProvider[] = this.providers;
    let unknown = false;
    let refusal: Extract<SendOutcome, { kind: 'rejected' }> | undefined;
    for (let pause = FIRST_PAUSE; rungs.length > 0; pause *= 2) {
      const again: MessageProvider[] = [];
      for (const provider of rungs) {
        const left = deadline - Date.now();
        if (left <= 0) break;
        const outcome = await this.ask(
          provider,
          message,
          Math.min(left, this.settings.providerTimeout * 1000),
          requestId,
        );
        if (outcome.kind === 'accepted')
          return { kind: 'accepted', provider: provider.name, providerMessageId: outcome.providerMessageId };
        if (outcome.kind === 'unknown') unknown = true;
        else {
          // What a rung says that never asked anybody must not hide what the others were told.
          if (refusal === undefined || outcome.reason !== 'recipient-unreachable') refusal = outcome;
          if (PASSING.has(outcome.reason)) again.push(provider);
        }
      }
      const wait = Math.max(pause, (refusal?.retryAfterSeconds ?? 0) * 1000);
      if (again.length === 0 || Date.now() + wait >= deadline) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      rungs = again;
    }
    if (unknown) return { kind: 'unknown' };
    return { kind: 'failed', reason: refusal?.reason ?? 'provider-unavailable', words: refusal?.providerText };
  }

  /** The state of one provider's device, as old as the provider allows; parallel callers share one probe. */
  deviceState(provider: MessageProvider): Promise<DeviceState> {
    const known = this.probes.get(provider.name);
    if (known && Date.now() < known.until) return known.state;
    const started = Date.now();
    const state = within(this.settings.providerTimeout * 1000, (signal) => provider.deviceState(signal));
    const probe = { until: started + provider.stateAge, state };
    this.probes.set(provider.name, probe);
    const correct = (told?: DeviceState) => {
      if (told?.state !== 'connected') probe.until = Math.min(probe.until, started + BAD_STATE_AGE);
    };
    state.then(correct, () => correct());
    return state;
  }

  /** Whether any rung says that it can take messages; read before a number is looked up, so that it tells nothing of it. */
  async anyReady(): Promise<boolean> {
    const states = await Promise.all(this.providers.map((provider) => this.deviceState(provider)));
    return states.some(({ state }) => state === 'connected');
  }

  private async ask(
    provider: MessageProvider,
    message: OutgoingMessage,
    timeout: number,
    requestId: string | null,
  ): Promise<SendOutcome> {
    const started = performance.now();
    const outcome = await within(timeout, (signal) => provider.send(message, signal));
    if (outcome.kind !== 'accepted') {
      const ms = Math.round(performance.now() - started);
      const why = outcome.kind === 'rejected' ? outcome.reason : outcome.cause;
      const providerCode = outcome.kind === 'rejected' ? outcome.providerCode : undefined;
      this.logger.warn(
        { reqId: requestId, provider: provider.name, outcome: outcome.kind, why, providerCode, ms },
        'provider did not take the message',
      );
    }
    return outcome;
  }
}

/**
 * Does some work with a signal that aborts it after `ms`. Unlike `AbortSignal.timeout` it leaves nothing behind: that
 * one's timer runs on after the work is done, and then makes an exception that nobody sees.
 */
async function within<Result>(ms: number, work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abortion = new AbortController();
  const timer = setTimeout(() => abortion.abort(), ms);
  try {
    return await work(abortion.signal);
  } finally {
    clearTimeout(timer);
  }
}
