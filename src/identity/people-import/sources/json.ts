import { createInterface } from 'node:readline';
import { pipeline, type Readable } from 'node:stream';
import { parserStream } from 'stream-json';
import { pick } from 'stream-json/filters/pick.js';
import { streamArray } from 'stream-json/streamers/stream-array.js';
import { OWN_NAMES, personOf, type FieldMap } from './field-map.js';
import { UnreadableSource, type Source } from './source.js';

/**
 * People of a JSON document: an array, or one inside an object.
 *
 * @param at the path to the array, such as `users`; empty: the document is the array
 * @throws UnreadableSource when the document is no JSON, or has no array there
 */
export async function* jsonPeople(file: Readable, at: string, map: FieldMap = OWN_NAMES): Source {
  const elements = streamArray.asStream();
  const stages = at === '' ? [] : [pick.asStream({ filter: at, once: true })];
  let failure: Error | undefined;
  // The last stage is destroyed with the failure, of which it tells whoever reads it.
  pipeline([file, parserStream(), ...stages, elements], (error) => (failure = error ?? undefined));
  let isEmpty = true;
  try {
    for await (const { value } of elements as AsyncIterable<{ value: unknown }>) {
      isEmpty = false;
      yield typeof value === 'object' && value !== null ? personOf(value, map) : null;
    }
  } catch (error) {
    throw isOfFile(failure ?? error)
      ? error
      : new UnreadableSource('The file is no readable JSON, or has no array there.');
  } finally {
    file.destroy();
  }
  if (isEmpty) throw new UnreadableSource(at === '' ? 'The file has nobody.' : `The file has nobody at "${at}".`);
}

/** People of a file in which each line is a JSON object. */
export async function* jsonLinesPeople(file: Readable, map: FieldMap = OWN_NAMES): Source {
  try {
    for await (const line of createInterface({ input: file, crlfDelay: Infinity })) {
      if (line.trim() === '') continue;
      const value = parsed(line);
      yield typeof value === 'object' && value !== null ? personOf(value, map) : null;
    }
  } finally {
    file.destroy();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return null;
  }
}

/** Failures of the file system have a code; those of the parser have none. */
function isOfFile(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
