import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  bindMigrationAwareSqlAdapterFactory,
} from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { connectionOptions, sessionsBegin } from '../connection/connection.js';
import { retryOnLockTimeout, isLockRefused } from '../lock-retries.js';
import { SCHEMA_LIMITS } from '../connection/session-settings.js';

const ENGINE = '@prisma/schema-engine-wasm/schema_engine_bg';

/** Object ids of PostgreSQL's types: "char" (one byte, used by its catalogue) and date. */
const CHAR_OID = 18;
const DATE_OID = 1082;

/** The engine's own questions are answered in this time, in ms; a migration may take as long as it needs. */
const ANSWER_PATIENCE = 30_000;
const NO_LIMIT = 2 ** 31 - 1;

/** A migration whose tables are in use is tried for some two minutes; each try has the `lock` of `SCHEMA_LIMITS`. */
const LOCK_PATIENCE = { tries: 12, pause: 5_000 };

/** What cannot be repeated: it ends its own transaction, or runs outside of one. */
const NOT_WHOLE = /\b(COMMIT|CONCURRENTLY|VACUUM)\b/i;

/** As much of it as is used here: the types of Node do not know it, and those of browsers would bring much else. */
declare const WebAssembly: {
  instantiate(file: Uint8Array, imports: Record<string, object>): Promise<{ instance: { exports: EngineExports } }>;
};

interface EngineExports {
  __wbindgen_start(): void;
}

type EngineModule = typeof import('@prisma/schema-engine-wasm/schema_engine_bg');

/** What an engine is given for its work. */
export interface EngineOptions {
  /** The text of schema.prisma, for work that looks at it. */
  readonly schema?: { path: string; content: string };
  /** Told when a migration has to wait for a lock. */
  readonly log?: (message: string) => void;
}

/** A migration did not get the locks that it needs; nothing of it was applied. */
export class TablesInUse extends Error {
  override readonly name = 'TablesInUse';
  constructor(readonly migrationName: string) {
    super(
      `The migration ${migrationName} was not applied: others hold locks on its tables. Look for long transactions ` +
        `(SELECT pid, state, xact_start, query FROM pg_stat_activity ORDER BY xact_start) and try again.`,
    );
  }
}

let loaded: Promise<EngineModule> | undefined;
let panic: string | undefined;

/**
 * Lends Prisma's schema engine, connected to a database, to `work`; its connections are closed afterwards.
 *
 * The engine is the WebAssembly one: the ordinary one is a binary that Prisma's command line downloads, which must not
 * be needed (Prisma's command line is therefore not used for migrations at all).
 *
 * @throws TablesInUse; Error with the database's words, free of the engine's own stack
 */
export async function withSchemaEngine<T>(
  databaseUrl: string,
  { schema, log = () => undefined }: EngineOptions,
  work: (engine: SchemaEngine) => Promise<T>,
): Promise<T> {
  const { SchemaEngine: Engine } = await (loaded ??= load());
  const adapters = new MigrationAdapters(databaseUrl, log);
  try {
    const datamodels: [string, string][] | undefined = schema && [[schema.path, schema.content]];
    const engine = await Engine.new({ datamodels }, () => undefined, bindMigrationAwareSqlAdapterFactory(adapters));
    try {
      return await work(engine);
    } finally {
      // After a panic the engine's memory is not to be touched any more.
      if (panic === undefined) engine.free();
    }
  } catch (error) {
    throw readable(error, adapters.lockRefused);
  } finally {
    await adapters.close();
  }
}

async function load(): Promise<EngineModule> {
  const engine = (await import(ENGINE)) as EngineModule;
  const file = createRequire(import.meta.url)
    .resolve(ENGINE)
    .replace(/\.js$/, '.wasm');
  // The engine expects this global; without it a panic would end the process with an unrelated error.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: (message: string) => (panic = message) } });
  // Its time limit for the migration lock keeps running when the lock is long taken, and would hold up our end by 10 s.
  const timers = Object.keys(engine).filter((name) => name.startsWith('__wbg_setTimeout_'));
  const idle = (call: () => void, milliseconds: number): unknown => setTimeout(call, milliseconds).unref();
  const imports = { ...engine, ...Object.fromEntries(timers.map((name) => [name, idle])) };
  const { instance } = await WebAssembly.instantiate(await readFile(file), { './schema_engine_bg.js': imports });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return engine;
}

function readable(error: unknown, lockRefused: boolean): Error {
  if (panic !== undefined) {
    const message = panic;
    // The next caller gets a fresh engine.
    [panic, loaded] = [undefined, undefined];
    return new Error(`Prisma's schema engine broke down: ${message}`);
  }
  const text =
    error instanceof Error || isObject(error) ? String((error as { message?: unknown }).message) : String(error);
  const name = /migration_name="([^"]+)"/.exec(text)?.[1];
  // What the engine adds: '   0: sql_schema_connector::…', '   1: …'.
  const plain = (text.split(/\n\s+0: /)[0] ?? text).replace(/^external connector error\s*/, '').trim();
  if (name !== undefined && lockRefused) return new TablesInUse(name);
  return new Error(name === undefined ? plain : `The migration ${name} failed: ${plain}`, { cause: error });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** The connections of one engine: to the database, and to the empty one in which it tries the migrations. */
