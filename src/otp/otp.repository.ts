import { Injectable } from '@nestjs/common';
import { recordEventFrom } from '../audit/audit.sql.js';
import { Database, type Transaction } from '../database/database.js';
import { statement, type StatementValues } from '../database/statement.js';
import { endOf, pageOf, wantedOf } from '../database/steps.js';
import {
  noteVerifiedMessages,
  providerOfMessage,
  queueMessageFrom,
  withdrawMessagesOf,
} from '../messaging/messages.sql.js';
import {
  ACTIVE_ACCOUNT_BY_PHONE,
  ACTIVE_ACCOUNT_BY_PHONE_AND_NAME,
  ACTIVE_ACCOUNT_FOR_NEW_PHONE,
} from '../users/users.sql.js';
import { CLOSING_FAILURES, CONSUME_CODE, notEnded } from './otp.sql.js';

/** How many instants of an array are not after `since`. */
const countUntil = (array: string, since: string) => `width_bucket(${since}, ${array})`;
const countSince = (array: string, since: string) => `cardinality(${array}) - coalesce(${countUntil(array, since)}, 0)`;

/** The instants of an array that are younger than `span`, oldest first. */
const recent = (array: string, span: string) => `(${array})[${countUntil(array, `now() - interval '${span}'`)} + 1:]`;

/** The instants of an array that are younger than `span`, and now; later than all of them whichever request came first. */
const recentAndNow = (array: string, span: string) => `${recent(array, span)} || ${nowAfter(array)}`;
const withoutLast = (array: string) => `(${array})[1 : (cardinality(${array}) - 1)]`;
const nowAfter = (array: string) => `greatest(now(), (${array})[cardinality(${array})])`;

/**
 * The window of the guess budget, by the wrong guesses in a row: 15 minutes, but when they have just used a budget up 15
 * minutes for the first time, 30 for the second, an hour from then on.
 */
const guessWindow = (failures: string) =>
  `((ARRAY[15, 30, 60])[CASE WHEN ${failures} % :budget::int = 0 THEN greatest(1, least(3, ${failures} / :budget::int)) ELSE 1 END] * interval '1 minute')`;
const LONGEST_GUESS_WINDOW = '1 hour';

/**
 * Wrong guesses in a row at the codes of `:phone` for other purposes, so that all of them together close it. Those from
 * before the number's last success do not count.
 */
const FAILURES_ELSEWHERE = `(SELECT coalesce(sum(o.failures), 0)::int FROM otp_budgets o
    WHERE o.phone = :phone::text AND o.purpose <> :purpose::text
      AND o.updated_at > coalesce((SELECT max(s.succeeded_at) FROM otp_budgets s WHERE s.phone = :phone::text), '-infinity'))`;

/** Whether the newest code of budget row `b` lives, as this caller sees it, and its cooldown still runs. */
const COOLING = (known: string) => `coalesce(b.current_expires_at > now() AND b.current_resend_at > now()
    AND ${countSince(`CASE WHEN ${known} THEN b.known_guesses ELSE b.guesses END`, 'b.current_issued_at')} < :max_attempts::int, false)`;

