import { timingSafeEqual } from 'node:crypto';
import { type Pool } from 'pg';
import { type AuthSecret } from '../secrets/auth-secret.js';

/** The database was written with another AUTH_SECRET: what it holds sealed could not be opened. */
export class WrongAuthSecret extends Error {
  override readonly name = 'WrongAuthSecret';
  constructor() {
    super('AUTH_SECRET is not the one this database was set up with. Start with that one, or with an empty database.');
  }
}

function same(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Leaves a check value in an empty database, and compares it in any other. Of several instances that start at once the
 * first one's value stays. An instance that knows the stored secret as its previous one moves the value on to its own:
 * from then on nobody starts with the old secret alone.
 *
 * @throws WrongAuthSecret
 */
export async function checkAuthSecret(pool: Pool, secret: AuthSecret): Promise<void> {
  const checkValue = secret.key('check-value');
  await pool.query('INSERT INTO auth_secrets (id, check_value) VALUES (1, $1) ON CONFLICT (id) DO NOTHING', [
    checkValue,
  ]);
  const { rows } = await pool.query<{ check_value: Buffer }>('SELECT check_value FROM auth_secrets WHERE id = 1');
  const stored = rows[0]?.check_value;
  if (stored && same(stored, checkValue)) return;
  const previous = secret.previous?.key('check-value');
  if (!stored || !previous || !same(stored, previous)) throw new WrongAuthSecret();
  await pool.query('UPDATE auth_secrets SET check_value = $1 WHERE check_value = $2', [checkValue, previous]);
}
