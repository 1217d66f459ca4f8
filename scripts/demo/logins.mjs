/**
 * A year of logins: what became of each, and all that the service has kept of it. Written by PostgreSQL itself, from a few
 * temporary tables, so that a year is a matter of seconds.
 */
import { before } from './chance.mjs';
import { insertRows } from './rows.mjs';

/** How much is going on, by the hour of the day in Jakarta and by the day of the week, Monday first. */
const HOURS = [3, 1.5, 1, 1, 2, 8, 20, 40, 75, 85, 70, 55, 40, 55, 60, 50, 40, 30, 35, 45, 45, 30, 16, 7];
const WEEKDAYS = [1.25, 1.15, 1.1, 1.1, 0.95, 0.6, 0.4];

/** The lower end of each hour's share of a day, for `width_bucket`. */
function hourBounds() {
  const all = HOURS.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return HOURS.map((weight) => (sum += weight) - weight).map((bound) => bound / all);
}

/** When providers were down, in days before now and hours: the last ones lie in what the overview shows. */
const OUTAGES = [
  { daysAgo: 300.2, hours: 2, whapi: false, whacenter: true },
  { daysAgo: 131.1, hours: 5, whapi: true, whacenter: false },
  { daysAgo: 62.4, hours: 9, whapi: true, whacenter: false },
  { daysAgo: 4.35, hours: 3, whapi: true, whacenter: true },
  { daysAgo: 0.45, hours: 2, whapi: true, whacenter: false },
];

/**
 * What the statements below are written with. `chance(key, salt)` is from 0 to 1 and the same at each run; `id_at` is a UUID
 * of version 7, as `newId` makes them; `event_id` one of version 8, as refusals have.
 */
const FUNCTIONS = `
  CREATE FUNCTION pg_temp.chance(p_key bigint, p_salt bigint) RETURNS float8 LANGUAGE sql IMMUTABLE
  RETURN (hashint8extended(p_key, p_salt) & 4503599627370495)::float8 / 4503599627370496;
  CREATE FUNCTION pg_temp.id_at(p_at timestamptz, p_key bigint, p_salt bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || '7'
          || overlay(substr(md5(p_key || ':' || p_salt), 1, 19) PLACING '8' FROM 4 FOR 1))::uuid;
  CREATE FUNCTION pg_temp.event_id(p_key bigint, p_salt bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
  RETURN overlay(overlay(md5(p_key || ':' || p_salt) PLACING '8' FROM 13) PLACING '8' FROM 17)::uuid;
  CREATE FUNCTION pg_temp.later(p_at timestamptz, p_ms float8) RETURNS timestamptz LANGUAGE sql STABLE
  RETURN date_trunc('milliseconds', p_at + p_ms * interval '1 millisecond');`;

const PEOPLE = `
  CREATE TEMP TABLE demo_people (
    place int PRIMARY KEY, id uuid, phone text, masked text, phone_key bytea, created_at timestamptz, ended_at timestamptz,
    mailbox boolean, password boolean, trouble text, addresses text[], agents text[], devices uuid[]
  );
  CREATE TEMP TABLE demo_strangers (place int PRIMARY KEY, masked text, phone_key bytea);
  CREATE TEMP TABLE demo_outages (begins timestamptz, ends timestamptz, whapi boolean, whacenter boolean)`;