// Decide and write, in one statement that commits by itself. The row of (phone, purpose) in otp_budgets is the lock:
// ON CONFLICT DO UPDATE waits for it and sees its newest version, so the decision in `gate` is taken by one request at a
// time, and everything after it happens only if `gate` now carries our session. (An advisory lock would need a
// transaction of four round trips, since a statement's snapshot is older than any lock it takes: decisions/0001.)
// What the snapshot hides from `replaced` the partial unique index refuses, and the caller tries again.
const DECIDE_AND_WRITE = `caller AS (
    SELECT coalesce((SELECT known FROM account), false) AS known, ${FAILURES_ELSEWHERE} AS elsewhere
     WHERE :conceal::boolean OR EXISTS (SELECT 1 FROM account)
  ),
  gate AS (
    INSERT INTO otp_budgets AS b (phone, purpose, sends, known_sends,
                                  current_session_id, current_issued_at, current_expires_at, current_resend_at)
    SELECT :phone::text, :purpose::text,
           CASE WHEN known THEN '{}' ELSE ARRAY[now()] END, CASE WHEN known THEN ARRAY[now()] ELSE '{}' END,
           :otp_session_id::uuid, now(), now() + :ttl::int * interval '1 second',
           now() + (:cooldowns::int[])[1] * interval '1 second'
      FROM caller
    ON CONFLICT (phone, purpose) DO UPDATE SET
      (sends, known_sends, failed_sends, current_session_id, current_issued_at, current_expires_at, current_resend_at, updated_at) = (
        SELECT CASE WHEN d.send AND NOT d.known THEN d.sends || d.at ELSE d.sends END,
               CASE WHEN d.send AND d.known THEN d.known_sends || d.at ELSE d.known_sends END,
               d.failed_sends,
               CASE WHEN d.send THEN excluded.current_session_id ELSE b.current_session_id END,
               CASE WHEN d.send THEN d.at ELSE b.current_issued_at END,
               CASE WHEN d.send THEN excluded.current_expires_at ELSE b.current_expires_at END,
               CASE WHEN d.send
                    THEN now() + (:cooldowns::int[])[least(d.in_hour + 1, cardinality(:cooldowns::int[]))] * interval '1 second'
                    ELSE b.current_resend_at END,
               now()
          FROM (
            SELECT r.*, NOT r.cooling AND r.in_hour < :per_hour::int AND cardinality(r.lane) < :per_day::int
                        AND cardinality(r.failed_sends) < :failed_allowed::int AND NOT r.locked AS send
              FROM (
                SELECT l.*, ${nowAfter('l.lane')} AS at, ${countSince('l.lane', `now() - interval '1 hour'`)} AS in_hour, ${COOLING('l.known')} AS cooling,
                       ${countSince('CASE WHEN l.known THEN b.known_guesses ELSE b.guesses END', `now() - ${guessWindow('CASE WHEN l.known THEN b.known_failures ELSE b.failures END')}`)} >= :budget::int
                         OR NOT l.known AND b.failures + (SELECT elsewhere FROM caller) >= ${CLOSING_FAILURES} AS locked
                  FROM (
                    SELECT w.*, CASE WHEN w.known THEN w.known_sends ELSE w.sends END AS lane
                      FROM (
                        SELECT cardinality(excluded.known_sends) = 1 AS known,
                               ${recent('b.sends', '1 day')} AS sends,
                               ${recent('b.known_sends', '1 day')} AS known_sends,
                               ${recent('b.failed_sends', '10 minutes')} AS failed_sends
                        OFFSET 0
                      ) w
                  ) l
                OFFSET 0
              ) r
            OFFSET 0
          ) d
      )
    RETURNING b.current_session_id, b.current_issued_at, b.current_expires_at, b.current_resend_at,
              b.sends, b.known_sends, b.failed_sends, b.guesses, b.known_guesses, b.failures, b.known_failures, ${COOLING('(SELECT known FROM caller)')} AS cooling
  ),
  replaced AS (
    UPDATE otp_sessions s SET replaced_at = now() FROM gate
     WHERE gate.current_session_id = :otp_session_id::uuid AND s.phone = :phone::text AND s.purpose = :purpose::text
       AND s.consumed_at IS NULL AND s.replaced_at IS NULL AND s.failed_at IS NULL
    RETURNING s.id
  ),
  withdrawn AS (${withdrawMessagesOf('replaced')}),
  issued AS (
    INSERT INTO otp_sessions (id, phone, purpose, user_id, code_hash, client_address, expires_at)
    SELECT gate.current_session_id, :phone::text, :purpose::text, (SELECT id FROM account), :code_hash::bytea,
           :address::text, gate.current_expires_at
      -- Counting makes the old code's end come first, as the partial unique index wants it.
      FROM gate, (SELECT count(*) FROM replaced) AS ended
     WHERE gate.current_session_id = :otp_session_id::uuid
    RETURNING id, user_id, expires_at
  ),
  outgoing AS (SELECT issued.id, issued.expires_at, issued.user_id, account.full_name FROM issued LEFT JOIN account ON true),
  queued AS (${queueMessageFrom('outgoing')}),
  recorded AS (${recordEventFrom({ source: 'issued', type: 'otp.requested', outcome: 'success', userId: 'user_id', subjectId: 'id', detail: `jsonb_build_object('purpose', :purpose::text)` })})
  SELECT gate.*, now() AS now, caller.known, NOT caller.known AND gate.failures + caller.elsewhere >= ${CLOSING_FAILURES} AS closed,
         account.id AS user_id, account.full_name, account.email,
         CASE WHEN gate.current_session_id <> :otp_session_id::uuid THEN ${providerOfMessage('gate.current_session_id')} END AS provider
    FROM gate CROSS JOIN caller LEFT JOIN account ON true`;

