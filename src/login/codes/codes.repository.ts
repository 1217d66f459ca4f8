import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../../records/audit/audit.sql.js';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { Database, type Transaction } from '../../platform/database/database.js';
import { FUNCTIONS } from '../../platform/database/migrations/functions.js';
import { BUSY, CallBatcher, type Busy } from '../../platform/database/call-batcher.js';
import { statement } from '../../platform/database/statement.js';
import { queueMessagesFrom } from '../../delivery/outbox/messages.sql.js';
import { type KnownDevice } from '../../identity/sessions/device-tokens.js';
import { type GuessCall, type GuessRow } from './guess-call.js';

/** One request for a code, as the statement wants it. */
export interface IssueCall {
  readonly phone: string;
  readonly purpose: string;
  /** The id of the new challenge, and of its message. */
  readonly code: string;
  /** Client id of the application that the message names; null: the service itself. */
  readonly application: string | null;
  /** What is stored of the code; see `storedHash`. */
  readonly hash: Buffer;
  readonly sealedContent: Buffer;
  readonly lifeSeconds: number;
  /** How long this instance keeps its message to itself. */
  readonly claimSeconds: number;
  readonly address: string;
  /** The account must have this name; null: the number says which account it is. */
  readonly name: string | null;
  /** The account that wants the number, which nobody must have yet. */
  readonly newOwner: string | null;
  /** Of a checked device token; null without one. */
  readonly device: KnownDevice | null;
  readonly requestId: string;
  readonly auditId: string;
  /** Key by which events of this number are found; see `Audit.phoneKey`. */
  readonly phoneKey: Buffer;
}

/** What `issue_code` decided; see src/login/codes/sql/issue_code.sql. */
export interface IssueRow {
  readonly o_verdict: 'issued' | 'living' | 'refused' | 'nobody';
  readonly o_code: string | null;
  readonly o_issued_at: Date | null;
  readonly o_expires_at: Date | null;
  readonly o_resend_at: Date | null;
  readonly o_retry_after: number | null;
  readonly o_closed: boolean | null;
  readonly o_account: string | null;
  readonly o_full_name: string | null;
  readonly o_email: string | null;
}

/** What keeps codes of a number away; see src/login/codes/sql/number_locks.sql. */
export interface NumberLockRow {
  readonly reason: 'closed' | 'wrong_codes' | 'too_many_codes' | 'failed_sends' | 'cooldown';
  /** Of which codes; null: of all. */
  readonly purpose: string | null;
  /** Null: known devices and others. */
  readonly devices: 'known' | 'other' | null;
  /** Null: until somebody opens the number. */
  readonly until: Date | null;
}

// `issue_code` judges each call and writes its number's row; the messages and the events of all that were issued are
// appended at once. One statement, so that all of it is stored or nothing.
const ISSUE = statement<IssueRow | { o_verdict: 'busy' }>(
  'codes_issue',
  `WITH judged AS MATERIALIZED (
     SELECT c.*, r.*
       FROM unnest(:phones::text[], :purposes::text[], :codes::uuid[], :hashes::bytea[], :sealed_contents::bytea[],
                   :life_seconds::int[], :addresses::text[], :applications::uuid[], :names::text[], :new_owners::uuid[],
                   :device_users::uuid[], :device_ids::uuid[], :devices_issued::timestamptz[], :request_ids::text[], :audit_ids::uuid[],
                   :phone_keys::bytea[])
            WITH ORDINALITY
            AS c (phone, purpose, code, hash, sealed_content, life_seconds, address, application, name, new_owner,
                  device_user, device_id, device_issued, request_id, audit_id, phone_key, position),
            LATERAL ${FUNCTIONS}.issue_code(
              c.phone, c.purpose, c.code, c.hash, c.life_seconds * interval '1 second', c.address,
              c.application, c.name, c.new_owner, c.device_user, c.device_id, c.device_issued,
              :device_life::int * interval '1 second', :conceal::boolean,
              :per_hour::int, :per_day::int, :cooldowns::int[], :max_attempts::int, :budget::int,
              :waits::boolean
            ) AS r
   ), issued AS (
     SELECT * FROM judged WHERE o_verdict = 'issued'
   ), queued AS (${queueMessagesFrom('issued')}
   ), recorded AS (${recordEventFrom({
     source: 'issued',
     type: 'otp.requested',
     outcome: 'success',
     userId: 'o_account',
     subjectId: 'o_code',
     detail: `jsonb_build_object('purpose', purpose)`,
     auditId: 'audit_id',
     address: 'address',
     requestId: 'request_id',
     aboutPhone: 'column',
   })})
   SELECT o_verdict, o_code, o_issued_at, o_expires_at, o_resend_at, o_retry_after, o_closed, o_account, o_full_name, o_email
     FROM judged ORDER BY position`,
);

const GUESS = statement<GuessRow>(
  'codes_guess',
  `SELECT g.* FROM ${FUNCTIONS}.guess_code(
     :phone::text, :purpose::text, :code::uuid, :guess_macs::bytea[], :legacy_code::uuid, :legacy_hashes::bytea[],
     :device_user::uuid, :device_id::uuid, :device_issued::timestamptz, :device_life::int * interval '1 second',
     :max_attempts::int, :budget::int, :then::text
   ) g`,
);

// A send that failed for certain: its code is over, the send is not counted and starts no cooldown. The try is counted, if a
// provider was asked.
const CLOSE_UNSENT = statement(
  'codes_close_unsent',
  `SELECT ${FUNCTIONS}.close_unsent_code(:phone::text, :purpose::text, :code::uuid, :asked::boolean)`,
);

