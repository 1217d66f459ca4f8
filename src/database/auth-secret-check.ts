import { timingSafeEqual } from 'node:crypto';
import { type Pool } from 'pg';
import { type AuthSecret } from '../config/auth-secret.js';

/** The database was written with another AUTH_SECRET: what it holds sealed could not be opened. */
export class WrongAuthSecret extends Error {
  override readonly name = 'WrongAuthSecret';
  constructor() {
    super('AUTH_SECRET is not the one this database was set up with. Start with that one, or with an empty database.');
  }
}

/**
 * Leaves a check value in an empty database, and compares it in any other. Of several instances that start at once the
 * first one's value stays.
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
  if (!stored || stored.length !== checkValue.length || !timingSafeEqual(stored, checkValue))
    throw new WrongAuthSecret();
}