const issueTo = (name: string, account: string) =>
  statement<IssueRow>(name, `WITH account AS (${account}),\n  ${DECIDE_AND_WRITE}`);

const ISSUE = issueTo('otp_issue', ACTIVE_ACCOUNT_BY_PHONE);

// The same for an account whose name is said too, and for a number that an account does not have yet.
const ISSUE_TO_NAMED = issueTo('otp_issue_to_named', ACTIVE_ACCOUNT_BY_PHONE_AND_NAME);
const ISSUE_TO_NEW_PHONE = issueTo('otp_issue_to_new_phone', ACTIVE_ACCOUNT_FOR_NEW_PHONE);

/** Which account a code is for, where its number alone does not say so. */
export type CodeOwner =
  /** The account that has the number, if this is its name. */
  | { readonly name: string }
  /** The account that wants the number, which nobody must have yet. */
  | { readonly newOwner: string };

/** What the gate says. `current_session_id` is ours when a code was issued. */
export interface IssueRow {
  current_session_id: string | null;
  current_expires_at: Date | null;
  current_resend_at: Date | null;
  sends: Date[];
  known_sends: Date[];
  failed_sends: Date[];
  guesses: Date[];
  known_guesses: Date[];
  failures: number;
  known_failures: number;
  /** Closed to this caller: too many wrong guesses in a row by unknown devices. */
  closed: boolean;
  cooling: boolean;
  now: Date;
  known: boolean;
  user_id: string | null;
  full_name: string | null;
  email: string | null;
  provider: string | null;
}

// Which lane the caller is in; without a device token the account is not looked at.
const CALLER = `caller AS (
    SELECT coalesce((SELECT known FROM (${ACTIVE_ACCOUNT_BY_PHONE}) a WHERE :device_user::uuid IS NOT NULL), false) AS known,
           ${FAILURES_ELSEWHERE} AS elsewhere
  )`;

// Charge first: this commits before anything is compared, so that a request that fails, is cut off or runs a hundred
// times at once refunds nothing (NIST SP 800-63B-4 section 3.1.3.2, ASVS 15.4.2). The budget is the phone's and purpose's; the
// attempt is charged to the newest live code. No row: the budget is used up. No session: there is nothing to compare.
const CHARGE = statement<ChargeRow>(
  'otp_charge',
  `WITH ${CALLER},
  charged AS (
    INSERT INTO otp_budgets AS b (phone, purpose, guesses, known_guesses, failures, known_failures)
    SELECT :phone::text, :purpose::text, CASE WHEN known THEN '{}' ELSE ARRAY[now()] END, CASE WHEN known THEN ARRAY[now()] ELSE '{}' END,
           (NOT known)::int, known::int
      FROM caller WHERE known OR elsewhere < ${CLOSING_FAILURES}
    ON CONFLICT (phone, purpose) DO UPDATE SET
      guesses = CASE WHEN cardinality(excluded.guesses) = 1 THEN ${recentAndNow('b.guesses', LONGEST_GUESS_WINDOW)} ELSE b.guesses END,
      known_guesses = CASE WHEN cardinality(excluded.known_guesses) = 1 THEN ${recentAndNow('b.known_guesses', LONGEST_GUESS_WINDOW)} ELSE b.known_guesses END,
      failures = b.failures + excluded.failures, known_failures = b.known_failures + excluded.known_failures,
      updated_at = now()
    WHERE ${countSince(`CASE WHEN excluded.known_failures = 1 THEN b.known_guesses ELSE b.guesses END`, `now() - ${guessWindow('CASE WHEN excluded.known_failures = 1 THEN b.known_failures ELSE b.failures END')}`)} < :budget::int
      AND (excluded.known_failures = 1 OR b.failures + (SELECT elsewhere FROM caller) < ${CLOSING_FAILURES})
    RETURNING b.current_session_id, b.current_issued_at, CASE WHEN (SELECT known FROM caller) THEN b.known_guesses ELSE b.guesses END AS guesses,
              ${guessWindow('CASE WHEN (SELECT known FROM caller) THEN b.known_failures ELSE b.failures END')} AS guess_window
  ),
  counted AS (
    UPDATE otp_sessions s SET attempts = s.attempts + (NOT caller.known)::int, known_attempts = s.known_attempts + caller.known::int
      FROM caller
     WHERE s.id = (SELECT current_session_id FROM charged)
       AND CASE WHEN caller.known THEN s.known_attempts ELSE s.attempts END < :max_attempts::int
       AND ${notEnded('s')} AND s.expires_at > now()
    RETURNING s.id, s.user_id
  )
  SELECT (SELECT id FROM counted) AS otp_session_id, (SELECT user_id FROM counted) AS user_id, (SELECT known FROM caller) AS known,
         ${countSince('charged.guesses', 'now() - charged.guess_window')} AS used,
         ${countSince('charged.guesses', 'charged.current_issued_at')} AS used_since_issue
    FROM charged`,
);

