import { Rule } from './rule.js';

/** Seconds, or a number with s, m, h or d. */
export const DURATION = /^[1-9]\d{0,8}[smhd]?$/;

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A span of time: seconds, or a number with s, m, h or d. The value is in seconds. */
export function duration(): Rule<number> {
  const read = (text: string) => (DURATION.test(text) ? seconds(text) : undefined);
  return new Rule('must be a duration such as 900, 15m, 12h or 7d', read, undefined, true);
}

/** `900`, `15m`, `12h` or `7d` in seconds; the text matches `DURATION`. */
export function seconds(text: string): number {
  const unit = UNITS[text.slice(-1)];
  return unit === undefined ? Number(text) : Number(text.slice(0, -1)) * unit;
}
