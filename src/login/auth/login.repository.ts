import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { type GuessCall, type GuessRow } from '../codes/guess-call.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { BUSY, CallBatcher, type Busy } from '../../platform/database/call-batcher.js';
import { statement } from '../../platform/database/statement.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { OPEN_LOGIN_SESSION, openLoginSessionsFrom } from '../../identity/sessions/sessions.sql.js';
import { type AccountRow } from '../../identity/users/account.js';
import {
  ACCOUNT_WITH_PASSWORD,
  CLEAR_PASSWORD_BUDGETS,
  activeAccountWithNumber,
} from '../../identity/users/users.sql.js';

/** Who has logged in, when by the database's clock, and the id of the device it was on. */
export type LoggedInRow = AccountRow & { device_id: string; logged_in_at: Date };

/** A login session that is opened if the guess is right. */
export interface SessionCall {
  readonly loginSessionId: string;
  /** The device out of a checked device token, which stays the account's own; and the id of a new one. */
  readonly deviceId: string | null;
  readonly newDeviceId: string;
  readonly userAgent: string | null;
  /** One of the two is null. */
  readonly refreshHash: Buffer | null;
  readonly cookieHash: Buffer | null;
  /** The application that the code was asked for by. */
  readonly applicationId: string | null;
  readonly address: string;
  readonly requestId: string;
  readonly auditId: string;
  /** Key by which events of this number are found; see `Audit.phoneKey`. */
  readonly phoneKey: Buffer | null;
}

/** What opens a login session of an account that was decided before the statement. */
export type SessionValues = {
  readonly login_session_id: string;
  readonly device_user: string | null;
  readonly device_id: string | null;
  readonly new_device_id: string;
  readonly method: 'OTP' | 'PASSWORD';
  readonly application: string | null;
  readonly address: string;
  readonly user_agent: string | null;
  readonly idle_seconds: number;
  readonly max_seconds: number;
  readonly refresh_hash: Buffer | null;
  readonly cookie_hash: Buffer | null;
  readonly request_id: string;
  readonly audit_id: string;
  readonly user_id: string;
};

/** A guess at a login code. */
export interface LoginCall {
  readonly guess: GuessCall;
  readonly session: SessionCall;
}

/** What `judge_login` decided; see src/login/auth/judge_login.sql. The account's columns are there when the guess was right. */
export type JudgedLoginRow = Pick<
  GuessRow,
  'o_code' | 'o_attempts_left' | 'o_retry_after' | 'o_address' | 'o_issued_at' | 'o_account'
> & {
  readonly o_verdict: GuessRow['o_verdict'] | 'unproven';
  readonly phone: string;
  readonly o_email: string | null;
  readonly o_username: string | null;
  readonly o_full_name: string;
  readonly o_role: AccountRow['role'];
  readonly device_id: string;
  readonly logged_in_at: Date;
};

// `judge_login` judges each guess and uses up the codes that were right; the login sessions and events of all that won are
// appended at once. One statement, so that a code is used up, its session opened and both recorded, or nothing of it.
const LOGIN_BY_CODE = statement<JudgedLoginRow | { o_verdict: 'busy' }>(
  'login_by_code',
  `WITH judged AS MATERIALIZED (
     SELECT c.*, r.*, CASE WHEN r.o_account = c.device_user THEN c.old_device_id ELSE c.new_device_id END AS device_id
       FROM unnest(:phones::text[], :codes::uuid[], :guess_macs::bytea[], :previous_guess_macs::bytea[],
                   :legacy_codes::uuid[], :legacy_hashes::bytea[], :previous_legacy_hashes::bytea[],
                   :device_users::uuid[], :known_device_ids::uuid[], :devices_issued::timestamptz[],
                   :login_session_ids::uuid[], :new_device_ids::uuid[], :user_agents::text[],
                   :refresh_hashes::bytea[], :cookie_hashes::bytea[], :application_ids::uuid[],
                   :addresses::text[], :request_ids::text[], :audit_ids::uuid[], :phone_keys::bytea[])
            WITH ORDINALITY
            AS c (phone, code, guess_mac, previous_guess_mac, legacy_code, legacy_hash, previous_legacy_hash,
                  device_user, old_device_id, device_issued, login_session_id, new_device_id, user_agent,
                  refresh_hash, cookie_hash, application_id, address, request_id, audit_id, phone_key, position),
            LATERAL ${FUNCTIONS}.judge_login(
              c.phone, c.code, ARRAY[c.guess_mac, c.previous_guess_mac], c.legacy_code, ARRAY[c.legacy_hash, c.previous_legacy_hash],
              c.device_user, c.old_device_id, c.device_issued, :device_life::int * interval '1 second',
              :mail_is_rung::boolean, :max_attempts::int, :budget::int, :waits::boolean
            ) AS r
   ), won AS (
     SELECT * FROM judged WHERE o_verdict = 'right'
   ), opened AS (${openLoginSessionsFrom('won', 'OTP')}
   ), recorded AS (${recordEventFrom({
     source: 'won',
     type: 'login.otp',
     outcome: 'success',
     userId: 'o_account',
     subjectId: 'login_session_id',
     // A browser on our own pages; everything else holds tokens.
     detail: `CASE WHEN cookie_hash IS NOT NULL THEN jsonb_build_object('heldBy', 'cookie') END`,
     auditId: 'audit_id',
     address: 'address',
     requestId: 'request_id',
     aboutPhone: 'column',
   })})
   SELECT phone, o_verdict, o_code, o_attempts_left, o_retry_after, o_address, o_issued_at,
          o_account, o_email, o_username, o_full_name, o_role, device_id, now() AS logged_in_at
     FROM judged ORDER BY position`,
);

