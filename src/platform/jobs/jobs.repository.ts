import { Injectable } from '@nestjs/common';
import { type CronExpressionParser } from 'cron-parser';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';

/** A run of a job as far as it has come. */
export interface JobRun {
  readonly startedAt: Date;
  /** Null while it runs, and when its end is not known. */
  readonly endedAt: Date | null;
  readonly outcome: 'running' | 'success' | 'failure';
  /** Why it failed, masked. */
  readonly error: string | null;
}

/** A schedule and how it fares. */
export interface JobState {
  readonly name: string;
  readonly cron: string;
  readonly lastRun: JobRun | null;
  /** When it is next due: by its schedule, or to be tried again. */
  readonly nextRunAt: Date | null;
  /** Runs begun in the last 24 hours, those that were tried again included. */
  readonly runsLastDay: number;
}

interface JobRow {
  name: string;
  cron: string;
  now: Date;
  waits_until: Date | null;
  state: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed' | null;
  started_on: Date | null;
  completed_on: Date | null;
  message: string | null;
  ended_at: string | null;
  runs: number;
}

// Each branch repeats the condition of a partial index of pg-boss (job_i11, job_i6), so that it reads the few rows that
// wait or run and not the thousands that are over. Ticks are not exclusive: pg-boss looks after their expiry with the
// hourly job.
const WAITING = statement<{ name: string; overdue: boolean }>(
  'jobs_waiting',
  `SELECT name, false AS overdue FROM pgboss.job
    WHERE name = ANY(:names::text[]) AND state < 'active' AND NOT blocked AND start_after <= now()
   UNION
   SELECT name, true FROM pgboss.job
    WHERE name = ANY(:names::text[]) AND state <= 'active' AND policy = 'exclusive' AND state = 'active'
      AND started_on + expire_seconds * interval '1 second' < now()`,
);

// Of what a run leaves behind, our own failures have a message at the top; pg-boss's own words are one level lower.
const LIST = statement<JobRow>(
  'jobs_list',
  `SELECT s.name, s.cron, now() AS now, d.waits_until, r.state::text AS state, r.started_on, r.completed_on,
          coalesce(r.output->>'message', r.output->'value'->>'message', r.output->>'value') AS message,
          r.output->>'endedAt' AS ended_at, d.runs
     FROM pgboss.schedule s
     LEFT JOIN LATERAL (SELECT state, started_on, completed_on, output FROM pgboss.job j
                         WHERE j.name = s.name AND started_on IS NOT NULL ORDER BY started_on DESC LIMIT 1) r ON true
    CROSS JOIN LATERAL (SELECT coalesce(sum(retry_count + 1) FILTER (WHERE started_on > now() - interval '1 day'), 0)::int AS runs,
                               min(start_after) FILTER (WHERE state < 'active') AS waits_until
                          FROM pgboss.job j WHERE j.name = s.name) d
    ORDER BY s.name`,
);

const PLACE = statement<{ sealed_place: Buffer }>(
  'walk_places_of',
  'SELECT sealed_place FROM walk_places WHERE walk = :walk::text',
);

const KEEP_PLACE = statement(
  'walk_places_keep',
  `INSERT INTO walk_places (walk, sealed_place) VALUES (:walk::text, :sealed_place::bytea)
   ON CONFLICT (walk) DO UPDATE SET sealed_place = excluded.sealed_place`,
);

const FORGET_PLACE = statement('walk_places_forget', 'DELETE FROM walk_places WHERE walk = :walk::text');

/** What pg-boss knows, read beside it: it has no such questions of its own. */
@Injectable()
export class JobsRepository {
  constructor(private readonly database: Database) {}

  /**
   * Which of these wait to be run now.
   *
   * @returns `overdue`: some instance has begun a job and is not heard of any more
   */
  async waiting(names: readonly string[]): Promise<{ due: string[]; overdue: boolean }> {
    const rows = await this.database.run(WAITING, { names });
    return {
      due: rows.filter(({ overdue }) => !overdue).map(({ name }) => name),
      overdue: rows.some(({ overdue }) => overdue),
    };
  }

  /** Where a walk has come to, sealed; null at its beginning. */
  async placeOf(walk: string): Promise<Buffer | null> {
    const [row] = await this.database.run(PLACE, { walk });
    return row?.sealed_place ?? null;
  }

  /** @param sealedPlace null: the walk has ended, and begins anew */
  async keepPlace(walk: string, sealedPlace: Buffer | null): Promise<void> {
    if (sealedPlace === null) await this.database.run(FORGET_PLACE, { walk });
    else await this.database.run(KEEP_PLACE, { walk, sealed_place: sealedPlace });
  }

  async list(): Promise<JobState[]> {
    // Loaded with pg-boss, which is not loaded at the start.
    const { CronExpressionParser: parser } = await import('cron-parser');
    const rows = await this.database.run(LIST, {});
    return rows.map((row) => ({
      name: row.name,
      cron: row.cron,
      lastRun: runOf(row),
      nextRunAt: row.waits_until ?? nextRun(parser, row),
      runsLastDay: row.runs,
    }));
  }
}

function runOf({ state, started_on: startedAt, completed_on, message, ended_at }: JobRow): JobRun | null {
  if (!startedAt) return null;
  if (state === 'active') return { startedAt, endedAt: null, outcome: 'running', error: null };
  if (state === 'completed') return { startedAt, endedAt: completed_on, outcome: 'success', error: null };
  return { startedAt, endedAt: ended_at ? new Date(ended_at) : completed_on, outcome: 'failure', error: message };
}

/** In UTC, as pg-boss reads it, which has the same library; null for what that cannot read. */
function nextRun(parser: typeof CronExpressionParser, { cron, now }: JobRow): Date | null {
  try {
    return parser.parse(cron, { tz: 'UTC', currentDate: now }).next().toDate();
  } catch {
    return null;
  }
}
