import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { type ClassTransformOptions } from 'class-transformer';
import { type ValidatorOptions } from 'class-validator';
import { type Language } from '../../config/settings.js';
import { AppError } from '../../errors/app-error.js';
import { type ErrorCode, type Text } from '../../errors/catalogue.js';
import { leaveOutBlanks } from './blank-fields.js';
import { EMPTY } from '../../errors/invalid-field.js';

/** What each rule of class-validator that the DTOs use says when it is broken; of several broken ones the first here speaks. */
const PROBLEMS: Record<string, Text> = {
  isNotEmpty: EMPTY,
  isString: { id: 'harus berupa teks', en: 'must be text' },
  minLength: { id: 'terlalu pendek', en: 'is too short' },
  maxLength: { id: 'terlalu panjang', en: 'is too long' },
  isUuid: { id: 'tidak dikenal', en: 'is not a valid id' },
  isIn: { id: 'berisi nilai yang tidak dikenal', en: 'has an unknown value' },
  isFutureInstant: {
    id: 'harus berupa waktu ISO 8601 dengan offset, di masa depan',
    en: 'must be a time in the future, in ISO 8601 with an offset',
  },
  isInstant: { id: 'harus berupa waktu ISO 8601 dengan offset', en: 'must be a time, in ISO 8601 with an offset' },
  isAddress: { id: 'harus berupa alamat IP', en: 'must be an IP address' },
  isCode: { id: 'harus memuat tepat satu kode', en: 'must contain exactly one code' },
  isBoolean: { id: 'harus true atau false', en: 'must be true or false' },
  isNumber: { id: 'harus berupa angka', en: 'must be a number' },
  isInt: { id: 'harus berupa bilangan bulat', en: 'must be a whole number' },
  whitelistValidation: { id: 'tidak dikenal', en: 'is not a known field' },
};

const OTHERWISE: Text = { id: 'tidak valid', en: 'is not valid' };

/** Fields whose every fault has a code of its own (docs/contract/README.md#phone-numbers). */
const PHONE_FIELDS = new Set(['phone', 'noHp', 'to']);

/** Fields whose absence has its own code; the first missing one decides (docs/contract/ticketing.md#the-three-steps). */
const REQUIRED: Record<string, ErrorCode> = { nama: 'name_required', noHp: 'phone_number_required' };

/** What transformations of fields may know: see `bodyValidation`. */
export interface ReadingOptions extends ClassTransformOptions {
  readonly codeLength: number | undefined;
}

class BodyPipe extends ValidationPipe {
  protected override validate(body: object, options?: ValidatorOptions) {
    leaveOutBlanks(body);
    return super.validate(body, options);
  }
}

/**
 * Bodies become instances of their DTO or are refused whole. Unknown fields are dropped under `compat` and refused
 * under `strict`. A blank text in an optional field counts as left out. Otherwise values are converted only where their
 * DTO says so: `true`, `0` and `[]` are no texts. Rules: docs/contract/README.md#common-rules.
 *
 * @param codeLength digits of a one-time code here, for fields that hold one
 */
export function bodyValidation(profile: 'compat' | 'strict', codeLength?: number): ValidationPipe {
  return new BodyPipe({
    transform: true,
    transformOptions: { codeLength } as ReadingOptions,
    whitelist: true,
    forbidNonWhitelisted: profile === 'strict',
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) => {
      const missing = Object.keys(REQUIRED).find((field) => errors.some((error) => isMissing(error, field)));
      if (missing !== undefined) return new AppError(REQUIRED[missing] ?? 'validation_failed');
      const onlyPhone = errors.length > 0 && errors.every(isPhone);
      return new AppError(onlyPhone ? 'invalid_phone' : 'validation_failed', {
        details: (language) => errors.flatMap((error) => problemsOf(error, language)),
      });
    },
  });
}

/** `to` is a number in a message and an instant in a query of a span. */
function isPhone({ property, constraints = {} }: ValidationError): boolean {
  return PHONE_FIELDS.has(property) && !('isInstant' in constraints || 'isIso8601' in constraints);
}

function isMissing({ property, constraints = {} }: ValidationError, field: string): boolean {
  return property === field && 'isNotEmpty' in constraints;
}

/** One problem a field; of a list or an object the fields in it, by their path (`buttons.0.id`). */
function problemsOf(error: ValidationError, language: Language, path = ''): { field: string; problem: string }[] {
  const field = `${path}${error.property.slice(0, 60)}`;
  const inside = (error.children ?? []).flatMap((child) => problemsOf(child, language, `${field}.`));
  if (inside.length > 0) return inside;
  const broken = error.constraints ?? {};
  const rule = Object.keys(PROBLEMS).find((name) => name in broken) ?? '';
  return [{ field, problem: (PROBLEMS[rule] ?? OTHERWISE)[language] }];
}
