import { Transform } from 'class-transformer';
import { ValidateBy } from 'class-validator';

/** Digits as people paste them: full-width or Arabic ones, with spaces or dashes in between, around a `*`. */
function asDigits(value: unknown): unknown {
  if (typeof value !== 'string' || value.length > 64) return value;
  return value
    .normalize('NFKC')
    .replace(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/[\s*\-\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/g, '');
}

/** A field that holds a code as a person types or pastes it; what is no text stays as it is and fails `IsCode`. */
export const AsDigits = () => Transform(({ value }: { value: unknown }) => asDigits(value));

/** 4 to 8 digits, as text. */
export const IsCode = () =>
  ValidateBy({
    name: 'isCode',
    validator: { validate: (value: unknown) => typeof value === 'string' && /^\d{4,8}$/.test(value) },
  });
