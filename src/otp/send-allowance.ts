import { type Settings } from '../config/settings.js';
import { type IssueRow } from './otp.repository.js';

const MINUTE = 60;

/**
 * Seconds until a phone may be sent another code, by the windows that are full: an honest `Retry-After`.
 *
 * @returns 0 when no window is full
 */
export function secondsUntilAllowed(
  row: Pick<IssueRow, 'known' | 'sends' | 'known_sends' | 'failed_sends' | 'guesses' | 'known_guesses' | 'now'>,
  limits: Pick<Settings, 'sendsPerHour' | 'sendsPerDay' | 'guessBudget'>,
  failedAllowed: number,
): number {
  const sends = row.known ? row.known_sends : row.sends;
  return Math.max(
    untilRoom(sends, limits.sendsPerHour, 60 * MINUTE, row.now),
    untilRoom(sends, limits.sendsPerDay, 24 * 60 * MINUTE, row.now),
    // A code that nobody may try would be sent for nothing.
    untilRoom(row.known ? row.known_guesses : row.guesses, limits.guessBudget, 15 * MINUTE, row.now),
    untilRoom(row.failed_sends, failedAllowed, 10 * MINUTE, row.now),
  );
}

/** When the oldest of the last `allowed` instants leaves the window, in seconds from `now`. */
function untilRoom(instants: readonly Date[], allowed: number, windowSeconds: number, now: Date): number {
  const oldest = [...instants].sort((a, b) => a.getTime() - b.getTime()).at(-allowed);
  if (!oldest) return 0;
  return Math.max(0, (oldest.getTime() - now.getTime()) / 1000 + windowSeconds);
}
