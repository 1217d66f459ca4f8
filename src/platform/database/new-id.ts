import { v7 } from 'uuid';
import { randomFromPool } from '../secrets/random-bytes.js';

/** A UUID of version 7 (RFC 9562 section 5.7): its first part is the time in ms, the rest is random. */
export function newId(): string {
  return v7({ random: randomFromPool(16) });
}
