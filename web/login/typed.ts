import { matching } from './unicode.js';

/** Characters that come along when something is copied: invisible ones, and every kind of space. */
const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g;

/** The decimal digits of every script; the western ones where a browser knows no `\\p`. */
const DIGIT = matching('\\p{Nd}', /\d/gu);

/** Western digits for those of other scripts, as a keyboard may write them. */
function westernDigits(text: string): string {
  return text.normalize('NFKC').replace(DIGIT, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    if (point < 128) return digit;
    // The decimal digits of a script follow each other, zero first.
    let zero = point;
    while (String.fromCodePoint(zero - 1).search(DIGIT) === 0 && point - zero < 9) zero -= 1;
    return String(point - zero);
  });
}

/**
 * The code in whatever was typed or pasted: a whole message, `123 456`, or digits so far.
 *
 * @param length digits of a code here
 * @returns at most `length` digits
 */
export function codeIn(text: string, length: number): string {
  const plain = westernDigits(text).replace(INVISIBLE, '').slice(0, 2_000);
  // Messages carry the code between asterisks, and that wins over an amount of minutes or a phone number.
  const marked = new RegExp(`\\*(\\d{${length}})\\*`).exec(plain);
  const alone = marked ?? new RegExp(`(?:^|\\D)(\\d{${length}})(?!\\d)`).exec(plain);
  return alone?.[1] ?? plain.replace(/\D/g, '').slice(0, length);
}

/**
 * Why what was typed cannot be a phone number, as the code of a problem; null when it may be one. A coarse sieve, from
 * national numbers of 8 digits to the 15 of E.164 after `00`: the service knows better, where it is asked.
 */
export function wrongPhone(typed: string): 'phone_missing' | 'invalid_phone' | null {
  const plain = westernDigits(typed).replace(INVISIBLE, '').trim();
  if (plain === '') return 'phone_missing';
  return /^\+?[\d\s().-]+$/.test(plain) && /^\d{8,17}$/.test(plain.replace(/\D/g, '')) ? null : 'invalid_phone';
}

/** A number as its owner reads it, in groups; what is not Indonesian stays as it was typed. */
export function readablePhone(typed: string): string {
  const digits = typed.replace(/\D/g, '');
  const national = digits.startsWith('62') ? `0${digits.slice(2).replace(/^0/, '')}` : digits.replace(/^8/, '08');
  if (!/^08\d{7,12}$/.test(national)) return typed.trim();
  return national.replace(/^(\d{4})(\d{4})(\d+)$/, '$1-$2-$3');
}

/** Seconds as `4:05`. */
export function minutesAndSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
