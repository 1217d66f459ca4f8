/** Tables of figures, medians, and ratios with their ranges. */

/** A figure with so many digits after the point; what is not known is a dash. */
export const figure = (value, digits = 0) =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);

/**
 * The lines of a table, under its head.
 *
 * @param columns each with its title and a function that takes a row's text out of it; the first column is set to the left
 */
export function table(columns, rows) {
  const cells = [columns.map(([title]) => title), ...rows.map((row) => columns.map(([, text]) => String(text(row))))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at].length)));
  return cells.map((line) =>
    line.map((text, at) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at]))).join('  '),
  );
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median of what was told; null where nothing was. */
export function medianOf(values) {
  const told = values.filter((value) => value !== null && value !== undefined);
  return told.length === 0 ? null : median(told);
}

/**
 * How one target stands to another, round by round: neighbours in time are compared, so slow minutes cancel out.
 *
 * @param measure takes the figure out of a result
 * @returns "median (least to most)", or a dash where a figure is not known
 */
export function ratio(results, name, reference, measure) {
  const of = (target) => new Map(results.filter((r) => r.target === target).map((r) => [r.round, measure(r)]));
  const [above, below] = [of(name), of(reference)];
  const ratios = [...above].map(([round, value]) => value / below.get(round));
  if (ratios.some((value) => !Number.isFinite(value))) return '–';
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((value) => value.toFixed(2));
  return `${median(ratios).toFixed(2)} (${least} to ${most})`;
}

/** CPU of service and PostgreSQL together; null where the system does not tell. */
export const work = ({ cpu }) => (cpu.target === null || cpu.database === null ? null : cpu.target + cpu.database);
