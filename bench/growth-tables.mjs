/**
 * The tables that logins write to, and how each is filled with more rows than logins would make in the time of a bench.
 * This list is the only place that knows them: correct it when a migration changes a table.
 *
 * Rows are copies of rows that real logins have left, but for the columns below, which each row has of its own. They are
 * SQL expressions over `n`, the row's number, and `s`, the row that is copied.
 */

const uuid = (kind) => `md5('${kind}' || n)::uuid`;
const bytes = (kind) => `sha256(('${kind}' || n)::bytea)`;
/** Only where the copied row has a value. */
const ifSet = (column, expression) => `CASE WHEN s.${column} IS NOT NULL THEN ${expression} END`;
/** No number of the people who log in (phones.mjs). */
const PHONE = `'+62813' || lpad(n::text, 8, '0')`;

export const HOT_TABLES = {
  users: { id: uuid('user'), phone: PHONE },
  otp_codes: { phone: PHONE },
  messages: {
    id: uuid('message'),
    recipient: PHONE,
    user_id: uuid('user'),
    otp_session_id: uuid('code'),
    provider_message_id: ifSet('provider_message_id', `'bench-' || n`),
  },
  message_history: { id: uuid('message'), recipient: PHONE, user_id: uuid('user'), otp_session_id: uuid('code') },
  login_sessions: {
    id: uuid('session'),
    user_id: uuid('user'),
    device_id: uuid('device'),
    refresh_hash: ifSet('refresh_hash', bytes('living')),
  },
  refresh_tokens: {
    token_hash: bytes('token'),
    session_id: uuid('session'),
    successor_hash: ifSet('successor_hash', bytes('successor')),
  },
  audit_events: { id: uuid('event'), user_id: uuid('user'), subject_id: uuid('session') },
  rate_limits: { subject: `'bench-' || n` },
};
