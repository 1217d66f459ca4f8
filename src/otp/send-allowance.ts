import { type Settings } from '../config/settings.js';
import { type IssueRow } from './otp.repository.js';

const MINUTE = 60;

/** Seconds after which a number that is closed to unknown devices is politely asked again; only its owner or an admin opens it. */
export const CLOSED_FOR = 60 * MINUTE;

/** The windows of the guess budget, in seconds: the more budgets were used up in a row, the longer. */
const GUESS_WINDOWS = [15 * MINUTE, 30 * MINUTE, 60 * MINUTE];

/**
 * Seconds until a phone may be sent another code, by the windows that are full: an honest `Retry-After`.
 *
 * @returns 0 when no window is full
 */
export function secondsUntilAllowed(
  row: Omit<IssueRow, `current_${string}` | 'cooling' | 'user_id' | 'full_name' | 'email' | 'provider'>,
  limits: Pick<Settings, 'sendsPerHour' | 'sendsPerDay' | 'guessBudget'>,
  failedAllowed: number,
): number {
  const sends = row.known ? row.known_sends : row.sends;
  return Math.max(
    untilRoom(sends, limits.sendsPerHour, 60 * MINUTE, row.now),
    untilRoom(sends, limits.sendsPerDay, 24 * 60 * MINUTE, row.now),
    // A code that nobody may try would be sent for nothing.
    untilRoom(
      row.known ? row.known_guesses : row.guesses,
      limits.guessBudget,
      guessWindow(row.known ? row.known_failures : row.failures, limits.guessBudget),
      row.now,
    ),
    row.closed ? CLOSED_FOR : 0,
    untilRoom(row.failed_sends, failedAllowed, 10 * MINUTE, row.now),
  );
}

function guessWindow(failures: number, budget: number): number {
  const used = failures % budget === 0 ? failures / budget : 1;
  return GUESS_WINDOWS[Math.max(1, Math.min(used, GUESS_WINDOWS.length)) - 1] ?? 0;
}

/** When the oldest of the last `allowed` instants leaves the window, in seconds from `now`. */
export function untilRoom(instants: readonly Date[], allowed: number, windowSeconds: number, now: Date): number {
  const oldest = [...instants].sort((a, b) => a.getTime() - b.getTime()).at(-allowed);
  if (!oldest) return 0;
  return Math.max(0, (oldest.getTime() - now.getTime()) / 1000 + windowSeconds);
}
