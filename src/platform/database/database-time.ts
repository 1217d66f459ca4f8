import { type Transaction } from './database.js';
import { statement } from './statement.js';

const NOW = statement<{ now: Date }>('database_now', 'SELECT now() AS now');

/**
 * The instant of the database's clock, which stamps rows: what is compared with them must be of the same clock. In a
 * transaction it is that of its beginning.
 */
export async function databaseNow(database: Transaction): Promise<Date> {
  const [row] = await database.run(NOW, {});
  if (!row) throw new Error('the database told no time');
  return row.now;
}
