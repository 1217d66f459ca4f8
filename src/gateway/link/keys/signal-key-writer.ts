import { Inject, Injectable } from '@nestjs/common';
import { CoalescedTask } from '../../../platform/background/coalesced-task.js';
import { LOGGER, type ServiceLogger } from '../../../platform/log/logger.js';
import { GatewayKeysRepository, type SealedWrite } from './signal-keys.repository.js';
import { type AccountLease } from '../linked-account-state.js';

/** The linked account was taken over by another instance: nothing more may be written or sent for it here. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

interface Job {
  readonly lease: AccountLease;
  readonly writes: readonly SealedWrite[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Pauses before a write is tried again that the database refused, in ms. */
const REFUSED = [100, 400];

/** The same while the database is away: nearly as long as an account may be held without it. Nothing leaves meanwhile. */
const AWAY = [100, 200, 500, 1_000, 1_000, 1_000, 1_500, 1_500, 2_000, 2_000];

/** Rows in one statement, about; what waits beyond that goes with the next. */
const ROWS_AT_ONCE = 4_000;

/**
 * Writes the key state of all linked accounts of this process. While one statement is under way the next writes gather,
 * so hundreds of linked accounts need no more than one connection for it.
 */
@Injectable()
export class KeyWriter {
  private waiting: Job[] = [];
  private readonly statements = new CoalescedTask(() => this.writeAll());

  constructor(
    private readonly repository: GatewayKeysRepository,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  /**
   * Resolves when the writes are stored, all of them in one transaction.
   *
   * @throws LeaseLost when the linked account is held by another instance; the database's error when it cannot be
   *   reached or does not take them. Then none of them is stored.
   */
  write(lease: AccountLease, writes: readonly SealedWrite[]): Promise<void> {
    return new Promise((done, failed) => {
      this.waiting.push({ lease, writes, done, failed });
      void this.statements.run();
    });
  }

  private async writeAll(): Promise<void> {
    // Let the writes of the same turn of the event loop come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.writeBatch(this.nextBatch());
  }

  private nextBatch(): Job[] {
    let rows = 0;
    const end = this.waiting.findIndex(({ writes }) => (rows += writes.length) > ROWS_AT_ONCE);
    return this.waiting.splice(0, end === -1 ? this.waiting.length : Math.max(1, end));
  }

  private async writeBatch(batch: readonly Job[]): Promise<void> {
    try {
      settle(batch, await this.repeatedly(batch));
    } catch (error) {
      if (batch.length === 1) batch[0]?.failed(error);
      // One linked account's row may be what the database does not take: it must not drag the others along.
      else for (const job of batch) await this.writeBatch([job]);
    }
  }

  private async repeatedly(batch: readonly Job[]): Promise<Set<AccountLease>> {
    const work = merged(batch);
    for (let failures = 0; ; failures++) {
      try {
        return await this.repository.write(work);
      } catch (err) {
        const pause = pauseAfter(err, failures, batch.length === 1);
        if (pause === undefined) throw err;
        this.logger.warn({ err, sessions: work.size }, 'key state not stored; trying again');
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }
}

/**
 * How long to wait before another try, in ms; undefined when there must be none. After an error that leaves it open
 * whether the statement still runs, the old one could overtake later writes: its linked account gives up its lease, and
 * the next one's fence keeps it out.
 */
function pauseAfter(error: unknown, failures: number, alone: boolean): number | undefined {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const sqlState = typeof code === 'string' && /^(?!08)[0-9A-Z]{5}$/.test(code) ? code : undefined;
  const unreached = code === 'ECONNREFUSED' || code === 'ENOTFOUND' || sqlState?.startsWith('57P0');
  const unconnected = typeof message === 'string' && message.includes('timeout exceeded when trying to connect');
  if (unreached || unconnected) return AWAY[failures];
  return sqlState !== undefined && alone ? REFUSED[failures] : undefined;
}

/** One list for each linked account; of several writes under one name the last one counts. */
function merged(batch: readonly Job[]): Map<AccountLease, SealedWrite[]> {
  const byLease = new Map<AccountLease, Map<string, SealedWrite>>();
  for (const { lease, writes } of batch) {
    const known = byLease.get(lease) ?? new Map<string, SealedWrite>();
    for (const write of writes) known.set(write.nameHash.toString('hex'), write);
    byLease.set(lease, known);
  }
  return new Map([...byLease].map(([lease, writes]) => [lease, [...writes.values()]]));
}

function settle(batch: readonly Job[], held: ReadonlySet<AccountLease>): void {
  for (const { lease, done, failed } of batch) {
    if (held.has(lease)) done();
    else failed(new LeaseLost('the linked account is held by another instance'));
  }
}
