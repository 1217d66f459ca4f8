import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { CoalescedTask } from '../../platform/background/coalesced-task.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { NAMED_OWNERS, type NamedOwners } from './named-owners.js';
import { MORE, RefusalsRepository, type CountedRefusal } from './refusals.repository.js';

/** One refusal: what was refused to whom. */
export type Refusal = Omit<CountedRefusal, 'count' | 'lastRequestId'> & {
  /** The number (E.164), e-mail or username that the request named; never written. */
  readonly named: string | null;
};

type Waiting = CountedRefusal & Pick<Refusal, 'named'>;

/** Kinds that wait to be written; the next ones are counted together. A flood fills neither disk nor memory. */
const KINDS_WAITING = 1_000;

/** Between two writes that nobody waits for, in ms. */
const PAUSE = 1_000;

/**
 * Counts refusals: one row of the audit log a kind and minute. An instance writes one statement at a time, with
 * everything that came in during the one before: a flood costs few statements and one connection, and whoever waits for
 * its refusal to be written waits for two of them at most. Whose account it was that a request named is looked up then, for
 * all of them together.
 */
@Injectable()
export class Refusals implements OnApplicationShutdown {
  private waiting = new Map<string, Waiting>();
  private readonly statements = new CoalescedTask(() => this.writeWaiting());
  private soon: NodeJS.Timeout | undefined;
  private wroteAt = 0;

  constructor(
    private readonly repository: RefusalsRepository,
    @Inject(NAMED_OWNERS) private readonly owners: NamedOwners,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.soon);
    if (this.waiting.size > 0) await this.statements.run().catch(this.onFailure);
    await this.statements.idle();
  }

  /** Counts a refusal; resolves when it is written. */
  write(refusal: Refusal): Promise<void> {
    this.add(refusal);
    return this.statements.run();
  }

  /** Counts a refusal whose answer does not wait: written at once after a pause, in a flood once a second. */
  note(refusal: Refusal): void {
    this.add(refusal);
    const pause = Math.max(0, this.wroteAt + PAUSE - performance.now());
    this.soon ??= setTimeout(() => void this.statements.run().catch(this.onFailure), pause).unref();
  }

  private add(refusal: Refusal): void {
    const kind = `${refusal.kind}\n${refusal.named ?? ''}`;
    const known = this.waiting.get(kind);
    if (known) {
      known.count += 1;
      known.lastRequestId = refusal.requestId;
    } else if (this.waiting.size < KINDS_WAITING) {
      this.waiting.set(kind, { ...refusal, count: 1, lastRequestId: refusal.requestId });
    } else {
      this.addToMore(refusal.requestId);
    }
  }

  private addToMore(requestId: string | null): void {
    const more = this.waiting.get(MORE);
    const nobody = { userId: null, phoneKey: null, named: null, subjectId: null, address: null, detail: null };
    this.waiting.set(MORE, {
      ...{ kind: MORE, type: MORE, ...nobody, requestId: more?.requestId ?? requestId },
      ...{ count: (more?.count ?? 0) + 1, lastRequestId: requestId },
    });
  }

  private writeWaiting(): Promise<void> {
    const counted = [...this.waiting.values()];
    this.waiting = new Map();
    clearTimeout(this.soon);
    this.soon = undefined;
    this.wroteAt = performance.now();
    return this.count(counted);
  }

  private async count(waiting: readonly Waiting[]): Promise<void> {
    // Also where the account is known already: the time of an answer must not tell whether there is one.
    const named = waiting.flatMap(({ named: name }) => name ?? []);
    const owners = named.length === 0 ? new Map<string, string>() : await this.owners.ownersOf([...new Set(named)]);
    const counted = new Map<string, CountedRefusal>();
    for (const { named: name, ...refusal } of waiting) {
      const userId = refusal.userId ?? (name === null ? null : (owners.get(name) ?? null));
      const kind = userId === null ? refusal.kind : `${refusal.kind}\n${userId}`;
      const known = counted.get(kind);
      if (!known) counted.set(kind, { ...refusal, kind, userId });
      else Object.assign(known, { count: known.count + refusal.count, lastRequestId: refusal.lastRequestId });
    }
    await this.repository.count([...counted.values()]);
  }

  private readonly onFailure = (err: unknown): void => {
    this.logger.warn({ err }, 'refusals not recorded');
  };
}
