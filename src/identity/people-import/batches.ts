import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../../records/audit/audit.service.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { type AccountRow } from '../users/account.js';
import { ImportedAccounts, type KnownAccountRow } from '../users/imported/imported-accounts.js';
import { judge, type KnownOrigin, type Rival, type Verdict } from './judge.js';
import { RowsRepository, type DecidedRow, type WaitingRow } from './rows.repository.js';
import { RunsRepository, type RunRow } from './runs.repository.js';

/** Rows that are decided at a time: some hundredths of a second, for which those of their accounts wait who log in. */
const BATCH = 500;

/** How often rows are judged again whose names somebody else took at the same moment. */
const ROUNDS = 5;

/** Roles whose accounts have an event of their own. */
const STAFF: ReadonlySet<string> = new Set<AccountRow['role']>(['ADMIN', 'SUPERVISOR', 'OPERATOR']);

/** A row, what became of it, and which account it is now. */
interface Decision {
  readonly row: WaitingRow;
  readonly verdict: Verdict | { readonly outcome: 'refused'; readonly reason: string };
  readonly userId: string | null;
}

/** Decides the rows of a run, some at a time: all of them, what they change, and how far the run is, are one transaction. */
@Injectable()
export class Batches {
  constructor(
    private readonly database: Database,
    private readonly runs: RunsRepository,
    private readonly rows: RowsRepository,
    private readonly accounts: ImportedAccounts,
    private readonly audit: Audit,
  ) {}

  /**
   * Decides the next rows of a run that is checked or written.
   *
   * @returns the run as it is now; null when there is no such run
   */
  next(id: string): Promise<RunRow | null> {
    return this.database.transaction(async (transaction) => {
      const known = await this.runs.find(id, transaction);
      const writes = known?.state === 'WRITING';
      await this.rows.beginBatch(writes, transaction);
      const run = await this.runs.lock(id, transaction);
      if (run?.state !== 'CHECKING' && run?.state !== 'WRITING') return run;
      // Between the look and the lock somebody began to write: the batch has to be alone.
      if ((run.state === 'WRITING') !== writes) return run;
      return this.decide(run, writes, transaction);
    });
  }

  private async decide(run: RunRow, writes: boolean, transaction: Transaction): Promise<RunRow> {
    const waiting = await this.rows.waiting(run.id, run.position, BATCH, transaction);
    const refused = waiting.flatMap((row): Decision[] =>
      row.problem === null ? [] : [{ row, verdict: { outcome: 'refused', reason: row.problem }, userId: null }],
    );
    const sound = waiting.filter(({ problem }) => problem === null);
    const decisions = [...refused, ...(await this.settle(run, sound, writes, transaction))];
    await this.rows.decide(run.id, decisions.map(written), writes, transaction);
    const position = waiting.at(-1)?.line ?? run.rows;
    const isOver = position >= run.rows;
    const now: RunRow = {
      ...run,
      position,
      counts: counted(run.counts, decisions),
      state: isOver ? (writes ? 'DONE' : 'CHECKED') : run.state,
    };
    if (isOver && writes)
      await this.audit.record(
        {
          type: 'people.imported',
          outcome: 'success',
          userId: run.created_by,
          subjectId: run.id,
          detail: { origin: run.origin, counts: now.counts },
        },
        transaction,
      );
    return this.runs.goOn(now, transaction);
  }

  /** Judges rows, and writes what comes of it. Whose name was taken at this moment is judged again. */
  private async settle(
    run: RunRow,
    rows: readonly WaitingRow[],
    writes: boolean,
    transaction: Transaction,
  ): Promise<Decision[]> {
    const decisions: Decision[] = [];
    let left = rows;
    for (let round = 0; left.length > 0; round++) {
      if (round === ROUNDS) throw new Error('names of an import were taken again and again');
      const judged = await this.judgeAll(run, left, writes, transaction);
      const done = writes ? await this.write(run, judged, transaction) : judged;
      decisions.push(...done);
      const settled = new Set(done.map(({ row }) => row.line));
      left = left.filter(({ line }) => !settled.has(line));
    }
    return decisions;
  }

  private async judgeAll(
    run: RunRow,
    rows: readonly WaitingRow[],
    writes: boolean,
    transaction: Transaction,
  ): Promise<Decision[]> {
    const origins = await this.rows.origins(
      rows.flatMap(({ originKey, previousKey }) => (previousKey === null ? [originKey] : [originKey, previousKey])),
      transaction,
    );
    const originOf = (row: WaitingRow) => origins.get(row.originKey) ?? origins.get(row.previousKey ?? '');
    const strangers = rows.filter((row) => !originOf(row));
    const names = namesOf(strangers);
    const known = strangers.length === 0 ? [] : await this.accounts.known(names, transaction, writes);
    const among = namesOf([...rows, ...known]);
    const rivals = await this.rows.rivals(
      run.id,
      { keys: rows.map(({ originKey }) => originKey), ...among },
      transaction,
    );
    const near = new Neighbours(known, rivals);
    return rows.map((row) => {
      const verdict = judge(row, near.of(row, originOf(row)));
      return { row, verdict, userId: 'userId' in verdict ? verdict.userId : null };
    });
  }

