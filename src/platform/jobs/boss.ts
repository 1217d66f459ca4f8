import { type ConstructorOptions, type JobWithMetadata, type PgBoss, type QueueOptions } from 'pg-boss';
import { type Database } from '../database/database.js';

/** A room's work that the cluster does at set times. */
export interface ScheduledJob {
  /** Lower-case words with hyphens; never changed, or the old one goes on being asked for. */
  readonly name: string;
  /** Five fields in UTC: minute, hour, day, month, weekday. */
  readonly cron: string;
  /** Does a part of the work, some seconds' worth; says whether there may be more. */
  readonly work: () => Promise<boolean>;
}

/** Where a tick of a schedule waits until it has become a job of its own; made by pg-boss. */
export const TICKS = '__pgboss__send-it';

/** A job that has not ended after this is taken for dead, in seconds; longer than any job goes on (see `jobs.service.ts`). */
const EXPIRES_IN = 60;

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** Nobody waits for these polls: whoever has work is woken (`Jobs.look`). The floor is for a look that is wrong, in seconds. */
const IDLE_POLL = 600;

const OPTIONS: ConstructorOptions = {
  // What runs has been set up before (`job-schema.ts`). With false it would refuse to start on a newer schema too, and a
  // release could not be put back.
  migrate: true,
  bamIntervalSeconds: DAY,
  // Its supervisor brings a second poller along, every few seconds, for features that nobody uses here. What expired is
  // found by the look, and what is old goes with the job `finished-jobs`; both call `supervise` themselves.
  supervise: false,
  monitorIntervalSeconds: 1,
  maintenanceIntervalSeconds: HOUR / 2,
  reindex: false,
  monitorVacuum: false,
  // A pass sees the ticks of the last 60 s only. Two in a row that come too late by an instant still do not miss one.
  cronMonitorIntervalSeconds: 20,
  cronWorkerIntervalSeconds: 45,
  clockMonitorIntervalSeconds: 600,
  queueCacheIntervalSeconds: HOUR,
};

/** What holds for every job. Exclusive: one row waits, runs or is about to be tried again, whoever asks for more. */
const QUEUE = {
  expireInSeconds: EXPIRES_IN,
  // After 10 to 20 s, then twice that and so on; the first pause is longer than what a job that ran out of time may
  // still be doing (a statement, see `pool.ts`).
  retryLimit: 5,
  retryDelay: 10,
  retryBackoff: true,
  retryDelayMax: 300,
  retentionSeconds: DAY,
  deleteAfterSeconds: 2 * DAY,
} satisfies QueueOptions;

/** One of the tries that this instance has got. */
export type Attempt = Pick<JobWithMetadata, 'signal' | 'retryCount' | 'retryLimit'>;

/** What pg-boss does with us: hands jobs over, and tells of errors and of what it finds odd. */
interface Listener {
  run(job: ScheduledJob, attempt: Attempt): Promise<void>;
  tell(trouble: unknown): void;
  warn(message: string): void;
}

/**
 * Starts pg-boss on the service's own connections with these jobs. Queues and schedules of the database are made to be
 * as this release has them; what others have there is left alone.
 *
 * @param listener its `run` is called for each job that this instance has got
 * @throws the driver's error; nothing is left running then
 */
export async function openBoss(database: Database, jobs: readonly ScheduledJob[], listener: Listener): Promise<PgBoss> {
  // Loaded when it is needed: commands never do, and the service listens before it has read all that.
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({ ...OPTIONS, db: database });
  boss.on('error', (error) => listener.tell(error));
  boss.on('warning', ({ message }) => listener.warn(message));
  try {
    await boss.start();
    await publish(boss, jobs);
    for (const job of jobs) {
      await boss.work(job.name, { pollingIntervalSeconds: IDLE_POLL, includeMetadata: true }, async ([attempt]) => {
        if (attempt) await listener.run(job, attempt);
      });
    }
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false, close: false }).catch((failure: unknown) => listener.tell(failure));
    throw error;
  }
}

/** Asked first and written only where it differs: most starts change nothing. */
async function publish(boss: PgBoss, jobs: readonly ScheduledJob[]): Promise<void> {
  const queues = new Map((await boss.getQueues()).map((queue) => [queue.name, queue]));
  // Ticks are gone in a moment; kept for a week they would be most of the table.
  if (queues.get(TICKS)?.deleteAfterSeconds !== HOUR) await boss.updateQueue(TICKS, { deleteAfterSeconds: HOUR });
  for (const { name } of jobs) {
    const queue = queues.get(name);
    if (!queue) await boss.createQueue(name, { ...QUEUE, policy: 'exclusive' });
    else if (Object.entries(QUEUE).some(([key, value]) => queue[key as keyof typeof QUEUE] !== value))
      await boss.updateQueue(name, QUEUE);
  }
  const crons = new Map((await boss.getSchedules()).map(({ name, cron }) => [name, cron]));
  for (const { name, cron } of jobs) if (crons.get(name) !== cron) await boss.schedule(name, cron);
}
