/**
 * Whether a row of users lets anybody in by anything but a code: it is active, and its number is not merely what somebody
 * said who registered.
 */
const LETS_IN = 'users.is_active AND NOT users.phone_claimed';

/**
 * The e-mail address that messages may go to in place of the number. An address that was only claimed at registration does
 * not count: docs/decisions/0018-whoever-proves-a-number-owns-it.md.
 */
const MAILBOX = 'CASE WHEN NOT users.email_claimed AND NOT users.phone_claimed THEN users.email END';

/** The columns that an answer shows of an account. */
export const ACCOUNT_COLUMNS = 'users.id, users.email, users.username, users.phone, users.full_name, users.role';

/** Refunds budgets of wrong passwords, locked in one order. Parameter: `:budget_keys`. */
export const FORGET_PASSWORD_BUDGETS = `
  DELETE FROM password_budgets b USING (
    SELECT identifier_key FROM password_budgets WHERE identifier_key = ANY (:budget_keys::bytea[]) ORDER BY identifier_key FOR UPDATE
  ) AS locked WHERE b.identifier_key = locked.identifier_key`;

/**
 * Refunds the password attempts of a login, if `account` has a row; use it in the statement that opens the login
 * session.
 */
export const CLEAR_PASSWORD_BUDGETS = `${FORGET_PASSWORD_BUDGETS} AND EXISTS (SELECT 1 FROM account)`;

/**
 * The account that a checked password belongs to, unless it was disabled or got another password meanwhile. Locked, so
 * that of a login and such a change at the same time one sees the other: either the login finds the change, or the
 * change finds the session and ends it. (The foreign key of the session locks the same row, but too weakly for that.)
 */
export const ACCOUNT_WITH_PASSWORD = `
  SELECT ${ACCOUNT_COLUMNS} FROM users WHERE id = :user_id::uuid AND ${LETS_IN} AND password_hash = :password_hash::text FOR SHARE`;

/**
 * The active account whose number a code has just proven, if that number is still its own (columns: those of an account
 * as they were before the proof, and the two that `PROVE_PHONE` acts on). Locked for the same reason, and for `PROVE_PHONE`.
 *
 * `is_first_proof`: nobody has proven the number before. A code that may have been read in a mailbox proves no number;
 * where the number is merely claimed, none goes to a mailbox. `was_claimed`: it is the first proof of an account that was
 * registered by itself. `is_taken_over`: whoever registered it did not show that they are the one who proves the number now. Parameter: `:registrant`, the account of the registration's token, or null.
 *
 * @param source a CTE with the columns user_id and phone
 * @param reachedPhone SQL: whether the code of `source` went to the phone and nowhere else
 */
export const accountProvenBy = (source: string, reachedPhone: string) => `
  SELECT ${ACCOUNT_COLUMNS}, users.email_claimed, proof.is_first AS is_first_proof,
         proof.is_first AND proof.of_registrant AS was_claimed,
         proof.is_first AND proof.of_registrant AND users.id IS DISTINCT FROM :registrant::uuid AS is_taken_over
    FROM users JOIN ${source} ON ${source}.user_id = users.id
         CROSS JOIN LATERAL (
           SELECT users.phone_claimed OR (users.phone_proven_at IS NULL AND (${MAILBOX} IS NULL OR ${reachedPhone})) AS is_first,
                  users.phone_claimed OR users.self_registered AS of_registrant
         ) proof
   WHERE users.is_active AND users.phone = ${source}.phone FOR NO KEY UPDATE OF users`;

/** The active account of `:user_id`, if `:phone` is its number; locked for the same reason. */
export const activeAccountWithNumber = `
  SELECT ${ACCOUNT_COLUMNS} FROM users WHERE id = :user_id::uuid AND is_active AND phone = :phone::text FOR NO KEY UPDATE`;

/**
 * Writes a first proof down: whoever proves a number owns the account, and what somebody else has set before is gone. What an
 * admin has set stays. Device tokens of before count no more; that of the login that this statement makes is as old
 * as it.
 *
 * @param prover a CTE with the columns of `accountProvenBy`
 */
export const noteProof = (prover: string) => `
  UPDATE users SET phone_proven_at = now(), phone_claimed = false, updated_at = now(),
         email = CASE WHEN p.is_taken_over AND p.email_claimed THEN NULL ELSE users.email END,
         email_claimed = p.email_claimed AND NOT p.is_taken_over,
         username = CASE WHEN p.is_taken_over THEN NULL ELSE users.username END,
         password_hash = CASE WHEN p.is_taken_over THEN NULL ELSE users.password_hash END,
         password_changed_at = CASE WHEN p.is_taken_over THEN NULL ELSE users.password_changed_at END,
         devices_valid_from = CASE WHEN p.is_taken_over THEN date_trunc('milliseconds', now()) ELSE users.devices_valid_from END
    FROM ${prover} p WHERE users.id = p.id AND p.is_first_proof`;

/** The address that messages to the account whose id is in `column` may go to, one column and at most one row. */
export const mailboxOf = (column: string) => `SELECT ${MAILBOX} FROM users WHERE users.id = ${column}`;

/** Role and `has_second_factor` of the account whose id is in `column`; no row for one that lets nobody in by a session. */
export const activeRoleOf = (column: string) =>
  `SELECT role, has_second_factor FROM users WHERE users.id = ${column} AND ${LETS_IN}`;

/** Whether the number in `column` belongs to another account than `:user_id`. */
export const isPhoneOfAnother = (column: string) =>
  `EXISTS (SELECT 1 FROM users WHERE users.phone = ${column} AND users.id <> :user_id::uuid)`;

/** Whether the account whose id is in `column` was erased. */
export const isErased = (column: string) =>
  `EXISTS (SELECT 1 FROM users WHERE users.id = ${column} AND users.erased_at IS NOT NULL)`;
