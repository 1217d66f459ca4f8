import { type Settings } from '../config/settings.js';
import { type PhoneRow } from './verification.repository.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** All keys together may do so many times what one of them may: a number is no more of a target for having many apps. */
const ALL_KEYS = 2;

/** Sends that failed for certain that a number may have in ten minutes. */
const FAILED_ALLOWED = 10;

export type LimitSettings = Pick<Settings, 'sendsPerHour' | 'sendsPerDay' | 'guessBudget' | 'resendCooldowns'>;

/** The limits of a phone, of one key and of all, as the statements want them. */
export function limitValues({ sendsPerHour, sendsPerDay, guessBudget, resendCooldowns }: LimitSettings) {
  return {
    per_hour: sendsPerHour,
    per_day: sendsPerDay,
    all_per_hour: sendsPerHour * ALL_KEYS,
    all_per_day: sendsPerDay * ALL_KEYS,
    cooldowns: resendCooldowns,
    failed_allowed: FAILED_ALLOWED,
    ...guessValues({ guessBudget }),
  };
}

/** Guesses in 15 minutes, of one key and of all. */
export function guessValues({ guessBudget }: Pick<LimitSettings, 'guessBudget'>) {
  return { budget: guessBudget, all_budget: guessBudget * ALL_KEYS };
}

/** When this key may send the next code to a number, in seconds from now; 0: now. */
export function secondsUntilSend(row: PhoneRow, owner: string, settings: LimitSettings): number {
  const { sendsPerHour, sendsPerDay } = settings;
  const own = ownOf(row.sends, row.send_owners, owner);
  return Math.max(
    cooldownOf(own, row.now, settings),
    untilRoom(own, sendsPerHour, HOUR, row.now),
    untilRoom(own, sendsPerDay, 24 * HOUR, row.now),
    untilRoom(row.sends, sendsPerHour * ALL_KEYS, HOUR, row.now),
    untilRoom(row.sends, sendsPerDay * ALL_KEYS, 24 * HOUR, row.now),
    untilRoom(row.failed_sends, FAILED_ALLOWED, 10 * MINUTE, row.now),
    secondsUntilGuess(row, owner, settings),
  );
}

/** When this key may guess again, in seconds from now; 0: now. */
export function secondsUntilGuess(row: PhoneRow, owner: string, { guessBudget }: LimitSettings): number {
  return Math.max(
    untilRoom(ownOf(row.guesses, row.guess_owners, owner), guessBudget, 15 * MINUTE, row.now),
    untilRoom(row.guesses, guessBudget * ALL_KEYS, 15 * MINUTE, row.now),
  );
}

function cooldownOf(own: readonly Date[], now: Date, { resendCooldowns }: LimitSettings): number {
  const inHour = own.filter((at) => at.getTime() > now.getTime() - HOUR * 1000);
  const newest = inHour.reduce((latest, at) => Math.max(latest, at.getTime()), 0);
  const cooldown = resendCooldowns[Math.min(inHour.length, resendCooldowns.length) - 1];
  return cooldown === undefined ? 0 : Math.max(0, cooldown + (newest - now.getTime()) / 1000);
}

const ownOf = (instants: readonly Date[], owners: readonly string[], owner: string) =>
  instants.filter((_, at) => owners[at] === owner);

/** When the oldest of the last `allowed` instants leaves the window, in seconds from `now`. */
function untilRoom(instants: readonly Date[], allowed: number, windowSeconds: number, now: Date): number {
  const oldest = [...instants].sort((a, b) => a.getTime() - b.getTime()).at(-allowed);
  if (!oldest) return 0;
  return Math.max(0, (oldest.getTime() - now.getTime()) / 1000 + windowSeconds);
}
