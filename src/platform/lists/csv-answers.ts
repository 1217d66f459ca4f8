import { Readable, pipeline } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { stringify } from 'csv-stringify';
import { weightedRanges } from '../texts/accept-header.js';

/**
 * Whether a client asks for CSV: it names `text/csv`, and not JSON with the same weight or more.
 *
 * @param accept the `Accept` header (RFC 9110 section 12.5.1)
 */
export function wantsCsv(accept: string | undefined): boolean {
  const weights = new Map(weightedRanges(accept, 1_000).map(({ range, weight }) => [range, weight]));
  return (weights.get('text/csv') ?? 0) > (weights.get('application/json') ?? 0);
}

/** What a file can hold; null is an empty field. */
type Field = string | number | null;

/**
 * Rows as the text of a CSV file (RFC 4180) that is written while it is read: as fast as its reader takes it. What a
 * spreadsheet would take for a formula gets an apostrophe (OWASP, "CSV Injection").
 *
 * @param columns names of the fields, in their order; they are the first line too
 */
export function csvLines<Column extends string>(
  rows: AsyncIterable<Record<Column, Field>>,
  columns: readonly Column[],
): Readable {
  const lines = stringify({
    header: true,
    columns: [...columns],
    record_delimiter: 'windows',
    // The library quotes only what holds a whole delimiter.
    quoted_match: /[\r\n]/,
    escape_formulas: true,
    // A number is not a formula, whatever its sign.
    cast: { number: (value) => ({ value: String(value), escape_formulas: false }) },
  });
  // Whoever reads has been told by the end of the stream.
  pipeline(Readable.from(rows), lines, () => undefined);
  return lines;
}

/**
 * Rows as a CSV file to download. A failure ends the answer in the middle, which its reader sees: the last chunk is missing.
 *
 * @param fileName what a browser saves it as
 */
export function csvFile<Column extends string>(
  rows: AsyncIterable<Record<Column, Field>>,
  columns: readonly Column[],
  fileName: string,
): StreamableFile {
  return new StreamableFile(csvLines(rows, columns), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${fileName}"`,
  });
}
