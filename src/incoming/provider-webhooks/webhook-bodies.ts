import { AppError } from '../../platform/errors/app-error.js';

/**
 * What the bytes of a webhook say. Keys with a meaning for objects (`__proto__`) come as plain fields, which nothing
 * copies; how deep it nests does not matter, as nothing walks it.
 *
 * @throws AppError `invalid_json`
 */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString().replace(/^\uFEFF/, ''));
  } catch {
    throw new AppError('invalid_json');
  }
}

/** The fields of a form; of several of one name the first counts. */
export function parseForm(bytes: Buffer): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(bytes.toString())].reverse());
}
