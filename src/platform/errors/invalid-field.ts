import { AppError } from './app-error.js';
import { type Text } from './catalogue.js';

/** A field without a value where one is needed. */
export const EMPTY: Text = { id: 'harus diisi', en: 'must not be empty' };

/** A place in a list that no answer of ours gave. */
export const UNKNOWN_CURSOR: Text = { id: 'tidak dikenal', en: 'is not a valid cursor' };

/** `validation_failed` for one field. @param problem what is wrong with it, in words that follow the field's name */
export function invalidField(field: string, problem: Text): AppError {
  return new AppError('validation_failed', { details: (language) => [{ field, problem: problem[language] }] });
}
