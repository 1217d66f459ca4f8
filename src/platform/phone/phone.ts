import { createRequire } from 'node:module';
import type * as Libphonenumber from 'libphonenumber-js/max';

// libphonenumber's table of all countries (about 150 kB) is loaded only when a country besides Indonesia is allowed.
const require = createRequire(import.meta.url);
let loaded: typeof Libphonenumber | undefined;

const MAX_LENGTH = 40;
/** `+` and 13 digits: few countries have longer mobile numbers. */
const LONGEST_USUAL = 14;
const CLEAN = /^\+?[0-9]+$/;
/**
 * Indonesian mobile numbers without `+`: docs/phone-numbers.md#the-indonesian-rule. That is libphonenumber's rule without
 * 0868, which it calls mobile: satellite telephones (Byru), expensive to reach and without WhatsApp.
 */
const INDONESIAN = /^628(?!68)[1-35-9][0-9]{7,10}$/;
const WHATSAPP_ID = /^\+?([0-9]{7,15})(?::[0-9]{1,3})?@(?:s\.whatsapp\.net|c\.us)$/i;
/**
 * Invisible characters that come along when a number is copied from a contact card. Not U+202E, which shows digits in
 * another order than they have.
 */
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202D\u2060\u2066-\u2069\uFEFF]/g;
/** ASCII as Chinese and Japanese keyboards write it. NFKC would read more: a footnote, as in `0812…¹`, becomes a digit. */
const FULL_WIDTH = /[\uFF01-\uFF5E]/g;
const FULL_WIDTH_OFFSET = 0xfee0;
/** Not `\s`: nobody writes tabs and line breaks in a number. */
const SPACES = /[\u00A0\u2000-\u200A\u202F\u205F\u3000]/g;
const SEPARATORS = /[ ().\-\u2010-\u2015\u2212/]+/g;
/**
 * Dots that group nothing: beside a group of one digit, or before one or two zeros at the end. A spreadsheet writes so
 * (`81234567890.0`, `8.1234567890`), and without the dot the digits are another number.
 */
const DECIMAL_POINT = /(?<![0-9]{2}\)?)\.(?=.*[0-9])|\.(?! ?[0-9]{2})(?=.*[0-9])|\. ?00\D*$/;
/** Before the first digit these are a minus sign, or part of something that is not a number: `-0812…`, `/0812…`. */
const MINUS = /^[^0-9]*[-\u2010-\u2015\u2212/]+[^0-9]*[0-9]/;
/** A country and an operator: behind more digits than these, a dot that is the only one groups nothing. */
const LONGEST_PREFIX = 5;

/**
 * The one identity of every spelling of a mobile number.
 * In: anything; `allowedCountries` as ISO 3166 codes in upper case. Out: E.164 (`+6281234567890`), or null for what is
 * no mobile number of these countries. Rules: docs/phone-numbers.md.
 * A number without a country code is read as Indonesian when Indonesia is allowed, else (and then) as one of the first
 * allowed country. Separators group the digits of one number. A text in which they may do something else is refused,
 * because it would be read as another person's number: decimals, two numbers, an extension, a footnote.
 */
export function parsePhone(input: unknown, allowedCountries: readonly string[]): string | null {
  if (typeof input !== 'string' || input.length > MAX_LENGTH) {
    return null;
  }
  if (input.includes('@')) return readDigits(fromWhatsappId(input), allowedCountries);
  // Most numbers come clean from a form; the test is cheaper than what follows.
  if (CLEAN.test(input)) return readDigits(international(input), allowedCountries);
  const text = plain(input);
  const phone = groupsDigits(text) && !isAmbiguous(text) ? readDigits(joined(text), allowedCountries) : null;
  return phone === null || goesOn(text, allowedCountries) ? null : phone;
}

/** Whether the separators of a number, or of a part of one, only group its digits: `0812.3456`, but not `812345.0`. */
export function groupsDigits(text: string): boolean {
  return !DECIMAL_POINT.test(text.trim());
}

/**
 * Whether a separator may do something else than group the digits of a number: a minus sign, a decimal point
 * (`0812345.67890`), or a last digit alone behind groups of another length (`+62 812 3456 7890 0`). Behind
 * groups of four each, as forms write them, one digit is what is left over: `0812-3456-7890-1`.
 */
