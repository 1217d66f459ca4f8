const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Pauses between tries, in seconds: eight tries in about a day. A receiver that is down overnight misses nothing. */
const PAUSES = [5, MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 12 * HOUR];

/** Days without any success after which a webhook is switched off. */
export const FAILING_DAYS = 3;

/**
 * Seconds until the next try; null when there is none.
 *
 * @param attempts that were made, at least 1
 * @param random 0 to 1: what failed together must not come back together
 */
export function pauseAfter(attempts: number, random: number): number | null {
  const pause = PAUSES[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (0.9 + random / 5));
}