class MigrationAdapters implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = '@prisma/adapter-pg';
  private readonly endings: (() => Promise<void>)[] = [];

  /** Whether the last script failed because it did not get its locks, and left nothing behind. */
  lockRefused = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly log: (message: string) => void,
  ) {}

  async connect(): Promise<SqlDriverAdapter> {
    return this.open(this.databaseUrl);
  }

  /** Makes an empty database beside the given one; it is dropped when the engine lets go of it, or on close. */
  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `masuk_shadow_${randomUUID().replaceAll('-', '')}`;
    await this.command(`CREATE DATABASE ${name}`);
    this.endings.push(() => this.command(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    const url = new URL(this.databaseUrl);
    url.pathname = `/${name}`;
    return this.open(url.href);
  }

  /** Last opened, first closed: a shadow database is dropped after its connection has ended. */
  async close(): Promise<void> {
    for (const end of this.endings.reverse()) await end();
  }

  private async open(url: string): Promise<SqlDriverAdapter> {
    // One connection, so that the engine's session lock and what it does under it share a session.
    const pool = new pg.Pool({
      ...connectionOptions(url),
      max: 1,
      query_timeout: ANSWER_PATIENCE,
      ...sessionsBegin(SCHEMA_LIMITS),
    });
    // The adapter takes its own listener away when the engine lets go of it, before the connection has closed. A server
    // that stops, or a database that is dropped, in that moment would end the process with an unhandled error.
    pool.on('error', () => undefined);
    this.endings.push(() => closed(pool));
    return mended(await new PrismaPg(pool).connect(), (script) => this.runWhole(pool, script));
  }

  /** A script as one message, so that PostgreSQL makes it all or nothing; tried again when its tables are in use. */
  private async runWhole(pool: pg.Pool, script: string): Promise<void> {
    const message = { text: script, query_timeout: NO_LIMIT };
    const patience = NOT_WHOLE.test(script) ? { tries: 1, pause: 0 } : LOCK_PATIENCE;
    const client = await pool.connect();
    const once = async () => {
      try {
        await client.query(message);
      } catch (error) {
        // A script that began a transaction itself leaves it open; a connection that is gone needs nothing.
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    };
    try {
      await retryOnLockTimeout(once, patience, (left) =>
        this.log(`a migration waits for tables that others use: ${left} more tries`),
      );
    } catch (error) {
      this.lockRefused = patience.tries > 1 && isLockRefused(error);
      throw error instanceof pg.DatabaseError ? inOwnWords(error, script) : error;
    } finally {
      client.release();
    }
  }

  private async command(statement: string): Promise<void> {
    const client = new pg.Client(connectionOptions(this.databaseUrl));
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }
}

/** Ends a pool of one connection and waits until that has closed; the pool's own end() resolves before. */
async function closed(pool: pg.Pool): Promise<void> {
  const gone = pool.totalCount > 0 ? new Promise((done) => pool.once('remove', done)) : undefined;
  await pool.end();
  await gone;
}

/**
 * Two things that the adapter cannot do, and migrations need:
 * - It runs a script by cutting it at every semicolon, even inside a function's body, and piece by piece without a
 *   transaction. Here a script goes to the server whole, as one message: PostgreSQL then also makes it all or nothing.
 * - It refuses results of the type "char", which the engine reads from the catalogue. They are given the type date on
 *   the way in, since the catalogue has no dates, and the type character on the way out.
 */
function mended(
  adapter: Awaited<ReturnType<PrismaPg['connect']>>,
  runWhole: (script: string) => Promise<void>,
): SqlDriverAdapter {
  const pool = adapter.underlyingDriver();
  const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>;
  const queryWithChar = async (...given: unknown[]): Promise<pg.QueryResult> => {
    const result = await query(...given);
    // A script of several statements has no fields of its own.
    for (const field of (result.fields as pg.FieldDef[] | undefined) ?? []) {
      if (field.dataTypeID === CHAR_OID) field.dataTypeID = DATE_OID;
    }
    return result;
  };
  Object.assign(pool, { query: queryWithChar });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (wanted) => {
    const result = await queryRaw(wanted);
    const columnTypes = result.columnTypes.map((type) =>
      type === ColumnTypeEnum.Date ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  };
  adapter.executeScript = runWhole;
  return adapter;
}

/** The adapter would translate the error into a poorer one of Prisma's; a migration's author wants the server's. */
function inOwnWords(error: pg.DatabaseError, script: string): DriverAdapterError {
  const line = error.position ? ` (line ${script.slice(0, Number(error.position)).split('\n').length})` : '';
  return new DriverAdapterError({
    kind: 'postgres',
    // Not the true code: from that, too, the engine would make words of its own.
    code: 'XX000',
    severity: error.severity ?? 'ERROR',
    message: `${error.message}${line}`,
    detail: error.detail,
    column: error.column,
    hint: error.hint,
  });
}