/** Every attempt: when, who, and how. $1 now, $2 how many, $3 bounds of the hours, $4 weights of the weekdays. */
const ATTEMPTS = `
  CREATE TEMP TABLE demo_attempts AS
  WITH place AS (
    SELECT array_agg(created_at ORDER BY place) AS created FROM demo_people
  ), day AS MATERIALIZED (
    SELECT ago, midnight AT TIME ZONE 'Asia/Jakarta' AS begins,
           (1.25 - ago * 0.75 / 365) * ($4::float8[])[extract(isodow FROM midnight)::int] * (0.85 + 0.3 * pg_temp.chance(ago, 1)) AS weight
      FROM (SELECT ago, date_trunc('day', $1::timestamptz AT TIME ZONE 'Asia/Jakarta') - ago * interval '1 day' AS midnight
              FROM generate_series(0, 364) ago) d
  ), counted AS MATERIALIZED (
    SELECT *, round($2::float8 * weight / sum(weight) OVER ())::int AS attempts FROM day
  ), tried AS MATERIALIZED (
    SELECT ago, ago * 1000000::bigint + i AS key, begins
      FROM counted CROSS JOIN LATERAL generate_series(1, attempts) i
  ), timed AS MATERIALIZED (
    SELECT key, ago,
           pg_temp.later(begins, 3600000 * (width_bucket(pg_temp.chance(key, 2), $3::float8[]) - 1 + pg_temp.chance(key, 3))) AS at
      FROM tried
  ), placed AS MATERIALIZED (
    SELECT t.*, floor(width_bucket(t.at, place.created) * pg_temp.chance(key, 4) ^ 1.2)::int AS place
      FROM timed t CROSS JOIN place
     WHERE t.at < $1::timestamptz - interval '5 minutes' AND t.at > $1::timestamptz - interval '365 days'
  )
  SELECT a.key, a.at, a.place, a.ago <= 240 AS by_whapi,
         p.id AS user_id, p.phone, p.masked, p.phone_key, p.mailbox,
         p.addresses[1 + floor(cardinality(p.addresses) * pg_temp.chance(a.key, 5))::int] AS address,
         1 + floor(cardinality(p.devices) * pg_temp.chance(a.key, 6))::int AS device,
         CASE WHEN p.password AND pg_temp.chance(a.key, 7) < 0.6 THEN 'password'
              WHEN pg_temp.chance(a.key, 8) < 0.015 THEN 'stranger'
              ELSE 'code' END AS kind,
         CASE WHEN pg_temp.chance(a.key, 9) < 0.05 THEN 'reset'
              WHEN pg_temp.chance(a.key, 9) < 0.06 THEN 'phone-change'
              ELSE 'login' END AS purpose,
         pg_temp.chance(a.key, 10) < 0.07 AS was_wrong,
         pg_temp.id_at(a.at, a.key, 1) AS code_id
    FROM placed a JOIN demo_people p ON p.place = a.place
   WHERE a.at < coalesce(p.ended_at, $1::timestamptz) AND p.trouble IS DISTINCT FROM 'registered';
  CREATE INDEX ON demo_attempts (kind);
  ANALYZE demo_attempts`;

/**
 * What the ladder did with the message of each code, and what came back. Each step is kept, or PostgreSQL would work out the
 * first one again for each mention in the last.
 */
