import { createRequire } from 'node:module';
import type * as Libphonenumber from 'libphonenumber-js/max';

// libphonenumber's table of all countries (about 150 kB) is loaded only when a country besides Indonesia is allowed.
const require = createRequire(import.meta.url);
let loaded: typeof Libphonenumber | undefined;

const MAX_LENGTH = 40;
/**
 * Indonesian mobile numbers without `+`: libphonenumber's own rule (the providers' document, section 6), but for 0868,
 * which it takes for mobile: satellite telephones (Byru), dear to reach and without WhatsApp.
 */
const INDONESIAN = /^628(?!68)[1-35-9][0-9]{7,10}$/;
const WHATSAPP_ID = /^\+?([0-9]{7,15})(?::[0-9]{1,3})?@(?:s\.whatsapp\.net|c\.us)$/i;
/** Invisible characters that come along when a number is copied from a contact card. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g;
/** Not `\s`: tabs and line breaks are no way to write a number. */
const SEPARATORS = /[ ().\-\u2010-\u2015\u2212/]/g;

/**
 * The one identity of every spelling of a mobile number.
 * In: anything; `allowedCountries` as ISO 3166 codes in upper case. Out: E.164 (`+6281234567890`), or null for what is
 * no mobile number of these countries. Rules: the providers' document, section 6.
 * A number without a country code is read as Indonesian when Indonesia is allowed, else (and then) as one of the first
 * allowed country.
 */
export function parsePhone(input: unknown, allowedCountries: readonly string[]): string | null {
  if (typeof input !== 'string' || input.length > MAX_LENGTH) {
    return null;
  }
  const written = input.includes('@') ? fromWhatsappId(input) : bare(input);
  if (written === null) {
    return null;
  }
  if (allowedCountries.includes('ID')) {
    const digits = indonesianDigits(written);
    if (INDONESIAN.test(digits)) return `+${digits}`;
  }
  const others = allowedCountries.filter((country) => country !== 'ID');
  return others.length === 0 ? null : foreign(written, allowedCountries[0], others);
}

/** The number as it is dialled at home: `081234567890`; a foreign one as E.164. */
export function nationalPhone(e164: string): string {
  return e164.startsWith('+62') ? `0${e164.slice(3)}` : e164;
}

/**
 * The country of a number, or of the beginning of one, as its calling code: `62`. Countries that share a calling code
 * count as one.
 */
export function countryOf(e164: string): string {
  if (e164.startsWith('+62')) return '62';
  loaded ??= require('libphonenumber-js/max') as typeof Libphonenumber;
  const typed = new loaded.AsYouType();
  typed.input(e164);
  return typed.getCallingCode() ?? 'unknown';
}

/** The digits of an E.164 number: `6281234567890`. */
export function phoneDigits(e164: string): string {
  return e164.replace('+', '');
}

/** The number as a WhatsApp id: `6281234567890@s.whatsapp.net`. */
export function whatsappId(e164: string): string {
  return `${phoneDigits(e164)}@s.whatsapp.net`;
}

/** The number as it may stand in a log: `+62812****890`; shorter numbers show less, what is no number nothing. */
export function maskPhone(e164: string): string {
  if (!/^\+[0-9]{7,15}$/.test(e164)) return '****';
  return e164.length < 12 ? `${e164.slice(0, 3)}****${e164.slice(-2)}` : `${e164.slice(0, 6)}****${e164.slice(-3)}`;
}

function fromWhatsappId(input: string): string | null {
  const digits = WHATSAPP_ID.exec(input)?.[1];
  return digits === undefined ? null : `+${digits}`;
}

/** Digits with at most one `+` in front (`00` counts as one), or null when anything else is left. */
function bare(input: string): string | null {
  // Most numbers come clean from a form; the test is cheaper than the normalising below.
  const text = /^\+?[0-9]+$/.test(input)
    ? input
    : input.normalize('NFKC').replace(INVISIBLE, '').replace(SEPARATORS, '');
  if (!/^\+?[0-9]+$/.test(text)) {
    return null;
  }
  return text.startsWith('00') ? `+${text.slice(2)}` : text;
}

function indonesianDigits(written: string): string {
  let digits = written;
  if (digits.startsWith('+')) digits = digits.slice(1);
  else if (digits.startsWith('0')) digits = `62${digits.slice(1)}`;
  else if (digits.startsWith('8')) digits = `62${digits}`;
  // "+62 0812…": the trunk zero kept by mistake.
  return digits.startsWith('620') ? `62${digits.slice(3)}` : digits;
}

/** Reads a number without a country code as one of `home` first; the answer is one of `countries` or null. */
function foreign(written: string, home: string | undefined, countries: readonly string[]): string | null {
  loaded ??= require('libphonenumber-js/max') as typeof Libphonenumber;
  const parse = loaded.parsePhoneNumberFromString;
  const international = written.startsWith('+') ? written : `+${written}`;
  const readings = [parse(international, { extract: false })];
  if (international !== written) {
    readings.unshift(parse(written, { defaultCountry: home as Libphonenumber.CountryCode, extract: false }));
  }
  return readings.find((phone) => phone !== undefined && isMobileOf(phone, countries))?.number ?? null;
}

function isMobileOf(phone: Libphonenumber.PhoneNumber, countries: readonly string[]): boolean {
  if (phone.country === undefined || !countries.includes(phone.country)) return false;
  // An invalid number has no type. Where mobile and fixed lines share their ranges, as in the USA, it tells no more.
  const type = phone.getType();
  return type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE';
}
