/**
 * WhatsApp accounts that were linked once, and what they did in the month for which that is kept. None is linked any more:
 * there is no WhatsApp behind them.
 */
import { DURATION_BOUNDS } from '../../build/records/activity/durations.js';
import { maskedNumber } from '../../build/records/activity/activity.sql.js';
import { before } from './chance.mjs';
import { idAt } from './ids.mjs';
import { insertRows } from './rows.mjs';
import { COMPANIES } from './words.mjs';

/** `closeCode`: what its last connection ended with (docs/wire/baileys.md#close-codes); null: it was unlinked here. */
const ACCOUNTS = [
  { name: 'klinik', key: null, endedHoursAgo: 2, closeCode: null, weight: 5 },
  { name: 'apotek', key: 0, endedHoursAgo: 26, closeCode: 401, weight: 3 },
  { name: 'kasir', key: 1, endedHoursAgo: 24 * 6, closeCode: 401, weight: 2 },
  { name: 'promosi', key: null, endedHoursAgo: 24 * 19, closeCode: 403, weight: 1 },
];

/** Days for which the log is kept, and codes of other applications. */
const DAYS = { log: 30, codes: 7 };

/** The nil UUID, which stands for admins as the owners of codes. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** What an account does, by how often. */
const ACTIONS = [
  ...Array.from({ length: 10 }, () => 'message.text'),
  ...Array.from({ length: 4 }, () => 'message.received'),
  ...[
    'message.image',
    'message.document',
    'otp.sent',
    'otp.sent',
    'otp.sent',
    'otp.sent',
    'otp.verified',
    'otp.verified',
    'otp.verified',
  ],
];

/** $1 the start, $2 how many lines. The numbers are those of the demo's people and strangers. */
const LOG = `
  INSERT INTO activity_log (id, occurred_at, session_id, session_name, api_key_id, action, status, error, number, ms)
  SELECT pg_temp.id_at(at, i, 90), at, session_id, name, api_key_id, action,
         CASE WHEN error IS NOT NULL THEN 'failure' ELSE 'success' END, error,
         CASE WHEN action NOT LIKE 'session.%' THEN ${maskedNumber('phone')} END,
         CASE WHEN error IS NULL AND action IN ('message.text', 'message.image', 'message.document') THEN (700 + 5000 * pg_temp.chance(i, 91) ^ 4)::int END
    FROM demo_activity ORDER BY at`;

const ACTIVITY = `
  CREATE TEMP TABLE demo_activity AS
  SELECT l.*, p.phone, p.number_hash,
         CASE WHEN action IN ('message.text', 'message.image', 'message.document') AND pg_temp.chance(i, 92) < 0.035
              THEN CASE WHEN pg_temp.chance(i, 93) < 0.7 THEN 'not_on_whatsapp' ELSE 'expired' END END AS error
    FROM (SELECT i, a.id AS session_id, a.name, a.api_key_id,
                 pg_temp.later($from, (floor(i * $span::float8 / $count) + pg_temp.chance(i, 94) * 3600000)) AS at, a.ended_at,
                 CASE WHEN i % 97 = 0 THEN CASE WHEN i % 2 = 0 THEN 'session.connected' ELSE 'session.disconnected' END
                      ELSE ('{${ACTIONS.join()}}'::text[])[1 + floor(${ACTIONS.length} * pg_temp.chance(i, 95))::int] END AS action
            FROM generate_series(1, $count) i
            JOIN demo_accounts a ON pg_temp.chance(i, 96) >= a.share_from AND pg_temp.chance(i, 96) < a.share_to) l
    JOIN demo_contacts p ON p.place = floor(pg_temp.chance(l.i, 97) ^ 1.5 * (SELECT count(*) FROM demo_contacts))::int
   WHERE l.at < l.ended_at
     AND extract(hour FROM l.at AT TIME ZONE 'Asia/Jakarta') BETWEEN 6 AND 21`;

const ENDINGS = `
  INSERT INTO demo_activity (i, session_id, name, api_key_id, at, ended_at, action)
  SELECT -row_number() OVER (), id, name, api_key_id, ended_at, ended_at, 'session.logged_out' FROM demo_accounts`;

const hours = Array.from({ length: 24 }, (_, hour) => `count(*) FILTER (WHERE hour = ${hour})`);
const classes = [...DURATION_BOUNDS, 0].map((_, at) => `count(*) FILTER (WHERE class = ${at + 1})`);

