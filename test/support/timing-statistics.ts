/** How two samples of times differ. */
export interface Difference {
  /**
   * How often a time of the first sample is shorter than one of the second, 0 to 1; 0.5 when nothing tells them apart.
   * (Mann and Whitney's U, divided by the number of pairs.)
   */
  readonly auc: number;
  /** The second sample's median minus the first one's, in microseconds. */
  readonly microseconds: number;
}

/**
 * Compares the faster halves of two samples of times in milliseconds by their ranks. What a busy machine adds makes
 * times longer and never shorter, so the faster ones tell most of the work itself (Crosby, Wallach and Riedi, 2009).
 */
export function differenceOf(first: readonly number[], second: readonly number[]): Difference {
  const [one, other] = [fasterHalf(first), fasterHalf(second)];
  let wins = 0;
  for (const a of one) for (const b of other) wins += a < b ? 1 : a === b ? 0.5 : 0;
  return {
    auc: Math.round((1_000 * wins) / (one.length * other.length)) / 1_000,
    microseconds: Math.round((middle(other) - middle(one)) * 1_000),
  };
}

function fasterHalf(times: readonly number[]): number[] {
  return [...times].sort((a, b) => a - b).slice(0, Math.ceil(times.length / 2));
}

/** Of sorted times. */
function middle(times: readonly number[]): number {
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}
