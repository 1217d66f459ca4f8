import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Audit } from '../../records/audit/audit.service.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { databaseFailure } from '../../platform/errors/database-errors.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { LOGGER, type ServiceLogger } from '../../platform/log/logger.js';
import { ImportedAccounts } from '../users/imported/imported-accounts.js';
import { type AccountRow } from '../users/account.js';
import { Batches } from './batches.js';
import { readPerson, type PersonRow, type ReadingOptions } from './person-row.js';
import { reportLine, type ReportLine } from './report.js';
import { RowsRepository, type OriginRow, type ReadRow } from './rows.repository.js';
import { RunsRepository, type RunRow } from './runs.repository.js';
import { type Source, type SourceRow } from './sources/source.js';

export { type OriginRow, type ReadingOptions, type ReportLine, type RunRow };

/**
 * What happens to plain passwords: they are hashed, which takes long; they are left alone, where the rows are only checked; or
 * they are not taken.
 */
export type PlainPasswords = 'hash' | 'check' | 'refuse';

/** The admin who wants something, and in which request. */
export interface ImportedBy {
  readonly userId: string;
  /** Key of the client's address. */
  readonly address: string;
  readonly requestId: string;
}

/** Rows that are stored at a time. */
const BATCH = 500;

/** Passwords that are hashed at once; the hasher takes two and lets the others wait. */
const HASHES = 8;

/** How often a batch is tried that failed because of others or of the database, and the pause before the second time, in ms. */
const TRIES = 6;
const PAUSE = 100;

/**
 * Moves the people of another system here. A run is read whole before the first of its rows is decided: only then is it known
 * which rows claim the same name. docs/import.md
 */