/** The counters that the service keeps beside the log. */
const COUNTERS = [
  `INSERT INTO activity_days (day, session_id, action, status, api_key_id, hours, durations)
   SELECT (occurred_at AT TIME ZONE 'UTC')::date, session_id, action, status, api_key_id, ARRAY[${hours.join()}]::int[], ARRAY[${classes.join()}]::int[]
     FROM (SELECT *, CASE WHEN ms IS NOT NULL THEN width_bucket(ms - 1, ARRAY[${DURATION_BOUNDS.join()}]) + 1 END AS class,
                  extract(hour FROM occurred_at AT TIME ZONE 'UTC') AS hour FROM activity_log) l
    GROUP BY 1, 2, 3, 4, 5`,
  `INSERT INTO activity_numbers (day, session_id, number_hash, number, count)
   SELECT (at AT TIME ZONE 'UTC')::date, session_id, number_hash, min(${maskedNumber('phone')}), count(*)::int
     FROM demo_activity WHERE action IN ('message.text', 'message.image', 'message.document') AND error IS NULL
    GROUP BY 1, 2, 3`,
];

export async function writeLinkedAccounts(client, { chance, now, keys, contacts, seal, lines, codes, people }) {
  const all = ACCOUNTS.reduce((sum, { weight }) => sum + weight, 0);
  let reached = 0;
  const accounts = ACCOUNTS.map(({ name, key, endedHoursAgo, closeCode, weight }, at) => {
    const createdAt = before(now, 320 - at * 70, 'day');
    const from = reached / all;
    reached += weight;
    const endedAt = before(now, endedHoursAgo, 'hour');
    const owner = key === null ? null : keys[key].id;
    return {
      id: idAt(createdAt),
      name,
      api_key_id: owner,
      createdAt,
      closeCode,
      ended_at: endedAt,
      share_from: from,
      share_to: reached / all,
    };
  });
  await insertRows(
    client,
    'gateway_sessions',
    accounts.map(({ id, name, api_key_id, createdAt, closeCode, ended_at }) => ({
      id,
      name,
      api_key_id,
      state: 'LOGGED_OUT',
      wanted: false,
      sealed_key: seal.newKey(id),
      pairing_until: createdAt,
      close_code: closeCode,
      fence: 12,
      restrictions: 0,
      created_at: createdAt,
      last_connected_at: before(ended_at, 5, 'hour'),
    })),
  );
  await client.query(`
    CREATE TEMP TABLE demo_accounts (id uuid, name text, api_key_id uuid, ended_at timestamptz, share_from float8, share_to float8);
    CREATE TEMP TABLE demo_contacts (place int PRIMARY KEY, phone text, number_hash bytea)`);
  const shared = ['id', 'name', 'api_key_id', 'ended_at', 'share_from', 'share_to'];
  await insertRows(
    client,
    'demo_accounts',
    accounts.map((account) => Object.fromEntries(shared.map((column) => [column, account[column]]))),
  );
  await insertRows(
    client,
    'demo_contacts',
    contacts.map((phone, place) => ({ place, phone, number_hash: seal.contact(phone) })),
  );
  await client.query('ANALYZE demo_accounts, demo_contacts');
  const from = before(now, DAYS.log - 1, 'day');
  await client.query(
    ACTIVITY.replaceAll('$from', `'${from.toISOString()}'::timestamptz`)
      .replaceAll('$span', String(now.getTime() - from.getTime()))
      .replaceAll('$count', String(lines)),
  );
  await client.query(ENDINGS);
  await client.query(LOG);
  for (const counter of COUNTERS) await client.query(counter);
  await writeVerifications(client, { chance, now, accounts, people, codes });
  return accounts;
}

/** Codes that were sent for other applications. They are hashed like those of the service, and nobody knows them. */
async function writeVerifications(client, { chance, now, accounts, people, codes }) {
  const rows = [];
  for (let left = codes; left > 0; left -= 1) {
    const account = chance.one(accounts.slice(0, 2));
    const createdAt = before(now, chance.whole(3 * 60, DAYS.codes * 24 * 60 - 60), 'minute');
    if (createdAt > account.ended_at) continue;
    const endedAs = chance.is(0.82) ? 'verified' : chance.one(['expired', 'expired', 'replaced', 'failed']);
    const endedAt = before(createdAt, endedAs === 'expired' ? -300 : -chance.whole(9, 120), 'second');
    rows.push({
      id: idAt(createdAt),
      owner_id: account.api_key_id ?? NOBODY,
      session_id: account.id,
      session_name: account.name,
      phone: chance.one(people).phone,
      company: chance.one(COMPANIES),
      code_hash: Buffer.from(Array.from({ length: 32 }, () => chance.whole(0, 255))),
      length: 6,
      minutes: 5,
      attempts: endedAs === 'verified' ? chance.one([0, 0, 0, 1]) : 0,
      created_at: createdAt,
      expires_at: before(createdAt, -300, 'second'),
      ended_at: endedAt,
      ended_as: endedAs,
      legacy: false,
    });
  }
  await insertRows(client, 'verifications', rows);
}
