import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationShutdown } from '@nestjs/common';
import { type PgBoss } from 'pg-boss';
import { AuthSecret } from '../secrets/auth-secret.js';
import { Database } from '../database/database.js';
import { LOGGER, masked, type ServiceLogger } from '../log/logger.js';
import { every, within, type Recurring } from '../background/timers.js';
import { openBoss, TICKS, type Attempt, type ScheduledJob } from './boss.js';
import { JobsRepository, type JobState } from './jobs.repository.js';

export { type JobState };

/** How often each instance asks whether there is a job to do, in ms; with its jitter well under five seconds. */
const LOOK_EVERY = 3_500;

/** A job begins no further part after this, in ms: what is left waits for its next time. Well under `EXPIRES_IN`. */
const RUN_FOR = 30_000;

/** A walk takes no further step after this, in ms; with the step under way well under `EXPIRES_IN`. */
const WALK_FOR = 20_000;

/** What a job under way is given to end when the service stops, in ms; then another instance gets it. */
const STOP_PATIENCE = 3_000;

/** And the whole of stopping, in ms, when the database does not answer. */
const STOP_LIMIT = 5_000;

/** The database may be away for long: one line a minute says so, in ms. */
const TELL_EVERY = 60_000;

/** Long enough to know it by. */
const LONGEST_MESSAGE = 300;

/** Work that the cluster does at set times, once, however many instances there are. Kept by pg-boss in the database. */
@Injectable()
export class Jobs implements BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly scheduled: ScheduledJob[] = [];
  private boss: PgBoss | undefined;
  private opening: Promise<void> | undefined;
  private looking: Recurring | undefined;
  private stopping = false;
  private stopped: Promise<void> = Promise.resolve();
  private quietUntil = 0;

  constructor(
    private readonly database: Database,
    private readonly repository: JobsRepository,
    private readonly secret: AuthSecret,
    @Inject(LOGGER) private readonly logger: ServiceLogger,
  ) {
    this.schedule('finished-jobs', '23 * * * *', async () => {
      await this.boss?.supervise();
      return false;
    });
  }

  /**
   * Says what is to be done when; for `onModuleInit`. Never twice at once in the cluster; what fails is tried again with
   * back-off, and the next time comes all the same. A time that nobody was there for is left out, so that work must be
   * such that the next one makes up for it.
   *
   * @param cron minute, hour, day, month and weekday, in UTC
   * @param work does a part, some seconds' worth, and says whether there may be more: then it is called again
   */
  schedule(name: string, cron: string, work: ScheduledJob['work']): void {
    this.scheduled.push({ name, cron, work });
  }

  /**
   * Goes on with a walk through a table, for jobs that look for rows which no index finds: some steps each time, from where
   * the last time ended, whichever instance that was. Behind the last row it begins anew. So the work of a minute does not
   * grow with the table; how long a whole walk takes does.
   *
   * @param walk its name in the database; never changed
   * @param most steps of this time
   * @param step does one, from behind a place (null: the beginning), and says where it ended; null behind the last row
   */
  async walk(walk: string, most: number, step: (after: string | null) => Promise<string | null>): Promise<void> {
    const until = performance.now() + WALK_FOR;
    let place = this.openPlace(walk, await this.repository.placeOf(walk));
    for (let steps = 0; steps < most && !this.stopping && performance.now() < until; steps++) {
      const before = place;
      place = await step(before);
      if (place !== null || before !== null)
        await this.repository.keepPlace(walk, place === null ? null : this.secret.seal('walk-place', place, walk));
      if (place === null) return;
    }
  }

  /** Begins, when every room has said what it wants; waits for nothing, and goes on trying when the database is away. */
  start(): void {
    if (this.stopping) return;
    this.looking = every(LOOK_EVERY, () => this.look(), this.tell);
    void this.look().catch(this.tell);
  }

  /** Every schedule of the cluster and how it fares, by name. */
  list(): Promise<JobState[]> {
    return this.repository.list();
  }

  /** Beside the last requests: no job is begun any more. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
    this.stopped = within(STOP_LIMIT, this.stop(), undefined);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.stopped;
  }

  /** A place that was sealed under another secret does not count: the walk begins anew. */
  private openPlace(walk: string, sealed: Buffer | null): string | null {
    try {
      return sealed && this.secret.open('walk-place', sealed, walk).toString();
    } catch {
      return null;
    }
  }

  private async stop(): Promise<void> {
    await this.looking?.stop();
    await this.opening?.catch(() => undefined);
    // A job that does not end is given up in the database, where others find it.
    await this.boss?.stop({ graceful: true, close: false, timeout: STOP_PATIENCE }).catch(() => undefined);
  }

  /**
   * One statement for all jobs in the place of a poll for each: it wakes whoever has something to do, and finds the jobs
   * of instances that died. Being asked often, it is also what notices that the database is back.
   */
  private async look(): Promise<void> {
    if (!this.boss) await (this.opening ??= this.open().finally(() => (this.opening = undefined)));
    const { boss } = this;
    if (!boss || this.stopping) return;
    const { due, overdue } = await this.repository.waiting([TICKS, ...this.scheduled.map(({ name }) => name)]);
    if (overdue) await boss.supervise();
    for (const worker of boss.getWipData({ includeInternal: true }))
      if (due.includes(worker.name)) boss.notifyWorker(worker.id);
  }

  private async open(): Promise<void> {
    this.boss = await openBoss(this.database, this.scheduled, {
      run: (job, attempt) => this.run(job, attempt),
      tell: this.tell,
      warn: (message) => this.logger.warn({ warning: masked(message) }, 'pg-boss warns'),
    });
  }

  private async run({ name, work }: ScheduledJob, { signal, retryCount, retryLimit }: Attempt): Promise<void> {
    const until = performance.now() + RUN_FOR;
    try {
      // One part at least: a job that was taken in the instant of a stop would count as done.
      while ((await work()) && !this.stopping && !signal.aborted && performance.now() < until);
    } catch (err) {
      // The last try of this time: an operator should look. The next time comes all the same.
      if (retryCount >= retryLimit) this.logger.error({ err, job: name }, 'job failed');
      else this.logger.warn({ err, job: name }, 'job failed, it will be tried again');
      throw new JobFailure(err);
    }
  }

  private readonly tell = (trouble: unknown): void => {
    if (this.stopping || performance.now() < this.quietUntil) return;
    this.quietUntil = performance.now() + TELL_EVERY;
    // pg-boss hands some of its errors on as plain objects.
    const err = trouble instanceof Error ? trouble : Object.assign(new Error('unknown trouble'), trouble);
    this.logger.warn({ err }, 'jobs were not maintained');
  };
}

/** What the database keeps of a failure: admins read it, so it is masked as in the log, and drivers' details stay out. */
class JobFailure extends Error {
  override readonly name = 'JobFailure';
  private readonly endedAt = new Date().toISOString();

  constructor(error: unknown) {
    super(masked(error instanceof Error ? error.message : String(error)).slice(0, LONGEST_MESSAGE));
  }

  /** Read by pg-boss. */
  toJSON(): object {
    return { message: this.message, endedAt: this.endedAt };
  }
}