const recordLogin = (type: string, aboutPhone: boolean) =>
  recordEventFrom({
    source: 'account',
    type,
    aboutPhone,
    outcome: 'success',
    userId: 'account.id',
    subjectId: ':login_session_id::uuid',
    // A browser on our own pages; everything else holds tokens.
    detail: `CASE WHEN :cookie_hash::bytea IS NOT NULL THEN jsonb_build_object('heldBy', 'cookie') END`,
  });

// Behind a first proof, in the transaction that used the code up.
const LOGIN_AFTER_PROOF = statement<LoggedInRow>(
  'login_after_proof',
  `WITH account AS (${activeAccountWithNumber}),
   ${OPEN_LOGIN_SESSION},
   recorded AS (${recordLogin('login.otp', true)})
   SELECT account.*, opened.device_id, now() AS logged_in_at FROM account, opened`,
);

const LOGIN_BY_PASSWORD = statement<LoggedInRow>(
  'login_by_password',
  `WITH account AS (${ACCOUNT_WITH_PASSWORD}),
   budget_given_back AS (${CLEAR_PASSWORD_BUDGETS}),
   ${OPEN_LOGIN_SESSION},
   recorded AS (${recordLogin('login.password', false)})
   SELECT account.*, opened.device_id, now() AS logged_in_at FROM account, opened`,
);

@Injectable()
export class LoginRepository {
  private readonly logins = new CallBatcher<LoginCall, JudgedLoginRow>(
    (calls, waits) => this.judgeAll(calls, waits),
    ({ guess }) => guess.phone,
  );
  private readonly rules: ReturnType<typeof rulesOf>;

  constructor(
    private readonly database: Database,
    codeSettings: CodeSettings,
    sessionSettings: SessionSettings,
    messaging: Messaging,
  ) {
    this.rules = rulesOf(codeSettings, sessionSettings, messaging);
  }

  /** Judges a guess and opens the login session if it is right; many that come at the same time go as one statement. */
  byCode(call: LoginCall): Promise<JudgedLoginRow> {
    return this.logins.call(call);
  }

  /** @returns null when the account was disabled or got another number since the code was sent */
  async afterProof(
    values: SessionValues & { readonly phone: string; readonly phone_key: Buffer | null },
    within: Transaction,
  ): Promise<LoggedInRow | null> {
    const [row] = await within.run(LOGIN_AFTER_PROOF, values);
    return row ?? null;
  }

  /** @returns null when the account was disabled or got another password since it was checked */
  async byPassword(
    values: SessionValues & { readonly password_hash: string; readonly budget_keys: readonly Buffer[] },
  ): Promise<LoggedInRow | null> {
    const [row] = await this.database.run(LOGIN_BY_PASSWORD, values);
    return row ?? null;
  }

  private async judgeAll(calls: readonly LoginCall[], waits: boolean): Promise<(JudgedLoginRow | Busy)[]> {
    const rows = await this.database.run(LOGIN_BY_CODE, {
      ...this.rules,
      waits,
      ...guessArrays(calls.map(({ guess }) => guess)),
      ...sessionArrays(calls.map(({ session }) => session)),
    });
    return rows.map((row) => (row.o_verdict === 'busy' ? BUSY : row));
  }
}

function rulesOf(codeSettings: CodeSettings, sessionSettings: SessionSettings, messaging: Messaging) {
  return {
    mail_is_rung: messaging.hasMailRung,
    max_attempts: codeSettings.otpMaxAttempts,
    budget: codeSettings.guessBudget,
    device_life: sessionSettings.deviceTokenExpiresIn,
    idle_seconds: sessionSettings.refreshExpiresIn,
    max_seconds: sessionSettings.sessionMaxAge,
  };
}

/** While AUTH_SECRET is replaced a guess has two MACs, otherwise one: PostgreSQL has no arrays of arrays that differ. */
function guessArrays(guesses: readonly GuessCall[]) {
  return {
    phones: guesses.map(({ phone }) => phone),
    codes: guesses.map(({ code }) => code),
    guess_macs: guesses.map(({ guessMacs }) => guessMacs[0] ?? null),
    previous_guess_macs: guesses.map(({ guessMacs }) => guessMacs[1] ?? null),
    legacy_codes: guesses.map(({ legacy }) => legacy?.code ?? null),
    legacy_hashes: guesses.map(({ legacy }) => legacy?.hashes[0] ?? null),
    previous_legacy_hashes: guesses.map(({ legacy }) => legacy?.hashes[1] ?? null),
    device_users: guesses.map(({ device }) => device?.userId ?? null),
    known_device_ids: guesses.map(({ device }) => device?.deviceId ?? null),
    devices_issued: guesses.map(({ device }) => device?.issuedAt ?? null),
  };
}

function sessionArrays(sessions: readonly SessionCall[]) {
  return {
    login_session_ids: sessions.map(({ loginSessionId }) => loginSessionId),
    new_device_ids: sessions.map(({ newDeviceId }) => newDeviceId),
    user_agents: sessions.map(({ userAgent }) => userAgent),
    refresh_hashes: sessions.map(({ refreshHash }) => refreshHash),
    cookie_hashes: sessions.map(({ cookieHash }) => cookieHash),
    application_ids: sessions.map(({ applicationId }) => applicationId),
    addresses: sessions.map(({ address }) => address),
    request_ids: sessions.map(({ requestId }) => requestId),
    audit_ids: sessions.map(({ auditId }) => auditId),
    phone_keys: sessions.map(({ phoneKey }) => phoneKey),
  };
}
