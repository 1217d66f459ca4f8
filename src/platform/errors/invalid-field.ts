import { AppError } from './app-error.js';
import { TEXTS, type Texts } from '../texts/texts.js';

/** `validation_failed` for one field. @param problem what is wrong with it, in words that follow the field's name */
export function invalidField(field: string, problem: keyof Texts['problems']['field']): AppError {
  return new AppError('validation_failed', {
    details: (language) => [{ field, problem: TEXTS[language].problems.field[problem] }],
  });
}
