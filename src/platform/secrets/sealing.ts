import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { randomFromPool } from './random-bytes.js';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals with AES-256-GCM (NIST SP 800-38D), a fresh random nonce in front.
 *
 * @param key 32 bytes
 * @param context what the content belongs to (a row's id); opening under another context fails
 */
export function seal(key: Buffer | KeyObject, content: Buffer | string, context: string): Buffer {
  const nonce = randomFromPool(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([
    cipher.update(typeof content === 'string' ? Buffer.from(content) : content),
    cipher.final(),
  ]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
}

/**
 * Opens what `seal` made.
 *
 * @throws when the content, its context or the key is another
 */
export function unseal(key: Buffer | KeyObject, sealed: Buffer, context: string): Buffer {
  const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  if (tag.length < TAG_BYTES) throw new Error('sealed content is too short');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
}
