import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { PeopleImport, type RunRow } from '../identity/people-import/people-import.js';
import { REPORT_COLUMNS } from '../identity/people-import/report.js';
import { UnreadableSource } from '../identity/people-import/sources/source.js';
import { csvLines } from '../platform/lists/csv-answers.js';
import { refuseStart } from '../process-lifecycle.js';
import { readImportArguments, WrongUsage, type WantedImport } from './parts/import-arguments.js';
import { ProgressBar } from './parts/progress-bar.js';
import { withRooms } from './parts/with-rooms.js';

const say = (message: string) => process.stdout.write(`${message}\n`);

/** Ctrl-C lets the batch under way come to its end. */
class Interruption {
  isWanted = false;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        this.isWanted = true;
      });
  }
}

/** Moves people of another system here; see docs/import.md. */
async function main(): Promise<void> {
  const wanted = await readImportArguments();
  // Only its owner reads who was imported; and a file that cannot be written is known before the work.
  const report = await open(wanted.report, 'w', 0o600);
  try {
    await withRooms(
      (message) => process.stderr.write(`${message}\n`),
      (rooms) => importPeople(rooms.get(PeopleImport, { strict: false }), wanted, report),
    );
  } finally {
    await report.close();
  }
}

async function importPeople(people: PeopleImport, wanted: WantedImport, report: FileHandle): Promise<void> {
  const interruption = new Interruption();
  const bar = new ProgressBar();
  const id = await people.begin(wanted.origin, null);
  try {
    const { withRoles, defaultName } = wanted;
    await people.read(
      id,
      wanted.source,
      { withRoles, defaultName, plainPasswords: wanted.dryRun ? 'check' : 'hash' },
      (rows) => {
        const read = wanted.read();
        bar.show('reading', read?.done ?? rows, read?.total ?? null);
        return !interruption.isWanted;
      },
    );
    let run = interruption.isWanted ? null : await people.start(id, wanted.dryRun ? 'check' : 'write');
    while (run && (run.state === 'CHECKING' || run.state === 'WRITING') && !interruption.isWanted) {
      bar.show(wanted.dryRun ? 'checking' : 'writing', run.position, run.rows);
      run = await people.step(id);
    }
    bar.end();
    await pipeline(csvLines(people.report(id), REPORT_COLUMNS), report.createWriteStream({ autoClose: false }));
    tell(run, wanted);
  } finally {
    bar.end();
    await people.discard(id);
  }
}

function tell(run: RunRow | null, { dryRun, report }: WantedImport): void {
  if (run?.state !== 'DONE' && run?.state !== 'CHECKED') {
    say(`Stopped after ${String(run?.position ?? 0)} rows. Run the same command again: what is done is known.`);
    process.exitCode = 1;
    return;
  }
  const { rows, counts } = run;
  say(dryRun ? `${String(rows)} rows; no account was changed.` : `${String(rows)} rows.`);
  const ordered = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [what, count] of ordered) {
    const [outcome = '', reason] = what.split('.');
    say(`${reason === undefined ? outcome : `  ${outcome}: ${reason}`}  ${String(count)}`);
  }
  say(`Each row: ${report}`);
}

main().catch((error: unknown) => {
  if (error instanceof WrongUsage || error instanceof UnreadableSource) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof WrongUsage ? 2 : 1;
    return;
  }
  refuseStart(error, 'The import did not come to its end. Run the same command again: what is done is known.');
});
