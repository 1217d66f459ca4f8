import { Inject, Injectable } from '@nestjs/common';
import { DeliverySettings } from '../../platform/config/groups/delivery.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { type MediaKind } from '../providers/media-types.js';
import { ProviderHealth } from './provider-health.js';
import { Rung } from './rung.js';
import {
  type DeviceState,
  type MessageProvider,
  type OutgoingMessage,
  type RejectionReason,
  type SendOutcome,
} from '../providers/message-provider.js';

export const PROVIDERS = Symbol('message providers, first rung first');

/** How sending by the ladder ended. */
export type Delivery = (
  | { kind: 'accepted'; provider: string; providerMessageId: string | null; ms: number; receipts: boolean }
  /** Some rung may have sent it; none said that it did. */
  | { kind: 'unknown' }
  /**
   * No rung took it, for certain. `words` are the last provider's own; another try is worth it in `retryAfter` seconds.
   * `heldBack`: no provider was asked, because those that could have taken it rest or are broken.
   */
  | { kind: 'failed'; reason: RejectionReason; words: string | undefined; retryAfter: number; heldBack: boolean }
) & {
  /** The rungs that did not take it, each once. Broken ones, which were not asked, only where no other took it. */
  readonly refusedBy: readonly string[];
};

/** Which rungs a message may go to, in what order, and how long. */
export interface SendOptions {
  readonly requestId: string | null;
  /** A rung that is not asked: its receipt said that the message failed there. */
  readonly skip?: string | null;
  /** The rung that is asked first, whatever its place. */
  readonly first?: string;
  /** The one rung that is asked. */
  readonly only?: string;
  /** Milliseconds after which it is not worth sending any more; sending takes `SEND_TIMEOUT` at most. */
  readonly within?: number;
}

/** Refusals that another try a moment later can turn: the rest stays as it is for longer than a request lives. */
const PASSING: ReadonlySet<RejectionReason> = new Set(['provider-unavailable', 'rate-limited-account', 'unclassified']);

/** A device that is not connected stays so for a while; with others on the ladder it gets this many more chances. */
const MORE_CHANCES = 3;

const FIRST_PAUSE = 250;

/** After how many seconds another request is worth a try, where no provider said so. */
const RETRY_AFTER = 30;

type Refusal = Extract<SendOutcome, { kind: 'rejected' }>;

/** What a provider that does not answer any more would say. */
const SILENT: Refusal = { kind: 'rejected', reason: 'provider-unavailable' };

/** What a provider's trouble may be remembered for at most, in ms. */
const BAD_STATE_AGE = 5_000;

/** The rungs in their order, and how a message is sent by them. */
@Injectable()
export class Ladder {
  readonly rungs: readonly Rung[];
  private readonly probes = new Map<string, { until: number; state: Promise<DeviceState> }>();

  constructor(
    private readonly settings: DeliverySettings,
    @Inject(PROVIDERS) readonly providers: readonly MessageProvider[],
    private readonly health: ProviderHealth,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    this.rungs = providers.map((provider) => new Rung(provider));
  }

  /**
   * Tries rung after rung with the same message until one takes it. A rung whose outcome is unknown is not asked
   * again; rungs that refused for a passing reason are, with back-off, while time is left. A rung that asked for rest
   * (`Retry-After`) is left alone until then, or for good if time does not last that long. A broken one is not waited
   * for: when every other rung has refused for good, or there is no other, sending ends at once.
   */
  async send(message: OutgoingMessage, options: SendOptions): Promise<Delivery> {
    const deadline = performance.now() + Math.min(this.settings.sendTimeout * 1000, options.within ?? Infinity);
    const candidates = this.inOrder(options, message.media?.kind);
    const refusedBy = new Set<string>();
    let rungs = candidates;
    let unknown = false;
    let refusal: Refusal | undefined;
    for (let round = 0; rungs.length > 0; round++) {
      const again: Rung[] = [];
      for (const rung of rungs) {
        if (performance.now() >= deadline) break;
        if (rung.rest > 0 || !rung.mayBeAsked) {
          again.push(rung);
          continue;
        }
        const started = performance.now();
        const outcome = await this.ask(rung, message, deadline, options.requestId);
        if (outcome.kind === 'accepted') {
          const { name: provider, sendsReceipts: receipts } = rung.provider;
          const { providerMessageId } = outcome;
          const ms = Math.round(performance.now() - started);
          return { kind: 'accepted', provider, providerMessageId, ms, receipts, refusedBy: [...refusedBy] };
        }
        refusedBy.add(rung.name);
        if (outcome.kind === 'unknown') unknown = true;
        else {
          // A provider that was skipped must not overwrite the reason given by one that was asked.
          if (refusal === undefined || outcome.reason !== 'recipient-unreachable') refusal = outcome;
          if (this.isWorthRetrying(outcome, round)) again.push(rung);
        }
      }
      const pause = FIRST_PAUSE * 2 ** round;
      const waits = again.filter(({ mayBeAsked }) => mayBeAsked).map(({ rest }) => Math.max(pause, rest));
      const wait = Math.min(...waits);
      if (performance.now() + wait >= deadline) break;
      await new Promise((resolve) => setTimeout(resolve, wait));
      rungs = again;
    }
    if (unknown) return { kind: 'unknown', refusedBy: [...refusedBy] };
    return this.failure(candidates, message.media?.kind, refusal, refusedBy);
  }

