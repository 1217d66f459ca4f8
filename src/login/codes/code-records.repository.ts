import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { RECIPIENTS_OF_ACCOUNT } from '../../delivery/outbox/messages.sql.js';
import { isPhoneOfAnother } from '../../identity/users/users.sql.js';
import { NumberLocksRepository } from './number-locks.repository.js';

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

/** What is stored of a person's codes: to export it, to erase it. */
@Injectable()
export class CodeRecordsRepository {
  constructor(
    private readonly database: Database,
    private readonly locks: NumberLocksRepository,
  ) {}

  async forget(userId: string, phone: string | null, within: Transaction): Promise<void> {
    const numbers = await within.run(NUMBERS_OF, { user_id: userId, phone });
    const phones = numbers.map((number) => number.phone);
    await this.locks.lock(phones, within);
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
