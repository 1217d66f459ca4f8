import { LOCALES } from '../kit/moments.js';
import type { Language } from '../texts/texts.js';

const HOUR: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
const DAY: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short' };
const SHORT_DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short' };

/** The same in few letters, for the axis of a chart. */
export function shortPartName(at: string, part: 'hour' | 'day', timeZone: string, language: Language): string {
  const format = new Intl.DateTimeFormat(LOCALES[language], { ...(part === 'hour' ? HOUR : SHORT_DAY), timeZone });
  return format.format(new Date(at));
}

/** An hour or a day, by the clocks of the zone that it was counted in. */
export function partName(at: string, part: 'hour' | 'day', timeZone: string, language: Language): string {
  return new Intl.DateTimeFormat(LOCALES[language], { ...(part === 'hour' ? HOUR : DAY), timeZone }).format(
    new Date(at),
  );
}
