import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { IsISO8601, IsOptional, IsString } from 'class-validator';
import { AppError } from '../errors/app-error.js';
import { bodyValidation } from './validation.pipe.js';

class NameDto {
  @IsOptional()
  @IsString()
  name?: string;
}

const pipe = bodyValidation('compat');
const read = (value: unknown, type: 'body' | 'query' = 'body') => pipe.transform(value, { type, metatype: NameDto });

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

describe('a body', () => {
  // Without a body, or with null for one, every field is absent.
  it.each([[{}], [{ name: 'x' }], [{ name: 'x', other: 1 }], [null], [undefined]])('%j is read', async (body) => {
    await expect(read(body)).resolves.toBeInstanceOf(NameDto);
  });

  it.each([[[]], [[{ name: 'x' }]], ['x'], [''], [1], [true]])('%j is refused', async (body) => {
    await expect(read(body)).rejects.toMatchObject({ code: 'validation_failed' } satisfies Partial<AppError>);
  });
});
