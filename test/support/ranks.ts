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

/** Compares two samples of times in milliseconds by their ranks: outliers, of which a busy machine has many, weigh little. */
export function differenceOf(first: readonly number[], second: readonly number[]): Difference {
  let wins = 0;
  for (const one of first) for (const other of second) wins += one < other ? 1 : one === other ? 0.5 : 0;
  return {
    auc: wins / (first.length * second.length),
    microseconds: Math.round((median(second) - median(first)) * 1_000),
  };
}

function median(times: readonly number[]): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
