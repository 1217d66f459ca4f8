import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../audit/audit.sql.js';
import { Database } from '../database/database.js';
import { statement, type StatementValues } from '../database/statement.js';
import { reachedPhone } from '../messaging/messages.sql.js';
import { CONSUME_CODE } from '../otp/otp.sql.js';
import { PROVE_PHONE } from '../otp/phone-proof.sql.js';
import { OPEN_LOGIN_SESSION } from '../sessions/sessions.sql.js';
import { type AccountRow } from '../users/account.js';
import {
  ACCOUNT_WITH_PASSWORD,
  CLEAR_PASSWORD_BUDGET,
  accountAfterProof,
  accountProvenBy,
} from '../users/users.sql.js';

/** Who has logged in, when by the database's clock, and the id of the device it was on. */
export type LoggedInRow = AccountRow & { device_id: string; logged_in_at: Date };

/** The same with a code, the address that had asked for it, and whether the account was somebody else's before. */
export type CodeLoginRow = LoggedInRow & { code_address: string; is_taken_over: boolean };

const recordLogin = (type: string) =>
  recordEventFrom({
    source: 'account',
    type,
    outcome: 'success',
    userId: 'account.id',
    subjectId: ':login_session_id::uuid',
    // A browser on our own pages; everything else holds tokens.
    detail: `CASE WHEN :cookie_hash::bytea IS NOT NULL THEN jsonb_build_object('heldBy', 'cookie') END`,
  });

// The winning transaction as one statement: the code is consumed, the budget given back, what somebody else had set at the
// account ends if its number is proven for the first time, the session is opened and the event recorded, or nothing of it. Four rooms' fragments are fused because the same steps as a transaction take six
// round trips and hold a connection meanwhile; `npm run bench` measures whole logins with it (docs/decisions/0001).
const LOGIN_BY_CODE = statement<CodeLoginRow>(
  'login_by_code',
  `WITH ${CONSUME_CODE},
   prover AS (${accountProvenBy('won', reachedPhone('won.id'))}),
   ${PROVE_PHONE},
   account AS (${accountAfterProof('prover')}),
   ${OPEN_LOGIN_SESSION},
   recorded AS (${recordLogin('login.otp')})
   SELECT account.*, opened.device_id, now() AS logged_in_at, won.client_address AS code_address, prover.is_taken_over
     FROM account, opened, won, prover`,
);

const LOGIN_BY_PASSWORD = statement<LoggedInRow>(
  'login_by_password',
  `WITH account AS (${ACCOUNT_WITH_PASSWORD}),
   budget_given_back AS (${CLEAR_PASSWORD_BUDGET}),
   ${OPEN_LOGIN_SESSION},
   recorded AS (${recordLogin('login.password')})
   SELECT account.*, opened.device_id, now() AS logged_in_at FROM account, opened`,
);

@Injectable()
export class LoginRepository {
  constructor(private readonly database: Database) {}

  /** @returns null when the code did not win */
  async byCode(values: StatementValues): Promise<CodeLoginRow | null> {
    const [row] = await this.database.run(LOGIN_BY_CODE, values);
    return row ?? null;
  }

  /** @returns null when the account was disabled or got another password since it was checked */
  async byPassword(values: StatementValues): Promise<LoggedInRow | null> {
    const [row] = await this.database.run(LOGIN_BY_PASSWORD, values);
    return row ?? null;
  }
}
