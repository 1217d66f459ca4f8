import { Inject, Injectable } from '@nestjs/common';
import '@fastify/multipart';
import { type FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { csvPeople } from '../../../identity/people-import/sources/csv.js';
import { OWN_NAMES, personOf, readFieldMap, type FieldMap } from '../../../identity/people-import/sources/field-map.js';
import { jsonLinesPeople, jsonPeople } from '../../../identity/people-import/sources/json.js';
import { UnreadableSource, type Source } from '../../../identity/people-import/sources/source.js';
import { ModeSettings } from '../../../platform/config/groups/mode.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { invalidField } from '../../../platform/errors/invalid-field.js';
import { bodyValidation } from '../../../platform/http/validation/validation.pipe.js';
import { StartImportDto } from './imports.dto.js';

/** People that a JSON body may bring. */
const MOST_PEOPLE = 1_000;

const SYSTEM = /^[a-z0-9][a-z0-9._-]{0,39}$/;

/** What an admin wants to import. No address of a database: only files come in over HTTP. */
export interface UploadedImport {
  readonly wanted: StartImportDto;
  readonly source: Source;
}

/** Reads requests that begin an import: a form whose last part is the file, or JSON with some people. */
@Injectable()
export class ImportUpload {
  private readonly validation;

  constructor(@Inject(ModeSettings) { profile }: ModeSettings) {
    this.validation = bodyValidation(profile);
  }

  /**
   * @returns what is wanted, and the people as they come in
   * @throws AppError `validation_failed`, `malformed_request`, `import_unreadable` for a map that is none
   */
  async read(request: FastifyRequest): Promise<UploadedImport> {
    if (!request.isMultipart()) return this.fromJson(request.body);
    const fields: Record<string, unknown> = {};
    for await (const part of readable(request.parts())) {
      if (part.type === 'file') {
        if (part.fieldname !== 'file') throw invalidField(part.fieldname.slice(0, 60), 'notThisFile');
        return this.fromFile(fields, part.file);
      }
      if (part.fieldname in fields || part.valueTruncated)
        throw invalidField(part.fieldname.slice(0, 60), 'longOrTwice');
      fields[part.fieldname] = part.value;
    }
    throw invalidField('file', 'missingFile');
  }

  private async fromJson(body: unknown): Promise<UploadedImport> {
    const wanted = await this.validated(body);
    const { people } = wanted;
    if (!Array.isArray(people) || people.length === 0 || people.length > MOST_PEOPLE)
      throw invalidField('people', 'peopleList');
    const map = mapOf(wanted);
    return { wanted, source: listed(people, map) };
  }

  private async fromFile(
    fields: Record<string, unknown>,
    file: Readable & { truncated?: boolean },
  ): Promise<UploadedImport> {
    const wanted = await this.validated(fields);
    const map = mapOf(wanted);
    const bytes = Readable.from(whole(file));
    const { format = 'csv', at = '' } = wanted;
    if (format === 'csv') return { wanted, source: csvPeople(bytes, map) };
    return { wanted, source: format === 'json' ? jsonPeople(bytes, at, map) : jsonLinesPeople(bytes, map) };
  }

  private async validated(given: unknown): Promise<StartImportDto> {
    const metadata = { type: 'body', metatype: StartImportDto } as const;
    const wanted = (await this.validation.transform(given ?? {}, metadata)) as StartImportDto;
    if (!SYSTEM.test(wanted.system)) throw invalidField('system', 'systemName');
    return wanted;
  }
}

async function* listed(people: readonly unknown[], map: FieldMap): Source {
  for (const person of people) {
    yield await Promise.resolve(typeof person === 'object' && person !== null ? personOf(person, map) : null);
  }
}

function mapOf({ map }: StartImportDto): FieldMap {
  try {
    return map === undefined ? OWN_NAMES : readFieldMap(map);
  } catch (error) {
    throw error instanceof UnreadableSource ? unreadable(error) : error;
  }
}

/** What a file is not, in the words of its reader: they name columns, and nobody who is in it. */
export function unreadable({ message }: UnreadableSource): AppError {
  return new AppError('import_unreadable', { details: { reason: message } });
}

/** The bytes of a file, with an error of ours where it breaks off or is too long. */
async function* whole(file: Readable & { truncated?: boolean }): AsyncGenerator<Buffer> {
  yield* readable(file as AsyncIterable<Buffer>);
  if (file.truncated === true) throw new AppError('media_too_large');
}

async function* readable<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  try {
    yield* source;
  } catch (error) {
    const tooMuch = (error as { statusCode?: unknown }).statusCode === 413;
    throw new AppError(tooMuch ? 'body_too_large' : 'malformed_request');
  }
}
