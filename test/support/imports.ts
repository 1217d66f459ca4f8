import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { AUTH_SECRET } from './house.js';

/** A line of the report of an import. */
export type Reported = Record<
  'line' | 'sourceId' | 'phone' | 'outcome' | 'reason' | 'otherLine' | 'account' | 'notTaken' | 'password' | 'role',
  string
>;

/** What an import left behind. */
export interface ImportEnd {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly report: Reported[];
  /** The report as it was written. */
  readonly reportText: string;
}

/** An import that is under way. */
export interface RunningImport {
  readonly child: ChildProcess;
  readonly end: Promise<ImportEnd>;
}

const COMMAND = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'import.js');

/** `npm run import` on databases of a spec, with files of its own. */
export class Imports {
  private readonly folder = mkdtempSync(join(tmpdir(), 'masuk-import-'));
  private made = 0;

  /** @returns the path of a file with this content */
  file(content: string, name = 'people.csv'): string {
    this.made += 1;
    const path = join(this.folder, `${this.made}-${name}`);
    writeFileSync(path, content);
    return path;
  }

  start(databaseUrl: string, args: readonly string[], more: Record<string, string> = {}): RunningImport {
    this.made += 1;
    const report = join(this.folder, `report-${this.made}.csv`);
    const env = {
      DATABASE_URL: databaseUrl,
      AUTH_SECRET,
      SEED_DEMO: 'none',
      NODE_COMPILE_CACHE: process.env['MASUK_TEST_COMPILE_CACHE'] ?? '',
      ...more,
    };
    const child = spawn(process.execPath, [COMMAND, ...args, '--report', report], { cwd: this.folder, env });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.end();
    const end = once(child, 'close').then(([code]): ImportEnd => {
      const reportText = textOf(report);
      return { code: code as number | null, out, err, reportText, report: parse(reportText, { columns: true }) };
    });
    return { child, end };
  }

  run(databaseUrl: string, args: readonly string[], more: Record<string, string> = {}): Promise<ImportEnd> {
    return this.start(databaseUrl, args, more).end;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Rows as the text of a CSV file. */
export function csv(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const quoted = (value: string | number | null) => `"${String(value ?? '').replaceAll('"', '""')}"`;
  return [columns, ...rows].map((row) => row.map(quoted).join(',')).join('\n');
}

/** How many rows came to what. */
export function outcomes(report: readonly Reported[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome, reason } of report) {
    const what = reason === '' ? outcome : `${outcome} ${reason}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