const SENDS = `
  CREATE TEMP TABLE demo_sends AS
  WITH asked AS MATERIALIZED (
    SELECT a.*, pg_temp.chance(a.place, 11) < 0.01 AS not_on_whatsapp,
           coalesce(CASE WHEN by_whapi THEN o.whapi ELSE o.whacenter END, false) OR pg_temp.chance(key, 12) < 0.018 AS first_down,
           coalesce(o.whacenter, false) OR pg_temp.chance(key, 13) < 0.012 AS second_down,
           o.begins IS NOT NULL AS in_outage
      FROM demo_attempts a LEFT JOIN demo_outages o ON a.at BETWEEN o.begins AND o.ends
     WHERE a.kind = 'code'
  ), taken AS MATERIALIZED (
    SELECT *, CASE WHEN NOT (first_down OR not_on_whatsapp) THEN CASE WHEN by_whapi THEN 'whapi' ELSE 'whacenter' END
                   WHEN by_whapi AND NOT (second_down OR not_on_whatsapp) THEN 'whacenter'
                   WHEN mailbox THEN 'email' END AS took
      FROM asked
  ), failed AS MATERIALIZED (
    SELECT *, coalesce(took = 'whapi', false) AND pg_temp.chance(key, 14) < 0.004 AS failed_later,
           CASE took WHEN 'whapi' THEN '{}'
                     WHEN 'whacenter' THEN CASE WHEN by_whapi THEN '{whapi}' ELSE '{}' END
                     WHEN 'email' THEN CASE WHEN by_whapi THEN '{whapi,whacenter}' ELSE '{whacenter}' END
                     ELSE CASE WHEN by_whapi THEN '{whapi,whacenter,email}' ELSE '{whacenter,email}' END END::text[] AS refused,
           (CASE took WHEN 'whapi' THEN 280 WHEN 'whacenter' THEN 640 WHEN 'email' THEN 150 END
            * (0.7 + 0.6 * pg_temp.chance(key, 15) + 3 * pg_temp.chance(key, 15) ^ 12))::int AS accept_ms
      FROM taken
  ), closed AS MATERIALIZED (
    SELECT *, CASE WHEN failed_later THEN 'whacenter' ELSE took END AS provider,
           pg_temp.later(at, coalesce(accept_ms, 0) + 400 * cardinality(refused) + CASE WHEN failed_later THEN 9000 ELSE 25 END) AS closed_at
      FROM failed
  ), sent AS MATERIALIZED (
    SELECT *, CASE WHEN provider = 'whapi' THEN pg_temp.later(closed_at, 200 + 1300 * pg_temp.chance(key, 16)) END AS sent_at
      FROM closed
  ), delivered AS MATERIALIZED (
    SELECT *, CASE WHEN sent_at IS NOT NULL AND pg_temp.chance(key, 17) < 0.975
                   THEN pg_temp.later(sent_at, 500 + 4000 * pg_temp.chance(key, 18) + 60000 * pg_temp.chance(key, 18) ^ 20) END AS delivered_at
      FROM sent
  ), used AS MATERIALIZED (
    SELECT *, CASE WHEN provider IS NOT NULL AND pg_temp.chance(key, 19) < CASE WHEN delivered_at IS NULL THEN 0.87 ELSE 0.93 END
                   THEN pg_temp.later(coalesce(delivered_at, closed_at), 7000 + 70000 * pg_temp.chance(key, 20) ^ 2) END AS verified_at
      FROM delivered
  )
  SELECT *, CASE WHEN delivered_at IS NOT NULL AND pg_temp.chance(key, 21) < CASE WHEN verified_at IS NULL THEN 0.4 ELSE 0.85 END
                 THEN pg_temp.later(delivered_at, 1000 + 5000 * pg_temp.chance(key, 22)) END AS read_at
    FROM used;
  ANALYZE demo_sends`;

const HISTORY = `
  INSERT INTO message_history (id, purpose, recipient, user_id, state, otp_session_id, provider, provider_message_id, last_error, attempts,
                               created_at, closed_at, accept_ms, sent_at, delivered_at, read_at, refused_by, failed_provider, verified_at)
  SELECT code_id, purpose, phone, user_id,
         CASE WHEN provider IS NULL THEN 'FAILED' WHEN read_at IS NOT NULL THEN 'READ' WHEN delivered_at IS NOT NULL THEN 'DELIVERED'
              WHEN sent_at IS NOT NULL THEN 'SENT' ELSE 'ACCEPTED' END::message_state,
         code_id, provider, CASE WHEN provider = 'whapi' THEN substr(encode(sha256(convert_to(key::text, 'UTF8')), 'base64'), 1, 22) END,
         CASE WHEN failed_later THEN 'recipient-unreachable'
              WHEN provider IS NULL THEN CASE WHEN not_on_whatsapp THEN 'recipient-not-on-whatsapp' WHEN in_outage THEN 'provider-unavailable'
                                              ELSE 'provider-disconnected' END END,
         CASE WHEN failed_later THEN 2 ELSE 1 END, at, closed_at, accept_ms, sent_at, delivered_at, read_at,
         CASE WHEN failed_later THEN '{whapi}' ELSE refused END, CASE WHEN failed_later THEN 'whapi' END, verified_at
    FROM demo_sends ORDER BY at`;

