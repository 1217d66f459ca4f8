import { type MessageProvider, type RejectionReason, type SendOutcome } from '../providers/message-provider.js';

/** Failures in a row that open the breaker when they have lasted for `FAILING_FOR`; more than one message makes. */
const FAILURES_TO_OPEN = 10;

/** Shorter trouble is what a message's own tries are for; ms. */
const FAILING_FOR = 2_000;

/** Failures in a row that open it at once: under load, long before that time, no doubt is left. */
const FAILURES_AT_ONCE = 20;

/** How long an open breaker waits before it lets one message probe, by the probes that failed before; ms. */
const PROBE_PAUSES = [1_000, 1_000, 2_000, 5_000, 10_000];
const LONGEST_PROBE_PAUSE = 10_000;

/** The longest rest that a provider gets, in ms: one that says "a day" must not close the login for so long. */
const LONGEST_REST = 60_000;

/** Refusals whose `Retry-After` is about the provider; that of others is about one recipient. */
const ASKS_FOR_REST: ReadonlySet<RejectionReason> = new Set(['rate-limited-account', 'provider-unavailable']);

/** Refusals that speak of the provider. */
const ITS_FAULT: ReadonlySet<RejectionReason> = new Set([
  'provider-auth',
  'provider-disconnected',
  'provider-quota',
  'provider-unavailable',
  'rate-limited-account',
]);

/**
 * Whether an outcome shows that the provider is broken, or that it works: it has judged a recipient or a message. Null:
 * neither. What nobody knows how to read is `perhaps` its fault.
 */
function isFault(outcome: SendOutcome): boolean | 'perhaps' | null {
  if (outcome.kind === 'accepted') return false;
  if (outcome.kind === 'unknown') return outcome.cause === 'held' ? null : true;
  if (outcome.reason === 'unclassified') return 'perhaps';
  return outcome.reason === 'recipient-unreachable' ? null : ITS_FAULT.has(outcome.reason);
}

/** What a breaker says of a rung: `closed` is good, `open` is not asked, `half-open` is being probed. */
export type BreakerState = 'closed' | 'open' | 'half-open';

type Fault = Exclude<SendOutcome, { kind: 'accepted' }>;

/** An open breaker: when it lets the next probe through, and how many have failed. */
interface Opened {
  readonly probeAt: number;
  readonly probes: number;
}

/**
 * One provider on the ladder, and what this instance has learnt of it lately. Times are of `performance.now()`: a clock
 * that is set changes nothing here.
 */
export class Rung {
  private failures = 0;
  /** Since when nothing but failures came. */
  private failingSince = 0;
  private succeededAt = 0;
  private opened: Opened | undefined;
  private probing = false;
  private restsUntil = 0;
  /** What failed last. */
  private fault: Fault | undefined;
  /**
   * Numbers with a refusal that nobody knows how to read, since the last success. It may be about the number, so each
   * counts once: else a stranger could close the login for everybody with a number of their choice.
   */
  private readonly doubtful = new Set<string>();

  constructor(readonly provider: MessageProvider) {}

  get name(): string {
    return this.provider.name;
  }

  get breakerState(): BreakerState {
    if (!this.opened) return 'closed';
    return this.probing ? 'half-open' : 'open';
  }

  /** Whether it may be asked, as far as its breaker is concerned: it works, or it is time for one message to find out. */
  get mayBeAsked(): boolean {
    return !this.opened || (!this.probing && performance.now() >= this.opened.probeAt);
  }

  /** What the provider failed with last, while the breaker is open. */
  get openedBy(): Fault | undefined {
    return this.opened && this.fault;
  }

  /** Milliseconds until the provider may be asked again, as its `Retry-After` said; 0: now. */
  get rest(): number {
    return Math.max(0, this.restsUntil - performance.now());
  }

  /** Milliseconds until it may be asked again, by its breaker and its rest; 0: now. */
  get wait(): number {
    return Math.max(this.rest, this.untilProbe());
  }

  /**
   * Sends once; what comes of it counts for or against the rung. The caller has seen that it `mayBeAsked`.
   *
   * @param to E.164
   */
  async ask(to: string, send: () => Promise<SendOutcome>): Promise<SendOutcome> {
    const startedAt = performance.now();
    const probes = this.opened !== undefined && !this.probing;
    if (probes) this.probing = true;
    try {
      const outcome = await send();
      this.count(outcome, to, startedAt, probes);
      return this.noted(outcome);
    } finally {
      if (probes) this.probing = false;
    }
  }

  /** As `ask`, for a file: that it could not be fetched must not keep everybody's codes from this provider. */
  async askUncounted(send: () => Promise<SendOutcome>): Promise<SendOutcome> {
    return this.noted(await send());
  }

  private untilProbe(): number {
    if (!this.opened) return 0;
    // What a probe under way will find out is not known; if it fails, this is the time until the next one.
    if (this.probing) return pauseAfter(this.opened.probes + 1);
    return Math.max(0, this.opened.probeAt - performance.now());
  }

  private noted(outcome: SendOutcome): SendOutcome {
    if (outcome.kind === 'rejected' && ASKS_FOR_REST.has(outcome.reason) && outcome.retryAfterSeconds)
      this.restsUntil = performance.now() + Math.min(outcome.retryAfterSeconds * 1000, LONGEST_REST);
    return outcome;
  }

  private count(outcome: SendOutcome, to: string, startedAt: number, probed: boolean): void {
    const [fault, now] = [isFault(outcome), performance.now()];
    if (fault === false) {
      [this.failures, this.succeededAt, this.opened] = [0, now, undefined];
      this.doubtful.clear();
    } else if (fault !== null && outcome.kind !== 'accepted') {
      this.fault = outcome;
      if (!this.opened && (fault === true || !this.doubtful.has(to))) this.failed(startedAt, now);
      if (!this.opened && fault === 'perhaps') this.doubtful.add(to);
      if (probed && this.opened) this.opened = openAfter(this.opened.probes + 1, now);
    }
  }

  private failed(startedAt: number, now: number): void {
    // A silence began to fail when it was asked, not when its time was over.
    if (this.failures === 0) this.failingSince = Math.max(startedAt, this.succeededAt);
    this.failures += 1;
    if (this.isBroken(now)) this.opened = openAfter(0, now);
  }

  private isBroken(now: number): boolean {
    if (this.failures >= FAILURES_AT_ONCE) return true;
    return this.failures >= FAILURES_TO_OPEN && now - this.failingSince >= FAILING_FOR;
  }
}

function openAfter(probes: number, now: number): Opened {
  return { probeAt: now + pauseAfter(probes), probes };
}

function pauseAfter(failedProbes: number): number {
  return PROBE_PAUSES[failedProbes] ?? LONGEST_PROBE_PAUSE;
}
