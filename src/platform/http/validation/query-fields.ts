import { Transform } from 'class-transformer';
import { ValidateBy, isISO8601 } from 'class-validator';

/** With its offset, or a day alone, in UTC: a time without one would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** No NUL and no half of a surrogate pair: neither is text. */
export const REAL_TEXT = /^[^\0\p{Cs}]*$/u;

/** A field that holds a time; see `INSTANT`. */
export const IsInstant = () =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && INSTANT.test(value) && isISO8601(value, { strict: true }),
      defaultMessage: () => '$property must be a time, in ISO 8601 with an offset',
    },
  });

/** A field that holds a time which is still to come. */
export const IsFutureInstant = () =>
  ValidateBy({
    name: 'isFutureInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' &&
        INSTANT.test(value) &&
        isISO8601(value, { strict: true }) &&
        // eslint-disable-next-line no-restricted-properties -- a day that a person chose; when the key is used the database decides
        Date.parse(value) > Date.now(),
      defaultMessage: () => '$property must be a time in the future, in ISO 8601 with an offset',
    },
  });

/** A whole number, also in digits, as a query or a form has it; anything else stays as it is and fails `IsInt`. */
export const WholeNumber = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value,
  );

/** A decimal number, also as text with a point; anything else stays as it is and fails `IsNumber`. */
export const DecimalNumber = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^[+-]?\d{1,9}(?:\.\d{1,20})?$/.test(value.trim()) ? Number(value) : value,
  );

/** A name that its maker chose, such as an id, which may be a whole number to them; everything else stays as it is. */
export const IdAsText = () =>
  Transform(({ value }: { value: unknown }) => (Number.isSafeInteger(value) ? String(value) : value));