/** Each login that came to its end, by code or by password. */
const LOGINS = `
  CREATE TEMP TABLE demo_logins AS
  SELECT key, place, user_id, phone_key, address, device, at AS asked_at, verified_at AS at, 'OTP'::auth_method AS method,
         pg_temp.id_at(verified_at, key, 2) AS session_id, pg_temp.chance(key, 30) < 0.65 AS by_cookie
    FROM demo_sends WHERE verified_at IS NOT NULL AND purpose = 'login'
   UNION ALL
  SELECT key, place, user_id, NULL, address, device, at, at, 'PASSWORD',
         pg_temp.id_at(at, key, 2), pg_temp.chance(key, 30) < 0.65
    FROM demo_attempts WHERE kind = 'password'`;

/** What is left of them: the sessions that are open, or have ended lately. Nobody holds their tokens. $1 now. */
const SESSIONS = `
  WITH used AS (
    SELECT l.*, date_trunc('milliseconds', least(l.at + 25 * pg_temp.chance(key, 31) ^ 2 * interval '1 day', $1::timestamptz - interval '1 minute')) AS last_used_at,
           CASE WHEN pg_temp.chance(key, 32) < 0.3 THEN pg_temp.later(l.at, 600000 + 28800000 * pg_temp.chance(key, 33)) END AS ended_at,
           p.ended_at AS disabled_at
      FROM demo_logins l JOIN demo_people p USING (place)
     WHERE l.at > $1::timestamptz - interval '90 days' AND p.trouble IS DISTINCT FROM 'erased'
  ), written AS (
    SELECT *, CASE WHEN ended_at < least(disabled_at, $1::timestamptz) THEN ended_at WHEN disabled_at IS NOT NULL THEN disabled_at END AS revoked_at
      FROM used
  ), kept AS (
    SELECT *, least(least(last_used_at, coalesce(revoked_at, last_used_at)) + interval '30 days', at + interval '90 days') AS idle_expires_at
      FROM written WHERE coalesce(revoked_at, $1::timestamptz) > $1::timestamptz - interval '30 days'
  )
  INSERT INTO login_sessions (id, user_id, device_id, method, client_address, user_agent, created_at, last_used_at, idle_expires_at,
                              expires_at, revoked_at, revoked_reason, cookie_hash, refresh_hash, refresh_issued_at)
  SELECT k.session_id, k.user_id, p.devices[k.device], k.method, k.address, p.agents[k.device], k.at,
         greatest(k.at, least(k.last_used_at, coalesce(k.revoked_at, k.last_used_at))), k.idle_expires_at,
         k.at + interval '90 days', k.revoked_at, CASE WHEN k.revoked_at = k.disabled_at THEN 'disabled' WHEN k.revoked_at IS NOT NULL THEN 'logout' END,
         CASE WHEN k.by_cookie THEN sha256(uuid_send(gen_random_uuid())) END,
         CASE WHEN NOT k.by_cookie THEN sha256(uuid_send(gen_random_uuid())) END, greatest(k.at, least(k.last_used_at, coalesce(k.revoked_at, k.last_used_at)))
    FROM kept k JOIN demo_people p USING (place) ORDER BY k.at`;

/** An event that stands for itself, and the refusals of a minute. */
const event = (
  type,
  from,
  { at, user = 'user_id', subject = 'NULL::uuid', detail = 'NULL::jsonb', phone = 'phone_key', salt },
) => `
  SELECT pg_temp.id_at(${at}, key, ${salt}), ${at}, '${type}', 'success', ${user}, ${subject}, address, pg_temp.id_at(${at}, key, ${salt + 1})::text, ${detail},
         ${phone}, NULL::int, NULL::timestamptz, NULL::text
    FROM ${from}`;
const refusal = (type, from, { user = 'user_id', detail, phone = 'phone_key', salt, count = '1' }) => `
  SELECT pg_temp.event_id(key, ${salt}), date_trunc('minute', at), '${type}', 'failure', ${user}, NULL::uuid, address,
         pg_temp.id_at(at, key, ${salt + 1})::text, ${detail}, ${phone}, ${count}, at, pg_temp.id_at(at, key, ${salt + 2})::text
    FROM ${from}`;