  /** What is answered when every rung said no, or was not asked. */
  private failure(
    candidates: readonly Rung[],
    media: MediaKind | undefined,
    refusal: Refusal | undefined,
    refusedBy: ReadonlySet<string>,
  ): Delivery {
    const nobodyAsked = refusal === undefined || refusal.reason === 'recipient-unreachable';
    const broken = candidates.filter(({ openedBy }) => openedBy !== undefined);
    const openedBy = nobodyAsked ? broken[0]?.openedBy : undefined;
    const last = openedBy?.kind === 'unknown' ? SILENT : (openedBy ?? refusal);
    // Without a refusal all of them rest, or none sends files.
    const { reason = this.takes(media) ? 'rate-limited-account' : 'content', providerText: words } = last ?? {};
    const waits = candidates.map(({ wait }) => Math.ceil(wait / 1000));
    const retryAfter = waits.length > 0 && !waits.includes(0) ? Math.min(...waits, RETRY_AFTER) : RETRY_AFTER;
    return {
      ...{ kind: 'failed', reason, words, retryAfter },
      heldBack: nobodyAsked && waits.some((wait) => wait > 0),
      refusedBy: [...new Set([...refusedBy, ...broken.map(({ name }) => name)])],
    };
  }

  /** Whether any rung sends this kind of file, whatever its state; texts are sent by all. */
  takes(media: MediaKind | undefined): boolean {
    return this.providers.some((provider) => sends(provider, media));
  }

  /** Whether a retry may succeed. */
  private isWorthRetrying({ reason }: Refusal, round: number): boolean {
    if (PASSING.has(reason)) return true;
    return reason === 'provider-disconnected' && this.rungs.length > 1 && round < MORE_CHANCES;
  }

  private inOrder({ skip, first, only }: SendOptions, media: MediaKind | undefined): readonly Rung[] {
    const left = this.rungs.filter(
      (rung) => rung.name !== skip && (only === undefined || rung.name === only) && sends(rung.provider, media),
    );
    return left.toSorted((a, b) => Number(b.name === first) - Number(a.name === first));
  }

  /** The state of one provider's device, as old as the provider allows; parallel callers share one probe. */
  deviceState(provider: MessageProvider): Promise<DeviceState> {
    const known = this.probes.get(provider.name);
    if (known && performance.now() < known.until) return known.state;
    const started = performance.now();
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
    rung: Rung,
    message: OutgoingMessage,
    deadline: number,
    requestId: string | null,
  ): Promise<SendOutcome> {
    const started = performance.now();
    const left = deadline - performance.now();
    // A provider fetches a file before it answers: it gets all the time there is, or the next one would send it again.
    const timeout = message.media ? left : Math.min(left, this.settings.providerTimeout * 1000);
    const send = () => within(timeout, (signal) => rung.provider.send(message, signal));
    const outcome = await (message.media ? rung.askUncounted(send) : rung.ask(message.to, send));
    if (outcome.kind !== 'accepted') {
      const ms = Math.round(performance.now() - started);
      const why = outcome.kind === 'rejected' ? outcome.reason : outcome.cause;
      const words = outcome.kind === 'rejected' ? outcome.providerText : undefined;
      const providerCode = outcome.kind === 'rejected' ? outcome.providerCode : undefined;
      this.health.noteError(rung.name, why, words);
      this.logger.warn(
        { reqId: requestId, provider: rung.name, outcome: outcome.kind, why, providerCode, ms },
        'provider did not take the message',
      );
    }
    return outcome;
  }
}

function sends({ mediaKinds }: MessageProvider, media: MediaKind | undefined): boolean {
  return media === undefined || mediaKinds.includes(media);
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
