import { AppError } from '../../platform/errors/app-error.js';
import { type WebhookCall } from './provider-definition.js';

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

/** The fields of a form, of several of one name the first; JSON, where the body is said to be anything else. */
export function parseBody({ headers, bytes }: WebhookCall): unknown {
  const isForm = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded');
  return isForm ? Object.fromEntries([...new URLSearchParams(bytes.toString())].reverse()) : parseJson(bytes);
}
