import { Transform, type TransformFnParams } from 'class-transformer';
import { ValidateBy } from 'class-validator';
import { type ReadingOptions } from '../../platform/http/validation/validation.pipe.js';
import { groupsDigits } from '../../platform/phone/phone.js';

/** Longer than any message that carries a code. */
const LONGEST = 2_000;
/** Longer than a code with signs between all of its digits. */
const LONGEST_TYPED = 64;
const SHORTEST_CODE = 4;
const LONGEST_CODE = 8;

const INVISIBLE = /[\u00AD\u200B-\u200F\u202A-\u202D\u2060\u2066-\u2069\uFEFF]/g;
/** Characters between or around the digits of a code that was typed or marked. */
const AROUND = /[\s*_.\-\u2010-\u2015\u2212"'`\u2018-\u201F<>()[\]]/g;

/**
 * A code in what was typed or pasted: `123 456`, `"123456"`, a whole message, the digits of any script.
 *
 * @param length digits of a code here; left out where a code has 4 to 8
 * @returns digits; null when there is no code in it, or more than one
 */
export function extractCode(text: string, length?: number): string | null {
  // U+202E shows digits in another order than they have.
  if (text.length > LONGEST || text.includes('\u202E')) return null;
  const plain = westernDigits(text).replace(INVISIBLE, '');
  const typed = typedDigits(plain);
  if (length === undefined) return isCode(typed) ? typed : onlyRun(plain, SHORTEST_CODE, LONGEST_CODE);
  return typed.length === length ? typed : onlyRun(plain, length, length);
}

/** The digits of a text that is nothing but a code, however it is grouped; else an empty text. */
function typedDigits(text: string): string {
  if (text.length > LONGEST_TYPED || !groupsDigits(text)) return '';
  const digits = text.replace(AROUND, '');
  return /^\d+$/.test(digits) ? digits : '';
}

function onlyRun(text: string, shortest: number, longest: number): string | null {
  const runs = (text.match(/\d+/g) ?? []).filter((run) => run.length >= shortest && run.length <= longest);
  return runs.length === 1 ? (runs[0] ?? null) : null;
}

/** The ten decimal digits of each script follow each other; where such rows follow each other, the first one begins with zero, too. */
function westernDigits(text: string): string {
  return text.replace(/[^\P{Nd}0-9]/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0;
    let first = point;
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1;
    return String((point - first) % 10);
  });
}

function isCode(value: unknown): boolean {
  return typeof value === 'string' && new RegExp(`^\\d{${SHORTEST_CODE},${LONGEST_CODE}}$`).test(value);
}

/**
 * A field that holds a code as a person types or pastes it. What is not a text, or holds no code or several, fails `IsCode`
 * before anything is charged.
 *
 * @param anyLength where `OTP_LENGTH` does not say how long a code is
 */
export const AsCode = ({ anyLength = false } = {}) =>
  Transform(({ value, options }: Pick<TransformFnParams, 'options'> & { value: unknown }) =>
    typeof value === 'string'
      ? extractCode(value, anyLength ? undefined : (options as ReadingOptions).codeLength)
      : value,
  );

/** 4 to 8 digits, as text. */
export const IsCode = () => ValidateBy({ name: 'isCode', validator: { validate: isCode } });
