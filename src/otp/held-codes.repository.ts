import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { statement } from '../database/statement.js';
import { ofTheFirst } from '../database/steps.js';
import { RECIPIENTS_OF_ACCOUNT, withdrawMessagesOf } from '../messaging/messages.sql.js';
import { isPhoneOfAnother } from '../users/users.sql.js';
import { CLOSING_FAILURES } from './otp.sql.js';

const LIVE = 'consumed_at IS NULL AND replaced_at IS NULL AND failed_at IS NULL';

const LOCK = statement(
  'otp_lock',
  `SELECT purpose FROM otp_budgets WHERE phone = :phone::text ORDER BY purpose FOR UPDATE`,
);

/**
 * Ends the living codes of a number, its budgets being locked first, as everywhere. What changes the budgets themselves
 * must take them out of `gates`: the main statement runs before the others of its WITH, and would lock them in the order
 * of their place in the table.
 */
const VOIDED = `gates AS (
    SELECT purpose FROM otp_budgets WHERE phone = :phone::text ORDER BY purpose FOR UPDATE
  ), voided AS (
    UPDATE otp_sessions s SET replaced_at = now() FROM (SELECT count(*) FROM gates) AS locked WHERE s.phone = :phone::text AND ${LIVE}
    RETURNING s.id
  ), withdrawn AS (${withdrawMessagesOf('voided')})`;

const VOID = statement(
  'otp_void',
  `WITH ${VOIDED}
   UPDATE otp_budgets b SET current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL, updated_at = now()
     FROM gates WHERE b.phone = :phone::text AND b.purpose = gates.purpose`,
);

// Locked in the order of `LOCK`: an UPDATE alone would take the rows in that of their place in the table.
const REOPEN = statement(
  'otp_reopen',
  `UPDATE otp_budgets b SET failures = 0
     FROM (SELECT purpose FROM otp_budgets WHERE phone = :phone::text AND failures > 0 ORDER BY purpose FOR UPDATE) AS closed
    WHERE b.phone = :phone::text AND b.purpose = closed.purpose`,
);

// As a guess for any of its purposes sees it (`FAILURES_ELSEWHERE` in otp.repository.ts).
const IS_CLOSED = statement<{ closed: boolean }>(
  'otp_is_closed',
  `SELECT coalesce(bool_or(b.failures + coalesce((
            SELECT sum(o.failures) FROM otp_budgets o WHERE o.phone = b.phone AND o.purpose <> b.purpose
               AND o.updated_at > coalesce((SELECT max(s.succeeded_at) FROM otp_budgets s WHERE s.phone = b.phone), '-infinity')
          ), 0) >= ${CLOSING_FAILURES}), false) AS closed
     FROM otp_budgets b WHERE b.phone = :phone::text`,
);

// The living code goes with the budgets: its attempts may be used up, and its cooldown would keep the next one away.
const UNLOCK = statement(
  'otp_unlock',
  `WITH ${VOIDED} DELETE FROM otp_budgets b USING gates WHERE b.phone = :phone::text AND b.purpose = gates.purpose`,
);

// Also numbers that the account had before, or asked codes for without having them yet; but none that is another
// account's by now: its codes and limits are not ours to forget.
const FORGET_BUDGETS_OF = statement<{ phone: string }>(
  'otp_forget_budgets_of',
  `WITH numbers AS (
     SELECT phone FROM (
       SELECT :phone::text AS phone UNION SELECT phone FROM otp_sessions WHERE user_id = :user_id::uuid UNION ${RECIPIENTS_OF_ACCOUNT}
     ) n WHERE phone IS NOT NULL AND NOT ${isPhoneOfAnother('n.phone')}
   ), locked AS (
     SELECT b.phone, b.purpose FROM otp_budgets b JOIN numbers ON numbers.phone = b.phone ORDER BY b.phone, b.purpose FOR UPDATE OF b
   ), forgotten AS (DELETE FROM otp_budgets b USING locked WHERE b.phone = locked.phone AND b.purpose = locked.purpose)
   SELECT phone FROM numbers`,
);

const FORGET_CODES_OF = statement(
  'otp_forget_codes_of',
  `DELETE FROM otp_sessions WHERE user_id = :user_id::uuid OR phone = ANY(:phones::text[])`,
);

const CODES_OF = statement<HeldCodeRow>(
  'otp_codes_of',
  `SELECT id, phone, purpose, client_address, created_at, expires_at, consumed_at FROM otp_sessions
    WHERE user_id = :user_id::uuid ORDER BY created_at, id`,
);

const BUDGETS_OF = statement<HeldBudgetRow>(
  'otp_budgets_of',
  `SELECT purpose, sends || known_sends || failed_sends AS sends, guesses || known_guesses AS guesses FROM otp_budgets
    WHERE phone = :phone::text ORDER BY purpose`,
);

// For a database that was restored, before anybody uses it: the budgets need not be locked first.
const END_LIVING = statement<{ id: string }>(
  'otp_end_living',
  `WITH ended AS (
     UPDATE otp_sessions SET replaced_at = now()
      WHERE ${ofTheFirst({ table: 'otp_sessions', where: LIVE, order: 'phone, purpose', most: 500 })}
     RETURNING id, phone, purpose
   ), withdrawn AS (${withdrawMessagesOf('ended')}), free AS (
     UPDATE otp_budgets b SET current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
       FROM ended WHERE b.phone = ended.phone AND b.purpose = ended.purpose
   )
   SELECT id FROM ended`,
);

/** A code that was asked for; kept for a day. */
export interface HeldCodeRow {
  id: string;
  phone: string;
  purpose: string;
  client_address: string;
  created_at: Date;
  expires_at: Date;
  consumed_at: Date | null;
}

/** When codes were sent to a number and guessed; kept for a day. */
export interface HeldBudgetRow {
  purpose: string;
  sends: Date[];
  guesses: Date[];
}

/** What the room holds of one person or number: to end it, to show it, to forget it. */
@Injectable()
export class HeldCodesRepository {
  constructor(private readonly database: Database) {}

  async lock(phone: string, within: Transaction): Promise<void> {
    await within.run(LOCK, { phone });
  }

  async void(phone: string, within: Transaction): Promise<void> {
    await within.run(VOID, { phone });
  }

  /** Ends some codes, whosever. @returns how many; 0 when none lives any more */
  async endLiving(): Promise<number> {
    return (await this.database.run(END_LIVING, {})).length;
  }

  async reopen(phone: string): Promise<void> {
    await this.database.run(REOPEN, { phone });
  }

  /** Whether unknown devices can neither ask for codes nor guess at them until somebody opens the number. */
  async isClosed(phone: string, within: Transaction): Promise<boolean> {
    const [row] = await within.run(IS_CLOSED, { phone });
    return row?.closed ?? false;
  }

  async unlock(phone: string, within: Transaction): Promise<void> {
    await within.run(UNLOCK, { phone });
  }

  async forget(userId: string, phone: string | null, within: Transaction): Promise<void> {
    const numbers = await within.run(FORGET_BUDGETS_OF, { user_id: userId, phone });
    const phones = numbers.map((number) => number.phone);
    await within.run(FORGET_CODES_OF, { user_id: userId, phones });
  }

  async codesOf(userId: string): Promise<HeldCodeRow[]> {
    return this.database.run(CODES_OF, { user_id: userId });
  }

  async budgetsOf(phone: string): Promise<HeldBudgetRow[]> {
    return this.database.run(BUDGETS_OF, { phone });
  }
}
