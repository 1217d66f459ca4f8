import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { type ClassTransformOptions } from 'class-transformer';
import { type ValidatorOptions } from 'class-validator';
import { type Language } from '../../config/languages.js';
import { AppError } from '../../errors/app-error.js';
import { type ErrorCode } from '../../errors/catalogue.js';
import { leaveOutBlanks } from './blank-fields.js';
import { TEXTS } from '../../texts/texts.js';

/** The rules of class-validator that the DTOs use; of several broken ones the first here speaks. */
const RULES = [
  'isNotEmpty',
  'isString',
  'minLength',
  'maxLength',
  'isUuid',
  'isIn',
  'isFutureInstant',
  'isInstant',
  'isAddress',
  'isCode',
  'isBoolean',
  'isNumber',
  'isInt',
  'whitelistValidation',
] as const;

/** Rules of a number whose bound is said; they speak when it is a number. */
const BOUNDS = ['min', 'max'] as const;

/** Fields whose every fault has a code of its own (docs/contract/README.md#phone-numbers). */
const PHONE_FIELDS = new Set(['phone', 'noHp', 'to']);

/** Fields whose absence has its own code; the first missing one decides (docs/contract/ticketing.md#the-three-steps). */
const REQUIRED: Record<string, ErrorCode> = { nama: 'name_required', noHp: 'phone_number_required' };

/** What transformations of fields may know: see `bodyValidation`. */
export interface ReadingOptions extends ClassTransformOptions {
  readonly codeLength: number | undefined;
}

const KNOWN_FIELDS_ONLY = new WeakSet<object>();

/**
 * For a DTO of our own routes whose unknown fields are refused under every profile: a filter that is misspelt would otherwise be
 * answered as if nothing had been asked for.
 */
export const KnownFieldsOnly = (): ClassDecorator => (dto) => {
  KNOWN_FIELDS_ONLY.add(dto);
};

class BodyPipe extends ValidationPipe {
  protected override validate(body: object, options?: ValidatorOptions) {
    leaveOutBlanks(body);
    const isOwn = KNOWN_FIELDS_ONLY.has(body.constructor);
    return super.validate(body, isOwn ? { ...options, forbidNonWhitelisted: true } : options);
  }
}

/**
 * Bodies become instances of their DTO or are refused whole. Unknown fields are dropped under `compat` and refused
 * under `strict`, or where `KnownFieldsOnly` says so. A blank text in an optional field counts as left out. Otherwise values are converted only where their
 * DTO says so: `true`, `0` and `[]` are not texts. Rules: docs/contract/README.md#common-rules.
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
  return [{ field, problem: problemOf(error.constraints ?? {}, language) }];
}

/** @param broken rules by name, each with the sentence of class-validator, at whose end a bound stands */
function problemOf(broken: Record<string, string>, language: Language): string {
  const { rule: said, bound, field: ofFields } = TEXTS[language].problems;
  const rule = RULES.find((name) => name in broken);
  if (rule !== undefined) return rule === 'isNotEmpty' ? ofFields.empty : said[rule];
  const passed = BOUNDS.find((name) => name in broken);
  const [limit] = /-?[\d.]+$/.exec((passed && broken[passed]) ?? '') ?? [];
  return passed && limit ? bound[passed](limit) : said.otherwise;
}
