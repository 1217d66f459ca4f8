import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { columnsOf, OWN_NAMES, personOf, type FieldMap } from './field-map.js';
import { UnreadableSource, type Source } from './source.js';

/** No person takes more, in characters: a quote that nothing closes must not gather the rest of the file. */
const LONGEST_RECORD = 128 * 1024;

/** A record that could not be read, at its place among the others. */
const UNREAD = Symbol('unread');

/**
 * People of a CSV file (RFC 4180) in UTF-8, whose first line names the columns.
 *
 * @param map left out: columns are called as our fields
 * @param delimiter left out: a comma, a semicolon or a tab, whichever the first line has
 * @throws UnreadableSource when the file has no such columns
 */
export async function* csvPeople(file: Readable, map: FieldMap = OWN_NAMES, delimiter?: string): Source {
  const columns = new Columns(map);
  const { chunks, firstLine } = await begun(file);
  const parser = parse({
    bom: true,
    delimiter: delimiter ?? delimiterOf(firstLine),
    relax_column_count: true,
    max_record_size: LONGEST_RECORD,
    skip_empty_lines: true,
  });
  // A failure of the file reaches whoever reads the parser.
  pipeline(Readable.from(chunks), parser, () => undefined);
  try {
    for await (const fields of parser as AsyncIterable<string[]>) {
      if (!columns.isKnown) {
        columns.begin(fields);
        continue;
      }
      const record = columns.recordOf(fields);
      yield record === UNREAD ? null : personOf(record, map);
    }
  } catch (error) {
    throw error instanceof CsvError ? new UnreadableSource(inWords(error)) : error;
  } finally {
    file.destroy();
  }
  if (!columns.isKnown) throw new UnreadableSource('The file is empty.');
}

/** Reads a file as far as its first line, and gives it back whole. */
async function begun(file: Readable): Promise<{ chunks: AsyncIterable<Buffer>; firstLine: string }> {
  const reader = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const read: Buffer[] = [];
  let [length, isWhole] = [0, false];
  while (!isWhole && length < LONGEST_RECORD) {
    const next = await reader.next();
    if (next.done === true) break;
    const chunk = Buffer.from(next.value);
    read.push(chunk);
    length += chunk.length;
    isWhole = chunk.includes('\n');
  }
  const [firstLine = ''] = Buffer.concat(read).toString('utf8').split(/\r?\n/, 1);
  return { firstLine, chunks: rest(read, reader) };
}

async function* rest(read: readonly Buffer[], reader: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* read;
  for (;;) {
    const next = await reader.next();
    if (next.done === true) return;
    yield next.value;
  }
}

/** Spreadsheets in Indonesian write semicolons. */
function delimiterOf(firstLine: string): string {
  const count = (sign: string) => firstLine.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
}

/** The names of the columns, from the first line. */
class Columns {
  private names: readonly string[] = [];

  constructor(private readonly map: FieldMap) {}

  get isKnown(): boolean {
    return this.names.length > 0;
  }

  begin(fields: readonly string[]): void {
    const names = fields.map((name) => name.trim());
    const wanted = columnsOf(this.map);
    const has = (column: string) => names.some((name) => name === column || name.startsWith(`${column}.`));
    const missing = wanted.filter((column) => !has(column));
    // With our own names a file brings those that it has; a map that somebody typed has to fit.
    if (this.map === OWN_NAMES ? missing.length === wanted.length : missing.length > 0)
      // Not what it has instead: a first line without names is a person.
      throw new UnreadableSource(`The file has no column ${missing.join(', ')}. Its first line must name the columns.`);
    const twice = names.find((name, at) => wanted.includes(name) && names.indexOf(name) !== at);
    if (twice !== undefined) throw new UnreadableSource(`The file has two columns ${twice}.`);
    this.names = names;
  }

  /** A line with more or fewer fields than columns may be shifted: nobody can tell which field is which. */
  recordOf(fields: readonly string[]): Record<string, string> | typeof UNREAD {
    if (fields.length !== this.names.length) return UNREAD;
    return Object.fromEntries(this.names.map((name, at) => [name, fields[at] ?? '']));
  }
}

function inWords(error: CsvError): string {
  const line = (error as { lines?: unknown }).lines;
  const where = typeof line === 'number' ? ` at line ${line}` : '';
  // The library's own sentences may quote the line.
  return `The file is no readable CSV${where} (${error.code}).`;
}
