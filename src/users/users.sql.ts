/**
 * Whether a row of users lets anybody in by anything but a code: it is active, and its number is not merely what somebody
 * said who registered.
 */
const LETS_IN = 'users.is_active AND NOT users.phone_claimed';

/** The address that messages may go to in place of the number: none that only whoever registered has said (decisions/0012). */
const MAILBOX = 'CASE WHEN NOT users.email_claimed AND NOT users.phone_claimed THEN users.email END';

/**
 * The active account of `:phone` (at most one row: id, full_name, email, known), for statements that must decide and write at
 * once. `email` is null where no message may go there. `known` says whether `:device_user`/`:device_issued`, out of a checked
 * device token, is a known device of it.
 */
export const ACTIVE_ACCOUNT_BY_PHONE = `
  SELECT id, full_name, ${MAILBOX} AS email,
         coalesce(id = :device_user::uuid AND devices_valid_from <= :device_issued::timestamptz AND NOT phone_claimed, false) AS known
    FROM users WHERE phone = :phone::text AND is_active`;

/** Typographic apostrophes, accents and primes that stand for one, all as `'`. */
const plainApostrophes = (text: string) => `translate(${text}, '\u2018\u2019\u02bc\u0060\u00b4\u2032', '''''''''''''')`;

/**
 * The same if `:name` is its name, but for case, spaces and the shape of apostrophes, which phones change by themselves
 * (Ma'ruf, Nu’man); `:name` comes in NFC and with single spaces. Names that were imported may be in another form.
 */
export const ACTIVE_ACCOUNT_BY_PHONE_AND_NAME = `
  ${ACTIVE_ACCOUNT_BY_PHONE} AND lower(btrim(regexp_replace(${plainApostrophes('normalize(full_name, NFC)')}, '\\s+', ' ', 'g'))) = lower(${plainApostrophes(':name::text')})`;

/** The same for an account that wants `:phone`, which nobody has yet; its id is `:account_id`. */
export const ACTIVE_ACCOUNT_FOR_NEW_PHONE = `
  SELECT id, full_name, ${MAILBOX} AS email, false AS known FROM users
   WHERE id = :account_id::uuid AND is_active AND NOT EXISTS (SELECT 1 FROM users owner WHERE owner.phone = :phone::text)`;

/** The columns that an answer shows of an account. */
export const ACCOUNT_COLUMNS = 'users.id, users.email, users.username, users.phone, users.full_name, users.role';

/** Gives an identifier its tries back, if `account` has a row; belongs into the statement that opens the login session. */
export const CLEAR_PASSWORD_BUDGET = `
  DELETE FROM password_budgets WHERE identifier_key = :identifier_key::bytea AND EXISTS (SELECT 1 FROM account)`;

/**
 * The account that a checked password belongs to, unless it was disabled or got another password meanwhile. Locked, so
 * that of a login and such a change at the same time one sees the other: either the login finds the change, or the
 * change finds the session and ends it. (The foreign key of the session locks the same row, but too weakly for that.)
 */
export const ACCOUNT_WITH_PASSWORD = `
  SELECT ${ACCOUNT_COLUMNS} FROM users WHERE id = :user_id::uuid AND ${LETS_IN} AND password_hash = :password_hash::text FOR SHARE`;

/**
 * The active account whose number a code has just proven, if that number is still its own (columns: those of an account
 * as they stood before the proof, and the two that `PROVE_PHONE` acts on). Locked for the same reason, and for `PROVE_PHONE`.
 *
 * `is_first_proof`: nobody has proven the number before. A code that may have been read in a mailbox proves no number;
 * where the number is merely claimed, none goes to a mailbox. `is_taken_over`: whoever registered the number did not show
 * that they are the one who proves it now. Parameter: `:registrant`, the account of the registration's token, or null.
 *
 * @param source a CTE with the columns user_id and phone
 * @param reachedPhone SQL: whether the code of `source` went to the phone and nowhere else
 */
export const accountProvenBy = (source: string, reachedPhone: string) => `
  SELECT ${ACCOUNT_COLUMNS}, users.email_claimed, users.phone_claimed AS was_claimed,
         users.phone_claimed OR (users.phone_proven_at IS NULL AND (${MAILBOX} IS NULL OR ${reachedPhone})) AS is_first_proof,
         users.phone_claimed AND users.id IS DISTINCT FROM :registrant::uuid AS is_taken_over
    FROM users JOIN ${source} ON ${source}.user_id = users.id
   WHERE users.is_active AND users.phone = ${source}.phone FOR NO KEY UPDATE OF users`;

/**
 * The account of `prover` (columns of `accountProvenBy`) as it stands after the proof: whoever proves a number owns it, and
 * what somebody else has set before is gone. What an admin has set stays.
 */
export const accountAfterProof = (prover: string) => `
  SELECT id, CASE WHEN is_taken_over AND email_claimed THEN NULL ELSE email END AS email,
         CASE WHEN is_taken_over THEN NULL ELSE username END AS username, phone, full_name, role
    FROM ${prover}`;

/** Writes that down. Device tokens of before count no more; that of the login that this statement makes is as old as it. */
export const noteProof = (prover: string) => `
  UPDATE users SET phone_proven_at = now(), phone_claimed = false, updated_at = now(),
         email = CASE WHEN p.is_taken_over AND p.email_claimed THEN NULL ELSE users.email END,
         email_claimed = p.email_claimed AND NOT p.is_taken_over,
         username = CASE WHEN p.is_taken_over THEN NULL ELSE users.username END,
         password_hash = CASE WHEN p.is_taken_over THEN NULL ELSE users.password_hash END,
         password_changed_at = CASE WHEN p.is_taken_over THEN NULL ELSE users.password_changed_at END,
         devices_valid_from = CASE WHEN p.is_taken_over THEN date_trunc('milliseconds', now()) ELSE users.devices_valid_from END
    FROM ${prover} p WHERE users.id = p.id AND p.is_first_proof`;

/** The address that messages to the account whose id stands in `column` may go to, one column and at most one row. */
export const mailboxOf = (column: string) => `SELECT ${MAILBOX} FROM users WHERE users.id = ${column}`;

/** The role of the account whose id stands in `column`; no row for one that lets nobody in by a session. */
export const activeRoleOf = (column: string) => `SELECT role FROM users WHERE users.id = ${column} AND ${LETS_IN}`;

/** The account of each row of `source`, a CTE with the column user_id, if it lets anybody in by a session. */
export const activeAccountOf = (source: string) => `
  SELECT ${ACCOUNT_COLUMNS} FROM users JOIN ${source} ON ${source}.user_id = users.id WHERE ${LETS_IN}`;

/** Whether the number in `column` belongs to another account than `:user_id`. */
export const isPhoneOfAnother = (column: string) =>
  `EXISTS (SELECT 1 FROM users WHERE users.phone = ${column} AND users.id <> :user_id::uuid)`;