const EVENT_COLUMNS =
  'id, occurred_at, type, outcome, user_id, subject_id, address, request_id, detail, phone_key, count, last_at, last_request_id';

const EVENTS = [
  event('otp.requested', 'demo_sends', {
    at: 'at',
    subject: 'code_id',
    detail: `jsonb_build_object('purpose', purpose)`,
    salt: 40,
  }),
  event('login.otp', `demo_logins WHERE method = 'OTP'`, {
    at: 'at',
    subject: 'session_id',
    detail: `CASE WHEN by_cookie THEN '{"heldBy": "cookie"}'::jsonb END`,
    salt: 42,
  }),
  event('login.password', `demo_logins WHERE method = 'PASSWORD'`, {
    at: 'at',
    subject: 'session_id',
    detail: `CASE WHEN by_cookie THEN '{"heldBy": "cookie"}'::jsonb END`,
    phone: 'NULL::bytea',
    salt: 44,
  }),
  event('user.password_reset', `demo_sends WHERE purpose = 'reset' AND verified_at IS NOT NULL`, {
    at: 'verified_at',
    subject: 'user_id',
    phone: 'NULL::bytea',
    salt: 46,
  }),
  event(
    'session.ended',
    `(SELECT l.*, s.revoked_at FROM demo_logins l JOIN login_sessions s ON s.id = l.session_id AND s.revoked_reason = 'logout') l`,
    {
      at: 'revoked_at',
      subject: 'session_id',
      phone: 'NULL::bytea',
      salt: 48,
    },
  ),
  refusal('login.otp', `demo_sends WHERE was_wrong AND provider IS NOT NULL AND purpose = 'login'`, {
    detail: `jsonb_build_object('code', 'invalid_otp', 'phone', masked)`,
    count: '1 + floor(3 * pg_temp.chance(key, 50) ^ 3)::int',
    salt: 51,
  }),
  refusal('login.password', `demo_attempts WHERE kind = 'password' AND pg_temp.chance(key, 54) < 0.12`, {
    detail: `'{"code": "invalid_credentials"}'::jsonb`,
    phone: 'NULL::bytea',
    count: '1 + floor(4 * pg_temp.chance(key, 55) ^ 3)::int',
    salt: 56,
  }),
  refusal('limits.reached', `demo_sends WHERE pg_temp.chance(key, 60) < 0.006`, {
    detail: `jsonb_build_object('code', 'otp_rate_limited', 'phone', masked, 'route', 'POST /api/auth/otp/request')`,
    salt: 61,
  }),
  refusal(
    'otp.requested',
    `(SELECT a.key, a.at, a.address, s.masked AS stranger, s.phone_key AS stranger_key
        FROM demo_attempts a JOIN demo_strangers s ON s.place = a.key % (SELECT count(*) FROM demo_strangers) WHERE a.kind = 'stranger') a`,
    {
      user: 'NULL::uuid',
      detail: `jsonb_build_object('code', 'phone_not_registered', 'phone', stranger, 'route', 'POST /api/auth/otp/request')`,
      phone: 'stranger_key',
      salt: 64,
    },
  ),
];

/** One night somebody tried passwords from many places: a few hundred tries, each address in one row a minute. $1 now. */
const ATTACK = `
  INSERT INTO audit_events (${EVENT_COLUMNS})
  SELECT pg_temp.event_id(i, 70), date_trunc('minute', at), CASE WHEN i % 3 = 0 THEN 'limits.reached' ELSE 'login.password' END, 'failure', NULL, NULL,
         '198.51.100.' || 1 + i % 40, pg_temp.id_at(at, i, 71)::text,
         CASE WHEN i % 3 = 0 THEN '{"code": "rate_limited", "route": "POST /api/auth/login"}' ELSE '{"code": "invalid_credentials"}' END::jsonb,
         NULL, 3 + i * 7 % 17, at, pg_temp.id_at(at, i, 72)::text
    FROM (SELECT i, pg_temp.later($1::timestamptz - interval '9 days 5 hours', i * 23000) AS at FROM generate_series(1, 120) i) a`;

