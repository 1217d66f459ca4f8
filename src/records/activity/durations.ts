/**
 * Upper ends of the classes that durations are counted in, in ms; what is longer is in the last class. Counts of classes
 * can be added up over hours and linked accounts, percentiles cannot. Each class is about half as wide again as the one
 * before, so that a percentile is told to within a fifth or so.
 */
export const DURATION_BOUNDS: readonly number[] = [
  25, 50, 100, 150, 250, 400, 600, 900, 1_400, 2_000, 3_000, 4_500, 7_000, 10_000, 15_000, 25_000, 40_000, 60_000,
];

/**
 * The duration that this share of all did not exceed, in ms: the class is known, within it durations are taken to be
 * spread evenly.
 *
 * @param counts of each class, the one beyond all bounds last
 * @param share 0 to 1
 * @returns null without durations; beyond all bounds the last bound
 */
export function percentile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [at, upper] of DURATION_BOUNDS.entries()) {
    const count = counts[at] ?? 0;
    const lower = DURATION_BOUNDS[at - 1] ?? 0;
    if (count > 0 && left <= count) return Math.round(lower + ((upper - lower) * left) / count);
    left -= count;
  }
  return DURATION_BOUNDS.at(-1) ?? null;
}
