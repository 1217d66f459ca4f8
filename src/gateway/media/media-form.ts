import { Inject, Injectable } from '@nestjs/common';
import '@fastify/multipart';
import { type FastifyRequest } from 'fastify';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { bodyValidation } from '../../platform/http/validation/validation.pipe.js';
import { SendMediaDto } from './media.dto.js';
import { AppError } from '../../platform/errors/app-error.js';
import { invalidField } from '../../platform/errors/invalid-field.js';
import { type MediaKind } from '../../delivery/providers/media-types.js';

/** A file that was uploaded, and the name that it had. */
export interface Upload<Kept> {
  readonly name: string;
  readonly kept: Kept;
}

/** Reads requests that bring a file, or say where it is. */
@Injectable()
export class MediaForm {
  private readonly validation;

  constructor(@Inject(ModeSettings) { profile }: ModeSettings) {
    this.validation = bodyValidation(profile);
  }

  /**
   * @param keep takes the file while it comes in; called once at most, before the fields behind it are known
   * @returns the fields, and the upload if there was one
   * @throws AppError `validation_failed`, `invalid_phone`
   */
  async read<Kept>(
    request: FastifyRequest,
    kind: MediaKind,
    keep: (bytes: AsyncIterable<Buffer>) => Promise<Kept>,
  ): Promise<{ fields: SendMediaDto; upload: Upload<Kept> | null }> {
    if (!request.isMultipart()) return { fields: await this.validated(request.body), upload: null };
    const fields: Record<string, unknown> = {};
    let upload: Upload<Kept> | null = null;
    for await (const part of readable(request.parts())) {
      if (part.type === 'file') {
        if (part.fieldname !== kind) throw wrong(part.fieldname, 'notThisFile');
        // Who sends bytes without a name has none, whatever the type of the library says.
        const { filename: name = '' } = part as { filename?: string };
        upload = { name, kept: await keep(readable(part.file)) };
      } else if (part.fieldname in fields || part.valueTruncated) {
        throw wrong(part.fieldname, 'longOrTwice');
      } else {
        fields[part.fieldname] = valueOf(part.fieldname, part.value);
      }
    }
    return { fields: await this.validated(fields), upload };
  }

  private async validated(body: unknown): Promise<SendMediaDto> {
    const given: unknown = body ?? {};
    return (await this.validation.transform(given, { type: 'body', metatype: SendMediaDto })) as SendMediaDto;
  }
}

/** What comes in, with an error of ours where it cannot be read: it is not a form, or breaks off. */
async function* readable<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* source;
  } catch (error) {
    const tooMuch = (error as { statusCode?: unknown }).statusCode === 413;
    throw new AppError(tooMuch ? 'body_too_large' : 'malformed_request');
  }
}

/** In a form everything is a text. */
function valueOf(field: string, value: unknown): unknown {
  if (field !== 'ptt') return value;
  return value === 'true' || value === '1' ? true : value === 'false' || value === '0' || value === '' ? false : value;
}

function wrong(field: string, problem: 'notThisFile' | 'longOrTwice'): AppError {
  return invalidField(field.slice(0, 60), problem);
}
