import {
  BrokenCircuitError,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhenResult,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { type MessageProvider, type RejectionReason, type SendOutcome } from './providers/message-provider.js';

/** Failures in a row after which a rung is asked last. */
const FAILURES_TO_OPEN = 5;

/** How long an open rung waits for one message to probe it, in ms. */
const HALF_OPEN_AFTER = 10_000;

/** The longest rest that a provider gets, in ms: one that says "a day" must not close the login for so long. */
const LONGEST_REST = 60_000;

/** Refusals whose `Retry-After` is about the provider; that of others is about one recipient. */
const ASKS_FOR_REST: ReadonlySet<RejectionReason> = new Set(['rate-limited-account', 'provider-unavailable']);

/** Refusals that say something of the recipient or of the message, and nothing of the provider. */
const NOT_ITS_FAULT: ReadonlySet<RejectionReason> = new Set([
  'recipient-invalid',
  'recipient-not-on-whatsapp',
  'recipient-blocked-by-policy',
  'recipient-unreachable',
  'rate-limited-recipient',
  'content',
]);

function isFault(result: unknown): boolean {
  const outcome = result as SendOutcome;
  if (outcome.kind === 'accepted') return false;
  return outcome.kind === 'unknown' || !NOT_ITS_FAULT.has(outcome.reason);
}

/** What a breaker says of a rung: `closed` is good, `open` is asked last, `half-open` is being probed. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** One provider on the ladder, and what this instance has learnt of it lately. */
export class Rung {
  private readonly breaker: CircuitBreakerPolicy = circuitBreaker(handleWhenResult(isFault), {
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    halfOpenAfter: HALF_OPEN_AFTER,
  });
  private probeFrom = 0;
  private probing = false;
  private restsUntil = 0;

  constructor(readonly provider: MessageProvider) {
    this.breaker.onBreak(() => {
      this.probeFrom = Date.now() + HALF_OPEN_AFTER;
    });
  }

  get name(): string {
    return this.provider.name;
  }

  get breakerState(): BreakerState {
    const { state } = this.breaker;
    if (state === CircuitState.Closed) return 'closed';
    return state === CircuitState.HalfOpen ? 'half-open' : 'open';
  }

  /** Whether it keeps its place: it works, or it is time that one message finds out whether it does again. */
  get keepsItsPlace(): boolean {
    if (this.breaker.state === CircuitState.Closed) return true;
    return !this.probing && Date.now() >= this.probeFrom;
  }

  /** Milliseconds until the provider may be asked again, as its `Retry-After` said; 0: now. */
  get rest(): number {
    return Math.max(0, this.restsUntil - Date.now());
  }

  /** Sends once; what comes of it counts for or against the rung. */
  async ask(send: () => Promise<SendOutcome>): Promise<SendOutcome> {
    return this.noted(await this.counted(send));
  }

  /** As `ask`, for a file: that it could not be fetched must not send everybody's codes another way. */
  async askUncounted(send: () => Promise<SendOutcome>): Promise<SendOutcome> {
    return this.noted(await send());
  }

  private noted(outcome: SendOutcome): SendOutcome {
    if (outcome.kind === 'rejected' && ASKS_FOR_REST.has(outcome.reason) && outcome.retryAfterSeconds)
      this.restsUntil = Date.now() + Math.min(outcome.retryAfterSeconds * 1000, LONGEST_REST);
    return outcome;
  }

  private async counted(send: () => Promise<SendOutcome>): Promise<SendOutcome> {
    if (this.breaker.state === CircuitState.Closed) return this.breaker.execute(send);
    // Asked although it is open, as the last hope of a message. Behind a probe it would have to wait for its end.
    if (this.probing || Date.now() < this.probeFrom) return send();
    this.probing = true;
    try {
      return await this.breaker.execute(send);
    } catch (error) {
      // It opened again between the two looks.
      if (error instanceof BrokenCircuitError) return await send();
      throw error;
    } finally {
      this.probing = false;
    }
  }
}
