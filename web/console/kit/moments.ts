import { html, type TemplateResult } from 'lit';
import type { Language } from '../texts/texts.js';

/** How numbers and dates are written. */
export const LOCALES: Readonly<Record<Language, string>> = { id: 'id-ID', en: 'en-GB' };

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>();

function once<F extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(
  key: string,
  make: () => F,
): F {
  const known = made.get(key) ?? make();
  made.set(key, known);
  return known as F;
}

/** A moment in the viewer's zone; the UTC value is its title. */
export function moment(iso: string, language: Language): TemplateResult {
  const format = once(
    `moment ${language}`,
    () => new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'medium', timeStyle: 'medium' }),
  );
  return html`<time datetime=${iso} title=${utc(iso)}>${onOneLine(format.format(new Date(iso)))}</time>`;
}

/** A day breaks nowhere; its hour may stand below it. */
const onOneLine = (text: string): string => text.replace(/ (?=.*,)/g, '\u00a0');

/** Minutes and days since, or until, in words; the moment itself is its title. */
export function ago(iso: string, language: Language): TemplateResult {
  return html`<time datetime=${iso} title=${utc(iso)}>${distance(iso, language)}</time>`;
}

/** The hour of a moment. */
export function hour(iso: string, language: Language): string {
  const options = { hour: '2-digit', minute: '2-digit' } as const;
  return once(`hour ${language}`, () => new Intl.DateTimeFormat(LOCALES[language], options)).format(new Date(iso));
}

/** The day of a moment, in the viewer's zone. */
export function day(iso: string, language: Language): string {
  const format = once(`day ${language}`, () => new Intl.DateTimeFormat(LOCALES[language], { dateStyle: 'full' }));
  return format.format(new Date(iso));
}

/** The hour of a moment today, with its day when it is another one. */
export function clock(iso: string, language: Language): string {
  const date = new Date(iso);
  const sameDay = date.toDateString() === new Date().toDateString();
  const format = once(
    `clock ${language} ${sameDay}`,
    () =>
      new Intl.DateTimeFormat(LOCALES[language], {
        ...(!sameDay && { day: 'numeric', month: 'short' }),
        hour: '2-digit',
        minute: '2-digit',
      }),
  );
  return format.format(date);
}

export const utc = (iso: string): string => `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

export function distance(iso: string, language: Language): string {
  const seconds = (Date.parse(iso) - Date.now()) / 1000;
  const format = once(`ago ${language}`, () => new Intl.RelativeTimeFormat(LOCALES[language], { numeric: 'auto' }));
  for (const [unit, length] of UNITS)
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  return format.format(Math.trunc(seconds), 'second');
}

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export function number(value: number, language: Language, options: Intl.NumberFormatOptions = {}): string {
  const key = `number ${language} ${JSON.stringify(options)}`;
  return once(key, () => new Intl.NumberFormat(LOCALES[language], options)).format(value);
}

/** A share of 0 to 1. */
export const percent = (value: number, language: Language): string =>
  number(value, language, { style: 'percent', maximumFractionDigits: 1 });

/** Milliseconds in the unit that is read easiest. */
export function duration(ms: number, language: Language): string {
  if (ms < 1_000) return `${number(Math.round(ms), language)}\u00a0ms`;
  const inMinutes = ms >= 120_000;
  const value = inMinutes ? ms / 60_000 : ms / 1_000;
  const unit = inMinutes ? 'minute' : 'second';
  return number(value, language, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 });
}
