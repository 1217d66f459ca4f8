import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { ofTheFirst } from '../../platform/database/steps.js';
import { recordActivityFrom } from './activity.sql.js';

/** A line of the log. */
export interface ActivityEntry {
  readonly sessionId: string;
  /** The id that the linked account's maker gave it. */
  readonly sessionName: string;
  /** Whose linked account it is; null: an admin's. */
  readonly apiKeyId: string | null;
  /** `message.text`, `session.connected`, `otp.sent` and so on. */
  readonly action: string;
  readonly status: 'success' | 'failure' | 'unknown';
  /** From our own lists. */
  readonly error?: string | undefined;
  /** Masked. */
  readonly number?: string | undefined;
}

const RECORD = statement(
  'activity_record',
  `WITH told AS (
     SELECT session_id, session_name, api_key_id, action, status, error, number, NULL::bytea AS number_hash, NULL::int AS ms
       FROM unnest(:session_ids::uuid[], :session_names::text[], :api_key_ids::uuid[], :actions::text[],
                   :statuses::text[], :errors::text[], :numbers::text[])
         AS t (session_id, session_name, api_key_id, action, status, error, number)
   ), ${recordActivityFrom('told')}
   SELECT 1`,
);

// By the key whose linked accounts they are, or all. What is counted of them stays.
const CLEAN = statement<{ id: string }>(
  'activity_clean',
  `DELETE FROM activity_log l USING (
     SELECT occurred_at, id FROM activity_log
      WHERE occurred_at < now() - :days::int * interval '1 day' AND (:api_key_id::uuid IS NULL OR api_key_id = :api_key_id::uuid)
      ORDER BY occurred_at LIMIT :most::int
   ) old
    WHERE l.occurred_at = old.occurred_at AND l.id = old.id RETURNING l.id`,
);

const FORGET_DAYS = statement<{ day: Date }>(
  'activity_forget_days',
  `DELETE FROM activity_days
    WHERE ${ofTheFirst({ table: 'activity_days', where: `day < (now() AT TIME ZONE 'UTC')::date - :days::int`, order: 'day', most: 1_000 })}
   RETURNING day`,
);

const FORGET_NUMBER = statement(
  'activity_forget_number',
  `DELETE FROM activity_numbers WHERE number_hash = ANY (:number_hashes::bytea[])`,
);

@Injectable()
export class ActivityRepository {
  constructor(private readonly database: Database) {}

  async record(entries: readonly ActivityEntry[]): Promise<void> {
    await this.database.run(RECORD, {
      session_ids: entries.map(({ sessionId }) => sessionId),
      session_names: entries.map(({ sessionName }) => sessionName),
      api_key_ids: entries.map(({ apiKeyId }) => apiKeyId),
      actions: entries.map(({ action }) => action),
      statuses: entries.map(({ status }) => status),
      errors: entries.map(({ error }) => error ?? null),
      numbers: entries.map(({ number }) => number ?? null),
    });
  }

  /** Deletes at most so many of what is older. @returns how many */
  async clean(days: number, apiKeyId: string | null, most: number): Promise<number> {
    return (await this.database.run(CLEAN, { days, api_key_id: apiKeyId, most })).length;
  }

  /** Forgets up to a thousand counters. @returns whether there may be more */
  async forgetDays(days: number): Promise<boolean> {
    return (await this.database.run(FORGET_DAYS, { days })).length === 1000;
  }

  async forgetNumber(hashes: readonly Buffer[], within: Transaction): Promise<void> {
    await within.run(FORGET_NUMBER, { number_hashes: hashes });
  }
}
