import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { statement } from '../../platform/database/statement.js';
import { RECIPIENTS_OF_ACCOUNT } from '../../delivery/outbox/messages.sql.js';
import { isPhoneOfAnother } from '../../identity/users/users.sql.js';

const LOCK = statement(
  'codes_lock',
  `SELECT ${FUNCTIONS}.hold_number(n.phone) FROM (SELECT phone FROM unnest(:phones::text[]) phone ORDER BY phone) n`,
);
const VOID = statement('codes_void', `SELECT ${FUNCTIONS}.void_codes(:phone::text)`);
const REOPEN = statement('codes_reopen', `SELECT ${FUNCTIONS}.reopen_number(:phone::text)`);
const UNLOCK = statement('codes_unlock', `SELECT ${FUNCTIONS}.unlock_number(:phone::text)`);
const IS_CLOSED = statement<{ closed: boolean }>(
  'codes_is_closed',
  `SELECT ${FUNCTIONS}.number_is_closed(:phone::text) AS closed`,
);

// Also numbers that the account had before, or asked codes for without having them yet; but none that is another
// account's by now: its codes and limits are not ours to forget.
const NUMBERS_OF = statement<{ phone: string }>(
  'codes_numbers_of',
  `SELECT phone
     FROM (SELECT :phone::text AS phone
            UNION SELECT phone FROM otp_sessions WHERE user_id = :user_id::uuid
            UNION ${RECIPIENTS_OF_ACCOUNT}) n
    WHERE phone IS NOT NULL AND NOT ${isPhoneOfAnother('n.phone')}`,
);
const FORGET = statement('codes_forget', `DELETE FROM otp_codes WHERE phone = ANY (:phones::text[])`);
const FORGET_LEGACY = statement(
  'codes_forget_legacy',
  `DELETE FROM otp_sessions WHERE user_id = :user_id::uuid OR phone = ANY (:phones::text[])`,
);

const CODES_OF = statement<PersonalCodeRow>(
  'codes_of',
  `SELECT current_session_id AS id, phone, purpose, current_address AS client_address,
          current_issued_at AS created_at, current_expires_at AS expires_at
     FROM otp_codes
    WHERE phone = :phone::text AND current_user_id = :user_id::uuid AND current_session_id IS NOT NULL
    ORDER BY purpose`,
);

const BUDGETS_OF = statement<PersonalBudgetRow>(
  'codes_budgets_of',
  `SELECT purpose, sends || known_sends || failed_sends AS sends, guesses || known_guesses AS guesses
     FROM otp_codes WHERE phone = :phone::text ORDER BY purpose`,
);

interface EndLivingRow {
  o_ended: number;
  o_phone: string | null;
  o_purpose: string | null;
}

const END_LIVING = statement<EndLivingRow>(
  'codes_end_living',
  `SELECT * FROM ${FUNCTIONS}.end_living_codes(:phone::text, :purpose::text, :rows::int)`,
);

/** Rows in a step of the walk that ends every code. */
const ROWS_A_STEP = 1_000;

/** The newest code of a purpose, until it is used, replaced or forgotten. */
export interface PersonalCodeRow {
  id: string;
  phone: string;
  purpose: string;
  client_address: string;
  created_at: Date;
  expires_at: Date;
}

/** When codes were sent to a number and guessed; kept for a day. */
export interface PersonalBudgetRow {
  purpose: string;
  sends: Date[];
  guesses: Date[];
}

/** What the room holds of one person or number: to end it, to show it, to forget it. */
@Injectable()
export class PersonalCodesRepository {
  constructor(private readonly database: Database) {}

  /** Of several numbers always in the order of the numbers. */
  async lock(phones: readonly string[], within: Transaction): Promise<void> {
    await within.run(LOCK, { phones });
  }

  async void(phone: string, within: Transaction): Promise<void> {
    await within.run(VOID, { phone });
  }

  /** Ends the codes of all numbers, step by step. @returns how many were valid */
  async endLiving(): Promise<number> {
    let ended = 0;
    let after: { phone: string; purpose: string } | null = { phone: '', purpose: '' };
    while (after !== null) {
      const [step]: EndLivingRow[] = await this.database.run(END_LIVING, { ...after, rows: ROWS_A_STEP });
      ended += step?.o_ended ?? 0;
      after =
        step && step.o_phone !== null && step.o_purpose !== null
          ? { phone: step.o_phone, purpose: step.o_purpose }
          : null;
    }
    return ended;
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
    const numbers = await within.run(NUMBERS_OF, { user_id: userId, phone });
    const phones = numbers.map((number) => number.phone);
    await this.lock(phones, within);
    await within.run(FORGET, { phones });
    await within.run(FORGET_LEGACY, { user_id: userId, phones });
  }

  async codesOf(userId: string, phone: string): Promise<PersonalCodeRow[]> {
    return this.database.run(CODES_OF, { user_id: userId, phone });
  }

  async budgetsOf(phone: string): Promise<PersonalBudgetRow[]> {
    return this.database.run(BUDGETS_OF, { phone });
  }
}
