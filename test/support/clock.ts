import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LOCK, type Queries } from './database.js';
import { FUNCTIONS } from '../../src/platform/database/migrations/functions.js';
import { pause } from './waits.js';

/** For `NODE_OPTIONS` of a process with a channel: its time can be moved by `passIn`. */
export const MOVING_CLOCK = `--import=${pathToFileURL(join(import.meta.dirname, 'moving-clock.mjs')).href}`;

/** Lets so many ms pass for a process; its timers that are due fire. One that has ended is left out. */
export async function passIn(child: ChildProcess, ms: number): Promise<void> {
  // The end of a process is told before that of its channel: one that waits for it now would wait for ever.
  if (!child.connected || child.exitCode !== null || child.signalCode !== null) return;
  const over = new AbortController();
  const heard = ['message', 'exit', 'disconnect'].map((name) => once(child, name, over).catch(() => undefined));
  child.send({ pass: ms }, () => undefined);
  await Promise.race(heard);
  over.abort();
}

/**
 * How far the clock moves at once, in seconds: less than any lease, so that whoever lives renews what it holds, and less than a
 * statement may wait for a connection.
 */
const STEP = 2;

/** How long everybody gets for what is due before the clock moves on in `until`, in ms of the real time. */
const BREATH = 300;

/** A process whose clock can be moved. */
export interface Moved {
  readonly pass: (ms: number) => Promise<void>;
}

/** As `Clock.until`, by whatever lets a second pass: for a service whose database is away, and has no time. */
export async function passUntil(
  second: () => Promise<void>,
  what: string,
  ready: () => boolean | Promise<boolean>,
  within: number,
): Promise<void> {
  for (let passed = 0; ; passed += 1) {
    for (const end = performance.now() + BREATH; performance.now() < end;) {
      if (await ready()) return;
      await pause(20);
    }
    if (passed >= within) throw new Error(`${what}: not within ${within} s of the clock`);
    await second();
  }
}

/** The time of a house: its database's and its services', which move together. */
export class Clock {
  /** How far it is ahead of the real one, in ms. */
  ahead = 0;

  constructor(
    private readonly database: Queries,
    private readonly services: () => readonly Moved[],
  ) {}

  /** Gives the database a clock that can be moved. Column defaults take their time from it, too. */
  async install(): Promise<void> {
    await this.database.query(INSTALL);
    await this.database.query(
      `CREATE OR REPLACE FUNCTION ${FUNCTIONS}.moment() RETURNS timestamptz LANGUAGE sql STABLE
       RETURN date_trunc('milliseconds', test_clock.now())`,
    );
  }

  /**
   * Lets so many seconds pass for all of them: timers fire, leases end, windows close. In steps, and between two of them
   * everybody does what was due.
   */
  async pass(seconds: number, step = STEP): Promise<void> {
    for (let left = seconds; left > 0; left -= step) {
      const ms = Math.min(left, step) * 1000;
      this.ahead += ms;
      await this.database.query(`UPDATE test_clock.moved SET ahead = $1 * interval '1 millisecond'`, [this.ahead]);
      // Services of one process share its time, and the function that moves it.
      await Promise.all([...new Set(this.services().map(({ pass }) => pass))].map((pass) => pass(ms)));
      await this.quiet();
    }
  }

  /**
   * Lets time pass, a second at a time, until `ready` says so.
   *
   * @param within seconds of the clock that it may take; a slow machine needs no more of them
   */
  until(what: string, ready: () => boolean | Promise<boolean>, within: number): Promise<void> {
    return passUntil(() => this.pass(1), what, ready, within);
  }

  /** Waits until no statement is under way; one that waits for a lock waits for the spec. */
  private async quiet(): Promise<void> {
    for (let times = 0, looks = 0; times < 3 && looks < 500; looks++) {
      await pause(8);
      const [row] = await this.database.query<{ busy: number }>(BUSY);
      times = row?.busy === 0 ? times + 1 : 0;
    }
  }
}

const BUSY = `
  SELECT count(*)::int AS busy FROM pg_stat_activity
   WHERE (datname = current_database() OR state = 'starting') AND pid <> pg_backend_pid()
     AND state IS DISTINCT FROM 'idle' AND application_name <> '${LOCK}' AND wait_event_type IS DISTINCT FROM 'Lock' AND query NOT LIKE '%test_clock.moved%'`;

/** Functions that are found before PostgreSQL's own (see TEST_CLOCK_SETTINGS). */
const INSTALL = `
  CREATE SCHEMA test_clock;
  GRANT USAGE ON SCHEMA test_clock TO PUBLIC;
  CREATE TABLE test_clock.moved (ahead interval NOT NULL);
  INSERT INTO test_clock.moved VALUES ('0');
  GRANT SELECT ON test_clock.moved TO PUBLIC;
  CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
    RETURN pg_catalog.now() + (SELECT ahead FROM test_clock.moved);
  CREATE FUNCTION test_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    RETURN pg_catalog.clock_timestamp() + (SELECT ahead FROM test_clock.moved);
  DO $$
  DECLARE
    c record;
  BEGIN
    FOR c IN
      SELECT d.adrelid::regclass AS name, a.attname AS column_name,
             regexp_replace(pg_get_expr(d.adbin, d.adrelid), '(\\mnow\\(\\)|CURRENT_TIMESTAMP(\\(\\d\\))?)', 'test_clock.now()') AS moved
        FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
       WHERE pg_get_expr(d.adbin, d.adrelid) ~ '\\mnow\\(\\)|CURRENT_TIMESTAMP'
    LOOP
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', c.name, c.column_name, c.moved);
    END LOOP;
  END $$`;
