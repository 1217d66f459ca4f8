import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';

/** Rows that one step forgets. */
const STEP = 1_000;

const FORGET_EXPIRED = statement<{ device_id: string }>(
  'device_guesses_forget_expired',
  `DELETE FROM device_guesses WHERE (device_id, issued_at) IN (
     SELECT device_id, issued_at FROM device_guesses WHERE issued_at < now() - :device_life::int * interval '1 second'
      ORDER BY issued_at LIMIT ${STEP} FOR UPDATE SKIP LOCKED)
   RETURNING device_id`,
);

const FORGET_OF = statement('device_guesses_forget_of', `DELETE FROM device_guesses WHERE user_id = :user_id::uuid`);

/** Guesses that came with device tokens, once they count no more; they are counted by the statement that charges them. */
@Injectable()
export class DeviceGuessesRepository {
  constructor(private readonly database: Database) {}

  /**
   * @param life of device tokens, in seconds
   * @returns whether there may be more
   */
  async forgetExpired(life: number): Promise<boolean> {
    return (await this.database.run(FORGET_EXPIRED, { device_life: life })).length === STEP;
  }

  async forgetOf(userId: string, within: Transaction): Promise<void> {
    await within.run(FORGET_OF, { user_id: userId });
  }
}