/** What a paid guess may be compared with, and what is left. */
export interface ChargeRow {
  /** The code to compare with, or null: none lives, or its attempts are used up. */
  otp_session_id: string | null;
  /** Whose code it is, for the audit log. */
  user_id: string | null;
  /** Whether a known device guessed. */
  known: boolean;
  /** Guesses of the window, this one included. */
  used: number;
  used_since_issue: number;
}

const SECONDS_LOCKED = statement<{ closed: boolean; seconds: number | null }>(
  'otp_seconds_locked',
  `WITH ${CALLER}
   SELECT NOT caller.known AND coalesce(b.failures, 0) + caller.elsewhere >= ${CLOSING_FAILURES} AS closed,
          extract(epoch FROM (SELECT t FROM unnest(CASE WHEN caller.known THEN b.known_guesses ELSE b.guesses END) t ORDER BY t DESC OFFSET :budget::int - 1 LIMIT 1)
                             + ${guessWindow('CASE WHEN caller.known THEN b.known_failures ELSE b.failures END')} - now())::float8 AS seconds
     FROM caller LEFT JOIN otp_budgets b ON b.phone = :phone::text AND b.purpose = :purpose::text`,
);

// A send that failed for certain: its code is closed, the send is not counted and starts no cooldown, the try is, if a
// provider was asked.
const CLOSE_UNSENT = statement(
  'otp_close_unsent',
  `WITH closed AS (
     UPDATE otp_sessions SET failed_at = now()
       FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
      WHERE id = :otp_session_id::uuid AND ${notEnded('otp_sessions')}
     RETURNING otp_sessions.id, phone, purpose
   )
   UPDATE otp_budgets b SET sends = array_remove(b.sends, b.current_issued_at), known_sends = array_remove(b.known_sends, b.current_issued_at),
          failed_sends = CASE WHEN :asked::boolean THEN ${recentAndNow('b.failed_sends', '10 minutes')} ELSE b.failed_sends END, updated_at = now(),
          current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
     FROM closed WHERE b.phone = closed.phone AND b.purpose = closed.purpose AND b.current_session_id = closed.id`,
);

// A right code is shown and stays: a later step of the same flow uses it up. What this guess has cost is given back, and
// no more than that: the code lives on, so others' wrong guesses must stay counted (ASVS 6.6.3). Which of several instants
// of the same moment goes does not matter. A decoy's code is nobody's, and right for nobody.
const CONFIRM = statement<ConfirmedRow>(
  'otp_confirm',
  `WITH shown AS (
     UPDATE otp_sessions SET attempts = greatest(attempts - (NOT :known::boolean)::int, 0),
            known_attempts = greatest(known_attempts - :known::boolean::int, 0),
            verified_at = CASE WHEN :mark::boolean THEN coalesce(verified_at, now()) ELSE verified_at END
       FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
      WHERE id = :otp_session_id::uuid AND code_hash = ANY (:code_hashes::bytea[]) AND user_id IS NOT NULL
        AND ${notEnded('otp_sessions')} AND expires_at > now()
     RETURNING otp_sessions.id, user_id, phone, purpose, verified_at
   ), guess_given_back AS (
     UPDATE otp_budgets b SET guesses = CASE WHEN :known::boolean THEN b.guesses ELSE ${withoutLast('b.guesses')} END,
            known_guesses = CASE WHEN :known::boolean THEN ${withoutLast('b.known_guesses')} ELSE b.known_guesses END,
            failures = greatest(0, b.failures - (NOT :known::boolean)::int), known_failures = greatest(0, b.known_failures - (:known::boolean)::int), updated_at = now()
       FROM shown WHERE b.phone = shown.phone AND b.purpose = shown.purpose
   )
   SELECT id AS otp_session_id, user_id, verified_at IS NOT NULL AS verified FROM shown`,
);

/** A code that was right. */
export interface ConfirmedRow {
  otp_session_id: string;
  user_id: string;
  /** Whether it has been shown to be right before, or is now. */
  verified: boolean;
}

