import { Transform } from 'class-transformer';
import { ValidateBy, isISO8601 } from 'class-validator';

/** With its offset, or a day alone, in UTC: a time without one would mean another instant on another machine. */
const INSTANT = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** A field that holds a time; see `INSTANT`. */
export const IsInstant = () =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && INSTANT.test(value) && isISO8601(value, { strict: true }),
      defaultMessage: () => '$property must be a time, ISO 8601 with its offset',
    },
  });

/** `?status=` means the same as no status at all. */
export const BlankIsAbsent = () => Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/** A whole number in a query's digits; what is none stays as it is and fails `IsInt`. */
export const WholeNumber = () =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value === '' ? undefined : value,
  );
