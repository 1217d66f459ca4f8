import { randomFillSync } from 'node:crypto';

/** Random bytes for the next calls: asking the system for a few costs more than most of what they are used for. */
const pool = Buffer.alloc(4_096);
let used = pool.length;

/**
 * Random bytes of a cryptographic generator for what is not a secret by itself, such as ids and nonces. A secret is asked of
 * `node:crypto` directly, so that it does not lie about before it is used.
 *
 * @param count at most 64
 */
export function randomFromPool(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return Buffer.from(pool.subarray(used - count, used));
}