function isAmbiguous(text: string): boolean {
  if (MINUS.test(text)) return true;
  const [before = '', after = '', ...more] = text.split('.').map((part) => part.replace(/[^0-9]/g, ''));
  // Whoever puts the operator in brackets groups, and calculates nothing: `(0812) 3456.7890`.
  if (more.length === 0 && after !== '' && before.length > LONGEST_PREFIX && !text.includes('(')) return true;
  const groups = text.match(/[0-9]+/g) ?? [];
  return groups.length > 1 && groups.at(-1)?.length === 1 && groups.slice(0, -1).some(({ length }) => length !== 4);
}

/**
 * Whether digits may be a number of some country. WhatsApp's hidden ids are digits, too, most of them 14 or 15: numbers as
 * long as that must be valid in their country. Shorter ones need only a possible length, because countries open new ranges
 * before the metadata has them.
 *
 * @param e164 `+` and digits
 */
export function isPossiblePhone(e164: string): boolean {
  if (INDONESIAN.test(e164.slice(1))) return true;
  loaded ??= require('libphonenumber-js/max') as typeof Libphonenumber;
  const phone = loaded.parsePhoneNumberFromString(e164, { extract: false });
  return phone !== undefined && (e164.length <= LONGEST_USUAL ? phone.isPossible() : phone.isValid());
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

/** Whether a text is the WhatsApp id of a number, of whatever country: it is a phone number, though it looks like an e-mail address. */
export function isWhatsappId(text: string): boolean {
  return WHATSAPP_ID.test(text);
}

/** The number as a log may show it: `+62812****890`; shorter numbers show less, other texts nothing. */
export function maskPhone(e164: string): string {
  if (!/^\+[0-9]{7,15}$/.test(e164)) return '****';
  return e164.length < 12 ? `${e164.slice(0, 3)}****${e164.slice(-2)}` : `${e164.slice(0, 6)}****${e164.slice(-3)}`;
}

function fromWhatsappId(input: string): string | null {
  const digits = WHATSAPP_ID.exec(input)?.[1];
  return digits === undefined ? null : `+${digits}`;
}

function readDigits(written: string | null, allowedCountries: readonly string[]): string | null {
  if (written === null) return null;
  if (allowedCountries.includes('ID')) {
    const digits = indonesianDigits(written);
    if (INDONESIAN.test(digits)) return `+${digits}`;
  }
  const others = allowedCountries.filter((country) => country !== 'ID');
  return others.length === 0 ? null : foreign(written, allowedCountries[0], others);
}

/** ASCII with ordinary spaces, as far as a number is written with anything else. */
function plain(input: string): string {
  return input
    .replace(FULL_WIDTH, (sign) => String.fromCharCode(sign.charCodeAt(0) - FULL_WIDTH_OFFSET))
    .replace(SPACES, ' ')
    .replace(INVISIBLE, '');
}

/** Digits with at most one `+` in front (`00` counts as one), or null when anything else is left. */
function joined(text: string): string | null {
  const digits = text.replace(SEPARATORS, '');
  return CLEAN.test(digits) ? international(digits) : null;
}

function international(digits: string): string {
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits;
}

/**
 * Whether digits follow a number that is already whole: after its first group, or after a sign that sets a second thing
 * apart (a slash, a bracket, the only dot). People who group a long number do not begin with so many digits.
 */
function goesOn(text: string, allowedCountries: readonly string[]): boolean {
  const gaps = [...text.matchAll(SEPARATORS)].filter(({ index }) => /[0-9]/.test(text.slice(0, index)));
  const onlyDot = text.split('.').length === 2 ? text.indexOf('.') : -1;
  return gaps.some(({ 0: gap, index }, at) => {
    const setsApart = at === 0 || /[/(]/.test(gap) || (onlyDot >= index && onlyDot < index + gap.length);
    const digitsFollow = /[0-9]/.test(text.slice(index));
    return setsApart && digitsFollow && readDigits(joined(text.slice(0, index)), allowedCountries) !== null;
  });
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
