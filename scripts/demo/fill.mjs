/** Fills an empty database with a year of demo data. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { WebhookSeal } from '../../build/applications/webhooks/webhook-seal.js';
import { LinkedAccountSeal } from '../../build/gateway/link/linked-account-seal.js';
import { Passwords } from '../../build/identity/users/passwords/passwords.js';
import { ConversationSeal } from '../../build/incoming/bot/conversation-seal.js';
import { CodeCountsRepository } from '../../build/delivery/outbox/code-counts.repository.js';
import { Database } from '../../build/platform/database/database.js';
import { Partitions } from '../../build/platform/database/partitions.js';
import { maskPhone } from '../../build/platform/phone/phone.js';
import { Audit } from '../../build/records/audit/audit.service.js';
import { RefusalCountsRepository } from '../../build/records/audit/refusal-counts.repository.js';
import { writeApplications, writeKeys, writeWebhooks } from './access.mjs';
import { before, Chance } from './chance.mjs';
import { writeConversations } from './conversations.mjs';
import { eventsOfStaff } from './events.mjs';
import { idAt } from './ids.mjs';
import { writeLinkedAccounts } from './linked-accounts.mjs';
import { writeLogins } from './logins.mjs';
import { accountRow, makePeople, nobodysPhone, STAFF } from './people.mjs';
import { insertRows } from './rows.mjs';

/** The same people, the same year: only the day that it ends with is another one. */
const SEED = 20_260_801;

/** As many as are seen in an afternoon. */
const USUAL = { people: 420, logins: 36_000, lines: 24_000, conversations: 60, deliveries: 90, codes: 260 };

/** What must be empty. The service itself may have been here, but nobody who used it. */
const OCCUPIED = [
  'users',
  'messages',
  'message_history',
  'conversations',
  'api_keys',
  'gateway_sessions',
  'oidc_clients',
];

/** Hours of the past that figures are asked of, and counted by (docs/decisions/0028-figures-are-counted-by-the-hour.md). */
const COUNTED_HOURS = 93 * 24;

/** What comes late marks its hour, to be counted anew. Here everything comes late, and nothing is counted yet. */
const BEFORE = `
  ALTER TABLE message_history DISABLE TRIGGER USER;
  UPDATE codes_counted SET until = date_bin('1 hour', now() - interval '${COUNTED_HOURS} hours', 'epoch'::timestamptz);
  UPDATE codes_counted SET since = until;
  UPDATE refusals_counted SET until = date_bin('1 hour', now() - interval '${COUNTED_HOURS} hours', 'epoch'::timestamptz)`;
const AFTER = 'ALTER TABLE message_history ENABLE TRIGGER USER';

/** Somebody else's data are in the database. */
export class OccupiedDatabase extends Error {
  name = 'OccupiedDatabase';
}

/**
 * @param url of a migrated database in which nothing is
 * @param secret the `AuthSecret` of the service that will use it
 * @param amounts other than the usual ones
 * @returns whom one logs in as to look around
 * @throws OccupiedDatabase
 */
export async function fillDatabase({ url, secret, amounts = {} }) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await refuseOccupied(client);
    const { rows } = await client.query(`SELECT date_trunc('milliseconds', now()) AS now`);
    const { now } = rows[0];
    await makePartitions(client, now);
    await client.query('BEGIN');
    await client.query('SET LOCAL synchronous_commit = off');
    await client.query(`SET LOCAL work_mem = '128MB'`);
    await client.query(BEFORE);
    await fill({ client, secret, now, ...USUAL, ...amounts });
    await client.query(AFTER);
    await client.query('COMMIT');
    await count(url);
  } finally {
    await client.end();
  }
  return STAFF;
}

async function refuseOccupied(client) {
  for (const table of OCCUPIED) {
    const { rowCount } = await client.query(`SELECT FROM ${table} LIMIT 1`);
    if (rowCount > 0)
      throw new OccupiedDatabase(
        `The table ${table} is not empty. The demo data only go into a database of their own.`,
      );
  }
}

/** The months of the year that is over; each call makes the months of a quarter. Days are made from where the log begins. */
async function makePartitions(client, now) {
  const partitions = new Partitions(client);
  for (const daysAgo of [365, 245, 125, 30, 22, 14, 6, 0]) await partitions.ensure(before(now, daysAgo, 'day'));
}

