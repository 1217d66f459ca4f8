/** Bounds of the five fields: minute, hour, day, month, weekday (7 is Sunday too). */
const BOUNDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const;

/** `*`, `5`, `1-5`, each with a step. */
const PART = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/;

const DAY = 86_400_000;
const MINUTE = 60_000;

/** From one 29th of February to the next there can be eight years. */
const FARTHEST = 8 * 366;

/**
 * The first whole minute after an instant that a cron expression of five fields names, in UTC. Days and weekdays: either
 * of them, where both are limited (as cron(5) has it).
 *
 * @returns null when there is none, or the expression has words or signs of other dialects
 */
export function nextRun(cron: string, after: Date): Date | null {
  const fields = cron.trim().split(/\s+/);
  const sets = BOUNDS.map(([least, most], at) => valuesOf(fields[at] ?? '', least, most));
  const [minutes, hours, days, months, weekdays] = sets;
  if (fields.length !== BOUNDS.length || !minutes || !hours || !days || !months || !weekdays) return null;
  const either = fields[2] !== '*' && fields[4] !== '*';
  const fits = (day: Date): boolean => {
    const [isDay, isWeekday] = [
      days.has(day.getUTCDate()),
      weekdays.has(day.getUTCDay()) || (day.getUTCDay() === 0 && weekdays.has(7)),
    ];
    return months.has(day.getUTCMonth() + 1) && (either ? isDay || isWeekday : isDay && isWeekday);
  };
  const midnight = Math.floor(after.getTime() / DAY) * DAY;
  for (let ahead = 0; ahead < FARTHEST; ahead++) {
    const day = new Date(midnight + ahead * DAY);
    if (!fits(day)) continue;
    for (const hour of hours)
      for (const minute of minutes) {
        const at = day.getTime() + (hour * 60 + minute) * MINUTE;
        if (at > after.getTime()) return new Date(at);
      }
  }
  return null;
}

/** The values that a field names, rising; null for one that is not understood. */
function valuesOf(field: string, least: number, most: number): Set<number> | null {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const match = PART.exec(part);
    if (!match) return null;
    const [, from, to, step] = match;
    const first = from === undefined ? least : Number(from);
    // A lone number with a step goes on to the end of the field.
    const last = to !== undefined ? Number(to) : from === undefined || step !== undefined ? most : first;
    if (first < least || last > most || first > last || step === '0') return null;
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return new Set([...values].sort((a, b) => a - b));
}