const LOCKS = statement<NumberLockRow>(
  'codes_locks',
  `SELECT reason, purpose, devices, until
     FROM ${FUNCTIONS}.number_locks(
            :phone::text, :per_hour::int, :per_day::int, :max_attempts::int, :budget::int)`,
);

const FORGET_OLD = statement<{ o_phone: string | null; o_purpose: string | null }>(
  'codes_forget_old',
  `SELECT * FROM ${FUNCTIONS}.forget_old_codes(:phone::text, :purpose::text, :rows::int)`,
);

/** Rows that the clean-up looks at in one step. */
const ROWS_A_STEP = 1_000;

/** The rows of numbers and purposes: what decides about codes, by the functions beside this file. */
@Injectable()
export class CodesRepository {
  private readonly issues = new CallBatcher<IssueCall, IssueRow>(
    (calls, waits) => this.issueAll(calls, waits),
    ({ phone }) => phone,
  );
  private readonly rules: ReturnType<typeof rulesOf>;

  constructor(
    private readonly database: Database,
    accountSettings: AccountSettings,
    codeSettings: CodeSettings,
    sessionSettings: SessionSettings,
  ) {
    this.rules = rulesOf(accountSettings, codeSettings, sessionSettings);
  }

  /** Decides about a request for a code; many that come at the same time are decided by one statement. */
  issue(call: IssueCall): Promise<IssueRow> {
    return this.issues.call(call);
  }

  private async issueAll(calls: readonly IssueCall[], waits: boolean): Promise<(IssueRow | Busy)[]> {
    const rows = await this.database.run(ISSUE, {
      ...this.rules,
      waits,
      // Of the instance, and therefore the same in each call.
      claim_seconds: calls[0]?.claimSeconds ?? 0,
      phones: calls.map(({ phone }) => phone),
      purposes: calls.map(({ purpose }) => purpose),
      codes: calls.map(({ code }) => code),
      hashes: calls.map(({ hash }) => hash),
      sealed_contents: calls.map(({ sealedContent }) => sealedContent),
      life_seconds: calls.map(({ lifeSeconds }) => lifeSeconds),
      addresses: calls.map(({ address }) => address),
      applications: calls.map(({ application }) => application),
      names: calls.map(({ name }) => name),
      new_owners: calls.map(({ newOwner }) => newOwner),
      device_users: calls.map(({ device }) => device?.userId ?? null),
      device_ids: calls.map(({ device }) => device?.deviceId ?? null),
      devices_issued: calls.map(({ device }) => device?.issuedAt ?? null),
      request_ids: calls.map(({ requestId }) => requestId),
      audit_ids: calls.map(({ auditId }) => auditId),
      phone_keys: calls.map(({ phoneKey }) => phoneKey),
    });
    return rows.map((row) => (row.o_verdict === 'busy' ? BUSY : row));
  }

  /**
   * Judges a guess; see src/login/codes/sql/judge_guess.sql.
   *
   * @param then what becomes of a right one: it is used up, noted as shown, or stays as it is
   */
  async guess(
    call: GuessCall,
    then: 'use' | 'show' | 'nothing',
    within: Transaction = this.database,
  ): Promise<GuessRow> {
    const [row] = await within.run(GUESS, {
      phone: call.phone,
      purpose: call.purpose,
      code: call.code,
      guess_macs: call.guessMacs,
      legacy_code: call.legacy?.code ?? null,
      legacy_hashes: call.legacy?.hashes ?? [],
      device_user: call.device?.userId ?? null,
      device_id: call.device?.deviceId ?? null,
      device_issued: call.device?.issuedAt ?? null,
      device_life: this.rules.device_life,
      max_attempts: this.rules.max_attempts,
      budget: this.rules.budget,
      then,
    });
    if (!row) throw new Error('judge_guess returned no row');
    return row;
  }

  /** @param asked whether any provider was asked to send it */
  async closeUnsent(phone: string, purpose: string, code: string, asked: boolean): Promise<void> {
    await this.database.run(CLOSE_UNSENT, { phone, purpose, code, asked });
  }

  /** What keeps codes of a number, E.164, away at the moment. */
  locksOf(phone: string): Promise<NumberLockRow[]> {
    const { per_hour, per_day, max_attempts, budget } = this.rules;
    return this.database.run(LOCKS, { phone, per_hour, per_day, max_attempts, budget });
  }

  /**
   * One step of the walk over all numbers that forgets what nobody asks for any more.
   *
   * @param after where the step before ended; null: at the beginning
   * @returns where this one ended; null: the walk is over
   */
  async forgetOld(after: string | null): Promise<string | null> {
    const [phone = '', purpose = ''] = after?.split(' ') ?? [];
    const [row] = await this.database.run(FORGET_OLD, { phone, purpose, rows: ROWS_A_STEP });
    return row && row.o_phone !== null ? `${row.o_phone} ${row.o_purpose ?? ''}` : null;
  }
}

function rulesOf(accountSettings: AccountSettings, codeSettings: CodeSettings, sessionSettings: SessionSettings) {
  return {
    conceal: accountSettings.concealUnknownPhones,
    per_hour: codeSettings.sendsPerHour,
    per_day: codeSettings.sendsPerDay,
    cooldowns: codeSettings.resendCooldowns,
    max_attempts: codeSettings.otpMaxAttempts,
    budget: codeSettings.guessBudget,
    device_life: sessionSettings.deviceTokenExpiresIn,
  };
}