@Injectable()
export class PeopleImport implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly settings: RegionSettings,
    private readonly secret: AuthSecret,
    private readonly runs: RunsRepository,
    private readonly rows: RowsRepository,
    private readonly batches: Batches,
    private readonly accounts: ImportedAccounts,
    private readonly audit: Audit,
    private readonly jobs: Jobs,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {}

  onModuleInit(): void {
    this.jobs.schedule('old-imports', '47 * * * *', () => this.forgetOld());
  }

  /**
   * Begins a run.
   *
   * @param origin the system that the people come from: what it calls them is unique within it
   * @param createdBy the admin; null: whoever can run commands on the machine
   * @returns its id
   */
  async begin(origin: string, createdBy: string | null): Promise<string> {
    const id = uuidv7();
    await this.runs.begin(id, origin, createdBy);
    return id;
  }

  /**
   * Reads the people of a source into a run, as fast as they can be stored.
   *
   * @param onRows told how many rows are stored; false ends the reading
   * @throws what the source throws
   */
  async read(
    id: string,
    source: Source,
    options: ReadingOptions & { readonly plainPasswords: PlainPasswords },
    onRows: (rows: number) => boolean = () => true,
  ): Promise<RunRow | null> {
    const run = await this.runs.find(id);
    if (run?.state !== 'READING') return run;
    let line = 0;
    let batch: Staged[] = [];
    for await (const given of source) {
      line += 1;
      batch.push(this.staged(given, line, options));
      if (batch.length < BATCH) continue;
      if (!(await this.store(run, batch, options.plainPasswords)) || !onRows(line)) return this.runs.find(id);
      batch = [];
    }
    await this.store(run, batch, options.plainPasswords);
    return this.runs.move(id, { from: ['READING'], to: 'READ' });
  }

  /**
   * Lets the rows of a run be decided, from the first one on: without changing any account, or for good.
   *
   * @param by the admin who wants it; null: whoever can run commands on the machine
   * @returns null when the run is in no state for that
   */
  start(id: string, what: 'check' | 'write', by: ImportedBy | null = null): Promise<RunRow | null> {
    const [from, to] =
      what === 'check' ? ([['READ', 'CHECKED'], 'CHECKING'] as const) : ([['READ', 'CHECKED'], 'WRITING'] as const);
    return this.database.transaction(async (transaction) => {
      const run = await this.runs.move(id, { from, to, anew: true }, transaction);
      // A check on the command line is nobody's business; over HTTP it means that somebody sent the data of people.
      if (run && (what === 'write' || by !== null))
        await this.audit.record(
          {
            ...by,
            type: what === 'write' ? 'people.import_started' : 'people.import_checked',
            outcome: 'success',
            subjectId: id,
            detail: { origin: run.origin, rows: run.rows },
          },
          transaction,
        );
      return run;
    });
  }

  /**
   * Decides the next rows of a run. Several may do so at once: each row is decided once.
   *
   * @returns the run as it is now; null when there is none
   */
  async step(id: string): Promise<RunRow | null> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.batches.next(id);
      } catch (error) {
        // Nothing of the batch was done: a name was taken in between, somebody held a row for long, or the database was away.
        if (tries === TRIES || databaseFailure(error) === null) throw error;
        this.logger.warn({ err: error, tries }, 'a batch of an import is tried again');
        await pause(Math.random() * PAUSE * 2 ** tries);
      }
    }
  }

  /** Ends a run where it is: what is written stays. */
  stop(id: string): Promise<RunRow | null> {
    return this.runs.move(id, { from: ['READING', 'READ', 'CHECKING', 'CHECKED', 'WRITING'], to: 'STOPPED' });
  }

  /** Those that admins began and that are still kept, newest first. */
  list(): Promise<RunRow[]> {
    return this.runs.list();
  }

  /** One that an admin began, and that nobody goes on with; null where there is none. */
  left(): Promise<string | null> {
    return this.runs.left();
  }

  find(id: string): Promise<RunRow | null> {
    return this.runs.find(id);
  }

  /** What became of each row, in their order. */
  async *report(id: string): AsyncGenerator<ReportLine> {
    for await (const row of this.rows.report(id)) yield reportLine(row, this.settings.allowedCountries);
  }

  /** Deletes all that is kept of a run; what it wrote stays. */
  async discard(id: string): Promise<void> {
    while (await this.rows.deleteSome(id));
    await this.runs.delete(id);
  }

  /** Where an account came from. */
  originsOf(userId: string): Promise<OriginRow[]> {
    return this.rows.originsOf(userId);
  }

  /**
   * Of an account that is erased: what other systems called it, and rows with its names that wait for their decision. That it
   * was imported is known on, lest it come back with the next import.
   */
  async forget(
    userId: string,
    names: Pick<AccountRow, 'phone' | 'email' | 'username'>,
    within: Transaction,
  ): Promise<void> {
    await this.rows.forget(userId, names, within);
  }

  private staged(given: SourceRow, line: number, options: ReadingOptions): Staged {
    const person = given === null ? 'unreadable' : readPerson(given, options, this.accounts);
    return { line, person };
  }

  /** @returns false when the run is read no more */
  private async store(run: RunRow, staged: readonly Staged[], plainPasswords: PlainPasswords): Promise<boolean> {
    if (staged.length === 0) return true;
    const rows = staged.map(({ line, person }) => ({ ...this.rowOf(run.origin, line, person), person }));
    const hashed = plainPasswords === 'hash' ? await this.hashes(rows) : new Map<number, string | null>();
    const stored = rows.map(({ person, ...row }): ReadRow => {
      if (typeof person === 'string' || person.password === null) return row;
      if (plainPasswords === 'refuse') return { ...row, hasPassword: false, passwordNote: 'plain_text' };
      const hash = hashed.get(row.line);
      return hash === null
        ? { ...row, hasPassword: false, passwordNote: 'password_too_long' }
        : { ...row, passwordHash: hash ?? null };
    });
    return this.retried(() =>
      this.database.transaction(async (transaction) => {
        // First, so that nobody deletes the run meanwhile.
        if (!(await this.runs.readOn(run.id, staged.at(-1)?.line ?? 0, transaction))) return false;
        await this.rows.insert(run.id, stored, transaction);
        return true;
      }),
    );
  }

  /** The hashes of plain passwords, by their lines; null for one that is too long. Who was imported before needs none. */
  private async hashes(
    rows: readonly (ReadRow & { person: PersonRow | string })[],
  ): Promise<Map<number, string | null>> {
    const plain = rows.filter(({ person }) => typeof person !== 'string' && person.password !== null);
    const origins =
      plain.length === 0 ? new Map() : await this.rows.origins(plain.flatMap(({ originKey }) => originKey ?? []));
    const wanted = plain.filter(({ originKey }) => !origins.has(originKey));
    const hashed = new Map<number, string | null>();
    for (let at = 0; at < wanted.length; at += HASHES)
      await Promise.all(
        wanted.slice(at, at + HASHES).map(async ({ line, person }) => {
          const password = typeof person === 'string' ? null : person.password;
          if (password !== null) hashed.set(line, await this.accounts.hash(password));
        }),
      );
    return hashed;
  }

  private rowOf(origin: string, line: number, person: PersonRow | string): ReadRow {
    if (typeof person === 'string') return { ...NOBODY, line, problem: person };
    const { password, passwordHash, leftOut, ...rest } = person;
    const said = [rest, password, passwordHash, leftOut];
    // Who has no id is known by all that they log in by.
    const { legacyId, phone, email, username } = person;
    const identity = JSON.stringify([origin, legacyId === null ? [phone, email, username] : legacyId]);
    const [originKey = null, previousKey = null] = this.secret
      .acceptedMacs('import-origin', identity)
      .map((mac) => mac.toString('hex', 0, 16));
    return {
      ...rest,
      line,
      originKey,
      previousKey,
      digest: this.secret.mac('import-row', JSON.stringify(said)).toString('hex', 0, 16),
      passwordHash,
      hasPassword: password !== null || passwordHash !== null,
      leftOut,
      problem: null,
    };
  }

  private async retried<Result>(work: () => Promise<Result>): Promise<Result> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (tries === TRIES || databaseFailure(error)?.code !== 'database_unavailable') throw error;
        await pause(Math.random() * PAUSE * 2 ** tries);
      }
    }
  }

  /** @returns whether there may be more */
  private async forgetOld(): Promise<boolean> {
    const run = await this.runs.over();
    if (!run) return false;
    if (await this.rows.deleteSome(run.id)) return true;
    await this.runs.delete(run.id);
    return true;
  }
}

/** A row of a source, read or not. */
interface Staged {
  readonly line: number;
  readonly person: PersonRow | string;
}

/** A row that cannot be imported holds nothing of the person. */
const NOBODY: ReadRow = {
  line: 0,
  originKey: null,
  previousKey: null,
  digest: '',
  legacyId: null,
  fullName: null,
  email: null,
  username: null,
  phone: null,
  role: 'USER',
  isActive: true,
  passwordHash: null,
  hasPassword: false,
  passwordNote: null,
  leftOut: [],
  problem: null,
};