// For flows that act on a code in a transaction of their own; logging in does all in one statement.
const CONSUME = statement<ConsumedRow>('otp_consume', `WITH ${CONSUME_CODE} SELECT user_id, client_address FROM won`);

/** A code that won: whose it was, and the address that had asked for it. */
export interface ConsumedRow {
  user_id: string | null;
  client_address: string;
}

// Nothing is asked of a code that is over for a day; its message remembers whether it was used. Ids grow with time: the
// oldest codes stand at the beginning of the primary key.
const OLD_CODES = { table: 'otp_sessions', key: 'id', most: 500, where: `expires_at < now() - interval '1 day'` };
const FORGET_CODES = statement<{ id: string }>(
  'otp_forget_codes',
  `WITH ${pageOf(OLD_CODES)}, over AS (
     DELETE FROM otp_sessions WHERE ${wantedOf(OLD_CODES)} RETURNING id, created_at, consumed_at
   ), told AS (${noteVerifiedMessages('over')})
   SELECT id FROM over`,
);

// Nothing is asked of a budget whose longest window (a day) has passed, but for its failures in a row: they count for a
// quarter of a year, and as long as they close the number. No index says that, and none should: each guess would pay for it.
const OLD_BUDGETS = {
  table: 'otp_budgets',
  key: 'phone, purpose',
  after: ':phone::text, :purpose::text',
  most: 1_000,
  where: `failures < ${CLOSING_FAILURES}
          AND updated_at < now() - CASE WHEN failures + known_failures = 0 THEN interval '25 hours' ELSE interval '90 days' END`,
};
const FORGET_BUDGETS = statement<BudgetKey>(
  'otp_forget_budgets',
  `WITH ${pageOf(OLD_BUDGETS)}, gone AS (DELETE FROM otp_budgets WHERE ${wantedOf(OLD_BUDGETS)}) ${endOf(OLD_BUDGETS)}`,
);

interface BudgetKey {
  phone: string;
  purpose: string;
}

@Injectable()
export class OtpRepository {
  constructor(private readonly database: Database) {}

  /** @returns null when there is no account and that may be said */
  async issue(values: StatementValues, owner: CodeOwner | undefined): Promise<IssueRow | null> {
    const [row] = await this.runIssue(values, owner);
    return row ?? null;
  }

  private runIssue(values: StatementValues, owner: CodeOwner | undefined): Promise<IssueRow[]> {
    if (!owner) return this.database.run(ISSUE, values);
    if ('name' in owner) return this.database.run(ISSUE_TO_NAMED, { ...values, name: owner.name });
    return this.database.run(ISSUE_TO_NEW_PHONE, { ...values, account_id: owner.newOwner });
  }

  /** @returns null when the budget is used up */
  async charge(values: StatementValues): Promise<ChargeRow | null> {
    const [row] = await this.database.run(CHARGE, values);
    return row ?? null;
  }

  /** How many seconds until the budget has room again; or that the number is closed to this caller. */
  async lock(values: StatementValues): Promise<{ closed: boolean; seconds: number }> {
    const [row] = await this.database.run(SECONDS_LOCKED, values);
    return { closed: row?.closed ?? false, seconds: Math.max(1, row?.seconds ?? 1) };
  }

  /** @param asked whether any provider was asked to send it */
  async closeUnsent(otpSessionId: string, phone: string, purpose: string, asked: boolean): Promise<void> {
    await this.database.run(CLOSE_UNSENT, { otp_session_id: otpSessionId, phone, purpose, asked });
  }

  /** @returns null when the code was not right */
  async confirm(values: StatementValues): Promise<ConfirmedRow | null> {
    const [row] = await this.database.run(CONFIRM, values);
    return row ?? null;
  }

  /** @returns null when the code did not win */
  async consume(values: StatementValues, within: Transaction): Promise<ConsumedRow | null> {
    const [row] = await within.run(CONSUME, values);
    return row ?? null;
  }

  /** @returns whether there may be more */
  async forgetCodes(): Promise<boolean> {
    return (await this.database.run(FORGET_CODES, {})).length > 0;
  }

  /** One step of a walk through the budgets. @param after null for the first. @returns where it ended; null behind the last */
  async forgetBudgets(after: string | null): Promise<string | null> {
    const [phone = '', purpose = ''] = after?.split(' ') ?? [];
    const [end] = await this.database.run(FORGET_BUDGETS, { phone, purpose });
    return end ? `${end.phone} ${end.purpose}` : null;
  }
}
