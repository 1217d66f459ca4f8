/**
 * The active account of `:phone` (at most one row: id, full_name, email, known), for statements that must decide and write at
 * once. `known` says whether `:device_user`/`:device_issued`, out of a checked device token, is a known device of it.
 */
export const ACTIVE_ACCOUNT_BY_PHONE = `
  SELECT id, full_name, email, coalesce(id = :device_user::uuid AND devices_valid_from <= :device_issued::timestamptz, false) AS known
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
  SELECT id, full_name, email, false AS known FROM users
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
  SELECT ${ACCOUNT_COLUMNS} FROM users WHERE id = :user_id::uuid AND is_active AND password_hash = :password_hash::text FOR SHARE`;

/** The active account of a consumed code, if the code's number is still its own. Locked for the same reason. */
export const accountToLogIn = (won: string) => `
  SELECT ${ACCOUNT_COLUMNS} FROM users JOIN ${won} ON ${won}.user_id = users.id
   WHERE users.is_active AND users.phone = ${won}.phone FOR SHARE OF users`;

/** The e-mail address of the account whose id stands in `column`, one column and at most one row. */
export const emailOf = (column: string) => `SELECT email FROM users WHERE users.id = ${column}`;

/** The role of the active account whose id stands in `column`; no row for a disabled or deleted one. */
export const activeRoleOf = (column: string) => `SELECT role FROM users WHERE users.id = ${column} AND is_active`;

/** The active account of each row of `source`, a CTE with the column user_id. */
export const activeAccountOf = (source: string) => `
  SELECT ${ACCOUNT_COLUMNS} FROM users JOIN ${source} ON ${source}.user_id = users.id WHERE users.is_active`;

/** Whether the number in `column` belongs to another account than `:user_id`. */
export const isPhoneOfAnother = (column: string) =>
  `EXISTS (SELECT 1 FROM users WHERE users.phone = ${column} AND users.id <> :user_id::uuid)`;