/** The first code that was used proves the number of whoever has not shown it yet. */
const PROOFS = `
  UPDATE users u SET phone_proven_at = first.at
    FROM (SELECT user_id, min(at) AS at FROM demo_logins WHERE method = 'OTP' GROUP BY user_id) first
   WHERE u.id = first.user_id AND u.phone IS NOT NULL`;

/**
 * The budgets of the last day, from which limits are decided. Those of whom one logs in as are full, so that one can.
 * $1 now, $2 how many they are.
 */
const BUDGETS = `
  INSERT INTO otp_codes (phone, purpose, sends, known_sends, succeeded_at, updated_at)
  SELECT phone, purpose, coalesce(array_agg(at ORDER BY at) FILTER (WHERE NOT known), '{}'),
         coalesce(array_agg(at ORDER BY at) FILTER (WHERE known), '{}'), max(verified_at), greatest(max(at), max(verified_at))
    FROM (SELECT *, pg_temp.chance(place, 80) < 0.7 AS known FROM demo_sends
           WHERE at > $1::timestamptz - interval '24 hours' AND provider IS NOT NULL AND place >= $2::int) s
   GROUP BY phone, purpose`;

/** What is spent of the day's allowance of the whole service; its day begins with the first send. $1 now. */
const SPENT = `
  INSERT INTO rate_limits (name, subject, window_started_at, used)
  SELECT 'service-sends', 'all', min(at), count(*)::int FROM demo_sends WHERE at > $1::timestamptz - interval '15 hours' HAVING count(*) > 0`;

/** Numbers whose guesses are used up, and numbers that are closed. $1 now. */
const LOCKS = `
  INSERT INTO otp_codes AS c (phone, purpose, guesses, failures, updated_at)
  SELECT phone, 'login', ARRAY(SELECT $1::timestamptz - i * interval '40 seconds' FROM generate_series(5, 1, -1) i),
         CASE trouble WHEN 'closed' THEN 104 ELSE 17 END, $1::timestamptz - interval '40 seconds'
    FROM demo_people WHERE trouble IN ('closed', 'locked')
  ON CONFLICT (phone, purpose) DO UPDATE SET guesses = excluded.guesses, failures = excluded.failures, updated_at = excluded.updated_at`;

/** @param people as `makePeople` made them, with ids and what the service's keys make of their numbers */
export async function writeLogins(client, { people, strangers, now, logins, staff }) {
  await client.query(FUNCTIONS);
  await client.query(PEOPLE);
  await insertRows(client, 'demo_people', people);
  await insertRows(client, 'demo_strangers', strangers);
  await insertRows(
    client,
    'demo_outages',
    OUTAGES.map(({ daysAgo, hours, whapi, whacenter }) => ({
      begins: before(now, daysAgo, 'day'),
      ends: before(now, daysAgo * 24 - hours, 'hour'),
      whapi,
      whacenter,
    })),
  );
  await client.query('ANALYZE demo_people, demo_strangers, demo_outages');
  // A statement that makes a table takes no parameters, so they are written into it.
  await client.query(fillIn(ATTEMPTS, [now, logins, hourBounds(), WEEKDAYS]));
  for (const table of [SENDS, LOGINS]) await client.query(table);
  await client.query('ANALYZE demo_logins');
  await client.query(HISTORY);
  await client.query(SESSIONS, [now]);
  await client.query(
    `INSERT INTO audit_events (${EVENT_COLUMNS}) SELECT * FROM (${EVENTS.join(' UNION ALL ')}) e (${EVENT_COLUMNS}) ORDER BY occurred_at`,
  );
  await client.query(ATTACK, [now]);
  await client.query(PROOFS);
  await client.query(BUDGETS, [now, staff]);
  await client.query(SPENT, [now]);
  await client.query(LOCKS, [now]);
}

function fillIn(sql, values) {
  const literal = (value) =>
    value instanceof Date ? `'${value.toISOString()}'` : Array.isArray(value) ? `'{${value.join()}}'` : String(value);
  return sql.replaceAll(/\$(\d)/g, (_, position) => literal(values[position - 1]));
}
