import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { csvPeople } from '../../identity/people-import/sources/csv.js';
import { readFieldMap } from '../../identity/people-import/sources/field-map.js';
import { jsonLinesPeople, jsonPeople } from '../../identity/people-import/sources/json.js';
import {
  dashboardPeople,
  sikeskojaPeople,
  ticketingPeople,
} from '../../identity/people-import/sources/replaced-systems.js';
import { UnreadableSource, type Source } from '../../identity/people-import/sources/source.js';

export const USAGE = `usage: npm run import -- --from sikeskoja --database postgres://USER@HOST/NAME
       npm run import -- --from ticketing --file data.json
       npm run import -- --from dashboard --database postgres://USER@HOST/NAME
       npm run import -- --from csv --system NAME --file people.csv [--map fullName=nama,phone=no_hp] [--delimiter ';']
       npm run import -- --from json --system NAME --file people.json [--map …] [--at users]
  --dry-run       says what would become of each row, and changes no account
  --report FILE   where that is written, as CSV; import-report.csv when left out
  --with-roles    people get the roles that the source gives them; else all are USER
  --default-name  what people without a name are called
  --system        the system that a file comes from; what it calls a person (id) is unique within it
  --at            where in a JSON document the people are; a file that ends in .jsonl or .ndjson has one on each line
  --file -        reads standard input
The password of a database is read from PGPASSWORD or ~/.pgpass. docs/import.md says more.`;

/** The command line cannot be understood; says why, and how it should be. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
  constructor(problem: string) {
    super(`${problem}\n${USAGE}`);
  }
}

/** What is to be imported. */
export interface WantedImport {
  readonly origin: string;
  readonly source: Source;
  /** How much of it is read, of how much; null: nobody knows. */
  readonly read: () => { done: number; total: number } | null;
  readonly dryRun: boolean;
  readonly report: string;
  readonly withRoles: boolean;
  readonly defaultName: string | undefined;
}

const SYSTEM = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/** The wish on the command line; opens the file that it names. @throws WrongUsage, or the error of the file */
export async function readImportArguments(): Promise<WantedImport> {
  const given = readArguments();
  const { from, database, file, system } = given;
  const common = {
    dryRun: given['dry-run'] ?? false,
    report: given.report ?? 'import-report.csv',
    withRoles: given['with-roles'] ?? false,
    defaultName: given['default-name'],
  };
  if (from === 'sikeskoja' || from === 'dashboard') {
    if (database === undefined || file !== undefined) throw new WrongUsage(`--from ${from} needs --database.`);
    const source = from === 'sikeskoja' ? sikeskojaPeople(database) : dashboardPeople(database);
    return { ...common, origin: from, source, read: () => null };
  }
  if (from !== 'ticketing' && from !== 'csv' && from !== 'json')
    throw new WrongUsage('--from is one of sikeskoja, ticketing, dashboard, csv and json.');
  if (file === undefined || database !== undefined) throw new WrongUsage(`--from ${from} needs --file.`);
  const origin = from === 'ticketing' ? from : system;
  if (origin === undefined || !SYSTEM.test(origin))
    throw new WrongUsage('Give the --system that the file comes from: small letters, digits, dots and dashes.');
  const { stream, read } = await opened(file);
  return { ...common, origin, read, source: sourceOf(from, stream, file, given) };
}

type Arguments = ReturnType<typeof readArguments>;

function readArguments() {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    from: text,
    database: text,
    file: text,
    system: text,
    map: text,
    delimiter: text,
    at: text,
    report: text,
    'default-name': text,
    'dry-run': flag,
    'with-roles': flag,
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

function sourceOf(from: 'ticketing' | 'csv' | 'json', stream: Readable, file: string, given: Arguments): Source {
  if (from === 'ticketing') return ticketingPeople(stream);
  const map = given.map === undefined ? undefined : mapOf(given.map);
  if (from === 'csv') return csvPeople(stream, map, given.delimiter);
  return /\.(?:jsonl|ndjson)$/i.test(file) ? jsonLinesPeople(stream, map) : jsonPeople(stream, given.at ?? '', map);
}

function mapOf(typed: string) {
  try {
    return readFieldMap(typed);
  } catch (error) {
    throw error instanceof UnreadableSource ? new WrongUsage(error.message) : error;
  }
}

async function opened(file: string): Promise<{ stream: Readable; read: WantedImport['read'] }> {
  if (file === '-') return { stream: process.stdin, read: () => null };
  const { size } = await stat(file);
  const stream = createReadStream(file);
  return { stream, read: () => ({ done: stream.bytesRead, total: size }) };
}
