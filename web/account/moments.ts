import { type Language } from '../texts/language.js';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/**
 * An instant as people say it: `2 jam yang lalu`; `justNow` for less than a minute.
 *
 * @param instant ISO 8601
 * @param now ms by the service's clock
 */
export function ago(instant: string, now: number, language: Language, justNow: string): string {
  const seconds = (now - Date.parse(instant)) / 1000;
  const unit = UNITS.find(([, size]) => seconds >= size);
  if (unit === undefined) return justNow;
  // Safari has it from version 14 on.
  if (!('RelativeTimeFormat' in Intl)) return day(instant, language);
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-Math.floor(seconds / unit[1]), unit[0]);
}

/** A day as a calendar says it. */
export function day(instant: string, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(instant));
}