async function fill({ client, secret, now, people: count, logins, lines, conversations, deliveries, codes }) {
  const chance = new Chance(SEED);
  const phoneKeys = new Audit(null, secret, null, null);
  const people = makePeople(chance, now, count).map((person) => ({ ...person, id: idAt(person.createdAt) }));
  const [admin, , operator] = people;
  const seal = {
    webhooks: new WebhookSeal(secret),
    accounts: new LinkedAccountSeal(secret),
    conversations: new ConversationSeal(secret, null),
  };
  const passwordHash = await new Passwords(secret).hash(randomBytes(24).toString('base64url'));
  await insertRows(
    client,
    'users',
    people.map((person) => accountRow(person, passwordHash)),
  );
  const strangers = Array.from({ length: 150 }, (_, at) => nobodysPhone(50_000_000 + at * 7));
  await writeLogins(client, {
    people: people.map((person, place) => loggingIn(person, place, phoneKeys)),
    strangers: strangers.map((phone, place) => ({
      place,
      masked: maskPhone(phone),
      phone_key: phoneKeys.phoneKey(phone),
    })),
    now,
    logins,
    staff: STAFF.length,
  });
  await lockPasswords(client, { people, secret, now });
  const keys = await writeKeys(client, { now, admin });
  const reachable = people.filter(({ trouble }) => trouble === null);
  const contacts = [...reachable.slice(STAFF.length, 200).map(({ phone }) => phone), ...strangers.slice(0, 60)];
  const accounts = await writeLinkedAccounts(client, {
    ...{ chance, now, keys, contacts, lines, codes, seal: seal.accounts, people: reachable },
  });
  const webhooks = await writeWebhooks(client, { chance, now, keys, accounts, seal: seal.webhooks, deliveries });
  const applications = await writeApplications(client, { now, admin });
  const writers = [
    ...chance.some(reachable.slice(STAFF.length), conversations - 12),
    ...strangers.slice(0, 12).map(unknown),
  ];
  await writeConversations(client, {
    ...{ chance, now, seal: seal.conversations },
    writers: chance.some(writers, writers.length),
    staff: [operator, ...reachable.filter(({ role }) => role === 'OPERATOR').slice(0, 3)],
  });
  await insertRows(client, 'provider_health', [
    {
      provider: 'whapi',
      last_error: 'provider-disconnected',
      last_error_text: 'Channel not authorized',
      last_error_at: before(now, 9, 'hour'),
    },
  ]);
  const events = eventsOfStaff({ chance, now, people, keys, webhooks, applications });
  await insertRows(client, 'audit_events', events);
}

const unknown = (phone) => ({ phone, fullName: null });

function loggingIn(person, place, phoneKeys) {
  const { id, phone, createdAt, endedAt, mailName, hasPassword, trouble, addresses, agents } = person;
  return {
    ...{ place, id, phone, masked: maskPhone(phone), phone_key: phoneKeys.phoneKey(phone), created_at: createdAt },
    ...{ ended_at: endedAt, mailbox: mailName !== null && trouble !== 'registered', password: hasPassword, trouble },
    ...{ addresses, agents, devices: agents.map(() => idAt(createdAt)) },
  };
}

/** Somebody who forgot their password this morning: the tries of the last quarter of an hour are used up. */
async function lockPasswords(client, { people, secret, now }) {
  const locked = people.filter(({ trouble }) => trouble === 'passwordLocked');
  await insertRows(
    client,
    'password_budgets',
    locked.map(({ id }) => ({
      identifier_key: secret.mac('login-identifier', `account:${id}`),
      failures: Array.from({ length: 20 }, (_, at) => before(now, 200 - at * 5, 'second')),
      updated_at: before(now, 100, 'second'),
    })),
  );
}

/** As the jobs `code-counts` and `refusal-counts` would, step by step. */
async function count(url) {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  try {
    const database = new Database(pool);
    await new CodeCountsRepository(database).countNext(COUNTED_HOURS);
    await new RefusalCountsRepository(database).countNext(COUNTED_HOURS);
  } finally {
    await pool.end();
  }
}
