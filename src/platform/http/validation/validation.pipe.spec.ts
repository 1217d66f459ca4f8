import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsArray, IsISO8601, IsNotEmpty, IsOptional, IsString, ValidateIf, ValidateNested } from 'class-validator';
import { AppError } from '../../errors/app-error.js';
import { PageSizeDto } from './page.dto.js';
import { bodyValidation, KnownFieldsOnly } from './validation.pipe.js';

class NameDto {
  @IsOptional()
  @IsString()
  name?: string;
}

const pipe = bodyValidation('compat');
const read = (value: unknown, type: 'body' | 'query' = 'body') => pipe.transform(value, { type, metatype: NameDto });

@KnownFieldsOnly()
class OwnQueryDto extends PageSizeDto {}

class SpanDto {
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

class MessageDto {
  @IsString()
  to!: string;
}

it.each([
  [SpanDto, 'validation_failed'],
  [MessageDto, 'invalid_phone'],
])('takes a bad `to` of %p for what it is there', async (metatype, code) => {
  await expect(pipe.transform({ to: 1 }, { type: 'query', metatype })).rejects.toMatchObject({ code });
});

class PartDto extends PageSizeDto {}

it.each([
  ['-1', 'must be at least 1'],
  ['0', 'must be at least 1'],
  [-5, 'must be at least 1'],
  ['101', 'must be at most 100'],
  ['1.5', 'must be a whole number'],
  ['--1', 'must be a whole number'],
  ['x', 'must be a whole number'],
])('a limit of %p %s', async (limit, problem) => {
  const refusal = (await pipe
    .transform({ limit }, { type: 'query', metatype: PartDto })
    .catch((error: unknown) => error)) as AppError;
  expect((refusal.details as (language: string) => unknown)('en')).toEqual([{ field: 'limit', problem }]);
});

it('refuses what it does not know where the DTO says so, whatever the profile', async () => {
  const unknown = pipe.transform({ limit: '5', page: '2' }, { type: 'query', metatype: OwnQueryDto });
  await expect(unknown).rejects.toMatchObject({ code: 'validation_failed' });
  await expect(pipe.transform({ limit: '5' }, { type: 'query', metatype: OwnQueryDto })).resolves.toEqual({ limit: 5 });
});

describe('a body', () => {
  // Without a body, or with null for one, every field is absent.
  it.each([[{}], [{ name: 'x' }], [{ name: 'x', other: 1 }], [null], [undefined]])('%j is read', async (body) => {
    await expect(read(body)).resolves.toBeInstanceOf(NameDto);
  });

  it.each([[[]], [[{ name: 'x' }]], ['x'], [''], [1], [true]])('%j is refused', async (body) => {
    await expect(read(body)).rejects.toMatchObject({ code: 'validation_failed' } satisfies Partial<AppError>);
  });
});

class LineDto {
  @IsString()
  @IsNotEmpty()
  id!: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  note?: string;
}

class FormDto extends NameDto {
  @IsString()
  @IsNotEmpty()
  title!: string;

  /** Null is not a value of it. */
  @ValidateIf((_, value) => value !== undefined)
  @IsISO8601()
  at?: string;

  /** Needed where there are no lines. */
  @ValidateIf(({ lines }: FormDto) => lines === undefined)
  @IsString()
  @IsNotEmpty()
  text?: string;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => LineDto)
  lines?: LineDto[];
}

describe('a blank text', () => {
  const form = (value: unknown) => pipe.transform(value, { type: 'body', metatype: FormDto });
  const lines = [{ id: 'a' }];

  it('is left out where the field may be, also of what is in lists', async () => {
    const blank = { title: 'x', name: '', at: '', text: '', lines: [{ id: 'a', note: '' }] };
    expect({ ...((await form(blank)) as object) }).toEqual({ title: 'x', lines });
  });

  it('of a list is left out too', async () => {
    expect({ ...((await form({ title: 'x', text: 'y', lines: '' })) as object) }).toEqual({ title: 'x', text: 'y' });
  });

  it.each([
    [{ title: '', lines }, 'title'],
    [{ title: 'x', text: '' }, 'text'],
    [{ title: 'x', lines: [{ id: 'a' }, { id: '' }] }, 'lines.1.id'],
    [{ title: 'x', lines, at: ' ' }, 'at'],
    [{ title: 'x', lines, at: null }, 'at'],
  ])('of %j is refused by its field', async (body, field) => {
    const refusal = (await form(body).catch((error: unknown) => error)) as AppError;
    expect(refusal.code).toBe('validation_failed');
    expect((refusal.details as (language: string) => unknown)('en')).toMatchObject([{ field }]);
  });
});
