import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/**
 * Whether a client asks for CSV: it names `text/csv`, and not JSON with the same weight or more.
 *
 * @param accept the `Accept` header (RFC 9110 section 12.5.1)
 */
export function wantsCsv(accept: string | undefined): boolean {
  const weights = new Map<string, number>();
  for (const range of (accept ?? '').slice(0, 1_000).toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const weight = parameters.map((parameter) => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1]).find(Boolean);
    weights.set(type, Number(weight ?? 1));
  }
  return (weights.get('text/csv') ?? 0) > (weights.get('application/json') ?? 0);
}

/** What a file can hold; null is an empty field. */
type Field = string | number | null;

/**
 * Rows as a CSV file (RFC 4180) that is written while it is read: as fast as its reader takes it. A failure ends the
 * answer in the middle, which its reader sees: the last chunk is missing.
 *
 * @param columns names of the fields, in their order; they are the first line too
 * @param fileName what a browser saves it as
 */
export function csvFile<Column extends string>(
  rows: AsyncIterable<Record<Column, Field>>,
  columns: readonly Column[],
  fileName: string,
): StreamableFile {
  return new StreamableFile(Readable.from(linesOf(rows, columns)), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: `attachment; filename="${fileName}"`,
  });
}

async function* linesOf<Column extends string>(rows: AsyncIterable<Record<Column, Field>>, columns: readonly Column[]) {
  yield lineOf(columns);
  for await (const row of rows) yield lineOf(columns.map((column) => row[column]));
}

const lineOf = (fields: readonly Field[]) => `${fields.map(fieldOf).join(',')}\r\n`;

/** What spreadsheets take for the beginning of a formula, also in full width (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r＝＋－＠]/;

/** A field that every reader takes for the same text: quoted where it has to be, a formula made harmless by an apostrophe. */
function fieldOf(value: Field): string {
  if (typeof value === 'number') return String(value);
  const harmless = value !== null && FORMULA.test(value) ? `'${value}` : (value ?? '');
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