  /** @returns the decisions that hold; of the others a name was taken at this moment */
  private async write(run: RunRow, judged: readonly Decision[], transaction: Transaction): Promise<Decision[]> {
    const fresh = judged
      .filter(({ verdict }) => verdict.outcome === 'new')
      .map((each) => ({ ...each, userId: uuidv7() }));
    const made = new Set(fresh.length === 0 ? [] : await this.accounts.insert(fresh.map(accountOf), transaction));
    const newcomers = fresh.filter(({ userId }) => made.has(userId));
    const rest = judged.filter(({ verdict }) => verdict.outcome !== 'new');
    const fillings = rest.flatMap(({ verdict }) =>
      verdict.outcome === 'merged' && (verdict.fill.email !== null || verdict.fill.username !== null)
        ? [{ id: verdict.userId, ...verdict.fill }]
        : [],
    );
    if (fillings.length > 0) await this.accounts.fill(fillings, transaction);
    const decided = [...newcomers, ...rest];
    const origins = decided.flatMap(({ row, verdict, userId }) =>
      userId !== null && (verdict.outcome === 'new' || verdict.outcome === 'merged')
        ? [{ key: row.originKey, userId, legacyId: row.legacyId }]
        : [],
    );
    if (origins.length > 0) await this.rows.noteOrigins(run.origin, origins, transaction);
    for (const { row, userId } of newcomers)
      if (STAFF.has(row.role))
        await this.audit.record(
          {
            type: 'user.created',
            outcome: 'success',
            userId: run.created_by,
            subjectId: userId,
            detail: { role: row.role, by: 'import', import: run.id },
          },
          transaction,
        );
    return decided;
  }
}

/** Accounts and rows by their names, so that those of one row are found at once. */
class Neighbours {
  private readonly accounts = new Map<string, KnownAccountRow>();
  private readonly rivals = new Map<string, Rival[]>();

  constructor(accounts: readonly KnownAccountRow[], rivals: readonly Rival[]) {
    for (const account of accounts) for (const name of spelled(account)) this.accounts.set(name, account);
    for (const rival of rivals)
      for (const name of [`key:${rival.originKey}`, ...spelled(rival)]) {
        const list = this.rivals.get(name);
        if (list) list.push(rival);
        else this.rivals.set(name, [rival]);
      }
  }

  of(row: WaitingRow, origin: KnownOrigin | undefined) {
    const accounts = [...new Set(spelled(row).flatMap((name) => this.accounts.get(name) ?? []))];
    const names = [`key:${row.originKey}`, ...spelled(row), ...accounts.flatMap(spelled)];
    const rivals = [...new Set(names.flatMap((name) => this.rivals.get(name) ?? []))];
    return { origin, accounts, rivals };
  }
}

type Named = Pick<Rival, 'phone' | 'email' | 'username'>;

function spelled(named: Named): string[] {
  return (['phone', 'email', 'username'] as const).flatMap((name) =>
    named[name] === null ? [] : [`${name}:${named[name]}`],
  );
}

function namesOf(named: readonly Named[]) {
  const all = (name: keyof Named) => [...new Set(named.flatMap((each) => each[name] ?? []))];
  return { phones: all('phone'), emails: all('email'), usernames: all('username') };
}

function accountOf({ row, userId }: { row: WaitingRow; userId: string }) {
  const { fullName, email, username, phone, isActive, passwordHash } = row;
  return { id: userId, fullName, email, username, phone, role: row.role as AccountRow['role'], isActive, passwordHash };
}

function written({ row, verdict, userId }: Decision): DecidedRow {
  return {
    line: row.line,
    outcome: verdict.outcome,
    reason: 'reason' in verdict ? verdict.reason : null,
    otherLine: 'otherLine' in verdict ? verdict.otherLine : null,
    userId,
    kept: 'kept' in verdict ? verdict.kept : [],
  };
}

function counted(before: Record<string, number>, decisions: readonly Decision[]): Record<string, number> {
  const counts = { ...before };
  const count = (what: string) => (counts[what] = (counts[what] ?? 0) + 1);
  for (const { row, verdict } of decisions) {
    count(verdict.outcome);
    if ('reason' in verdict) count(`${verdict.outcome}.${verdict.reason}`);
    if (verdict.outcome !== 'new') continue;
    if (row.role !== 'USER') count(`role.${row.role}`);
    if (row.passwordNote !== null) count(`password.${row.passwordNote}`);
  }
  return counts;
}
