import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createDatabase, type TestDatabase } from '../../support/database.js';
import { openHouse, type House } from '../../support/house.js';
import { comparable, saveAnswers, savedAnswers, toSave, type SavedAnswers } from '../../support/postman-examples.js';
import {
  collectionItems,
  committedFiles,
  LONGER_THAN_A_RUN,
  operationOf,
  runCollection,
  type CollectionItem,
  type CollectionRun,
} from '../../support/postman.js';

// docs/postman, run as its users run it. Its saved answers are compared with today's; when a contract changes on purpose:
//   UPDATE_POSTMAN_EXAMPLES=1 npm test -- test/contracts/service/postman && npm run postman
// records them anew. Read the diff.

const UPDATE = process.env['UPDATE_POSTMAN_EXAMPLES'] === '1';

/** Systems whose requests show saved answers; what the collection only needs on the way is not part of their contract. */
const SYSTEMS: Record<string, RegExp> = {
  SiKesKoja: /^\w+ \/api\/auth\/(?!me|register)/,
  'Ticketing (forgot password)': /^\w+ \/api\/(forgot-password\/|health)/,
  Dashboard: /^\w+ \/(auth\/\w+|db-connect|webhook\/whapi|api\/conversations.*)?$/,
};

/** Read by the run, and no part of the API. */
const INBOX = 'GET /dev/inbox';

const items = collectionItems();
const openapi: OpenApi = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', '..', 'openapi.json'), 'utf8'));
/** Statuses by operation. */
const documented = new Map(
  operations().map(([operation, { responses }]): [string, number[]] => [operation, Object.keys(responses).map(Number)]),
);

interface OpenApi {
  paths: Record<string, Record<string, { responses: object; requestBody?: object }>>;
}

function operations() {
  return Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
  );
}

/** Answers of these go on until somebody ends them, which no request of a collection does. */
const GO_ON = ['GET /api/admin/events'];

const itemNamed = (name: string): CollectionItem => items.find((item) => item.name === name)!;
const showsAnswers = (item: CollectionItem) => SYSTEMS[item.folders[0]!] && operationOf(item) !== INBOX;

const recorded: SavedAnswers = {};
afterAll(() => {
  if (UPDATE) saveAnswers(recorded);
});

/** Compares the answers of a run with the saved ones, or records them. */
function checkSaved(run: CollectionRun, scene?: string): void {
  const answers = run.answers.filter(({ name }) => showsAnswers(itemNamed(name)));
  const today = answers.map((answer) => ({ name: answer.name, saved: toSave(answer, scene) }));
  for (const { name, saved } of today) (recorded[name] ??= []).push(saved);
  if (UPDATE) return;
  const all = savedAnswers();
  const then = today.map(({ name }) => ({ name, saved: (all[name] ?? []).find((saved) => saved.scene === scene)! }));
  const compared = (list: typeof today) => list.map(({ name, saved }) => [name, saved && comparable(saved)]);
  expect(compared(today)).toEqual(compared(then));
}

/** What succeeds with a linked WhatsApp account only. */
const WITH_A_PHONE_ONLY = [
  'GET /api/conversations/{phone}/messages/{messageId}/media',
  'GET /api/otp/status/{phone}',
  'GET /api/sessions/{id}/qr',
  ...['audio', 'button', 'document', 'image', 'list', 'location', 'otp', 'text', 'video'].map(
    (kind) => `POST /api/messages/{sessionId}/${kind}`,
  ),
  ...['expire', 'resend', 'verify'].map((what) => `POST /api/otp/${what}`),
  'POST /api/sessions/{id}/pairing-code',
];

/** What succeeds with a passkey only, which a browser makes: test/attacks/second-factor.spec.ts. */
const WITH_A_PASSKEY_ONLY = [
  'DELETE /api/auth/second-factor/passkeys/{id}',
  'POST /api/auth/second-factor/passkeys',
  'POST /api/auth/second-factor/passkeys/verify',
  'POST /api/auth/second-factor/passkeys/verify/options',
];

describe('a fresh development service with the developer inbox', () => {
  let house: House;
  const runs: CollectionRun[] = [];

  beforeAll(async () => {
    const asShipped = { ADDRESS_SENDS_PER_HOUR: '', ADDRESS_FAILURES_PER_HOUR: '' };
    // Nobody answers there: a run links no phone.
    const nowhere = { GATEWAY_WHATSAPP_URL: 'ws://127.0.0.1:1' };
    house = await openHouse({ ...asShipped, ...nowhere, SEED_DEMO: '', WHATSAPP_DEVICE_ID: '' });
  });
  afterAll(async () => house.close());

  it.each(['first', 'second'])(
    'passes from top to bottom, for the %s time',
    async () => {
      const run = await runCollection(house.service.url);
      runs.push(run);
      expect(run.failures).toEqual([]);
      expect(run.assertions).toBeGreaterThan(450);
      expect(run.answers.map(({ name }) => name)).toEqual(items.map(({ name }) => name));
    },
    LONGER_THAN_A_RUN,
  );

  it('answers every operation with success at least once in each run', () => {
    expect(runs).toHaveLength(2);
    for (const { answers } of runs) {
      const succeeded = new Set(
        answers.filter(({ status }) => status >= 200 && status < 300).map(({ name }) => operationOf(itemNamed(name))),
      );
      const refused = [...documented.keys()].filter((operation) => !succeeded.has(operation));
      expect(refused.sort()).toEqual([...WITH_A_PHONE_ONLY, ...WITH_A_PASSKEY_ONLY, ...GO_ON].sort());
    }
  });

  it('answers only with statuses that are documented', () => {
    const answers = runs.flatMap((run) => run.answers);
    const odd = answers.filter(({ name, status }) => {
      const statuses = documented.get(operationOf(itemNamed(name)));
      return statuses && status !== 302 && !statuses.includes(status);
    });
    expect(odd.map(({ name, status }) => `${name}: ${status}`)).toEqual([]);
  });

  it('is left as it was found: the demo accounts, and no key that opens anything', async () => {
    const accounts = await house.database.query<{ username: string | null }>(
      'SELECT username FROM users WHERE erased_at IS NULL ORDER BY username',
    );
    expect(accounts.map(({ username }) => username)).toEqual(['admin', 'operator', 'supervisor', null]);
    expect(await house.database.query('SELECT 1 FROM api_keys WHERE revoked_at IS NULL')).toEqual([]);
  });

  it('answers as the saved answers say', () => {
    checkSaved(runs[0]!);
  });
});

describe('answers that are as good', () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ SEED_DEMO: '', OTP_SENDS_PER_HOUR: '1' }, { movingClock: true });
  });
  afterAll(async () => house.close());

  it('with a connected device', async () => {
    const run = await runCollection(house.service.url, ['Is the device connected?', 'Is the bot ready?']);
    expect(run.failures).toEqual([]);
    expect(run.answers.map(({ body }) => body)).toMatchObject([
      { data: { connected: true } },
      { data: { ready: true } },
    ]);
    checkSaved(run, 'with a device');
  });

  it('when a number had its codes for this hour', async () => {
    await house.login('081234567890');
    const names = items
      .filter((item) => JSON.stringify(item.event).includes('if (pm.response.code === 429)'))
      .map(({ name }) => name);
    expect(names.length).toBeGreaterThan(3);
    const run = await runCollection(house.service.url, names);
    expect(run.failures).toEqual([]);
    expect(run.answers.map(({ status }) => status)).toEqual(names.map(() => 429));
    checkSaved({ ...run, answers: run.answers.slice(0, 1) }, 'too many in this hour');
  });

  it('when the database is gone', async () => {
    // Nor is there a device, as in a fresh development; its state may be a second old.
    house.fake.connected = false;
    await house.clock.pass(1.1);
    await cutOff(house.database, async () => {
      const asked = ['Does the database answer?', 'Database and WhatsApp at a glance', 'Ready'];
      const run = await runCollection(house.service.url, asked);
      expect(run.failures).toEqual([]);
      expect(run.answers.map(({ status }) => status)).toEqual([503, 503, 503]);
      checkSaved(run, 'without the database');
    });
  });
});

/** Does the work while nobody is let into a database. */
async function cutOff({ url }: TestDatabase, work: () => Promise<void>): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const neighbour = await createDatabase();
  try {
    await neighbour.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await neighbour.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await work();
    await neighbour.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  } finally {
    await neighbour.drop();
  }
}

describe('the collection', () => {
  it('calls every documented operation and no unknown one', () => {
    const called = new Set(items.map(operationOf));
    expect([...documented.keys()].filter((operation) => !called.has(operation))).toEqual(GO_ON);
    expect([...called].filter((operation) => !documented.has(operation))).toEqual([INBOX]);
  });

  it('has its folders by system', () => {
    const [a, b, d] = Object.keys(SYSTEMS);
    expect([...new Set(items.map(({ folders }) => folders[0]))]).toEqual([a, b, 'WhatsApp gateway', d, 'Beyond']);
  });

  it('names each request once, and each tells what it is for and has tests of its own', () => {
    expect(items.map(({ name }) => name)).toEqual([...new Set(items.map(({ name }) => name))]);
    for (const { name, request, event } of items) {
      const tests = event.filter(({ listen }) => listen === 'test').flatMap(({ script }) => script.exec);
      expect([name, request.description]).toEqual([name, expect.stringMatching(/\S/)]);
      expect([name, tests.join('\n')]).toEqual([name, expect.stringContaining('pm.test(')]);
    }
  });

  it('shows an example body wherever one is documented as needed', () => {
    for (const [operation, { requestBody }] of operations()) {
      if (!requestBody) continue;
      const bodies = items.filter((item) => operationOf(item) === operation).map(({ request }) => request.body);
      expect([operation, bodies.some((body) => body?.raw ?? body?.urlencoded)]).toEqual([operation, true]);
    }
  });

  it.each(Object.keys(SYSTEMS))('shows saved answers of success and failure in %s', (system) => {
    const own = items.filter(({ folders }) => folders[0] === system);
    for (const operation of new Set(own.map(operationOf))) {
      if (!SYSTEMS[system]!.test(operation)) continue;
      const shown = own.filter((item) => operationOf(item) === operation).map(outcomesShown);
      // `GET /` is there or is not; a service that is not does not answer.
      const both = operation === 'GET /' ? 'good' : WITH_A_PHONE_ONLY.includes(operation) ? 'bad' : 'bad and good';
      expect([operation, shown]).toEqual([operation, expect.arrayContaining([both])]);
    }
  });

  /** The state of a device that is not there comes with status 200. */
  function outcomesShown({ response }: CollectionItem): string {
    const outcomes = response.map(({ code, body }) => {
      const { success = true, data } = JSON.parse(body);
      return code < 400 && success && data?.ready !== false ? 'good' : 'bad';
    });
    return [...new Set(outcomes)].sort().join(' and ');
  }

  const SECRETS: [what: string, pattern: RegExp, like: string][] = [
    ['a bearer token', /bearer [\w.-]{20,}/gi, `Bearer ${randomBytes(16).toString('base64url')}`],
    ['a JWT', /eyJ[\w-]{8,}/g, Buffer.from('{"alg":"ES256"}').toString('base64url')],
    ['a device id or a key in hexadecimal', /(?<![\w-])[0-9a-f]{24,}(?![\w-])/gi, randomBytes(16).toString('hex')],
    ['a UUID that is not made up', /\b(?!0{8}-)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, randomUUID()],
    ['an API key', /msk_[\w-]{8}/g, `msk_${randomBytes(32).toString('base64url')}`],
    // What is not random enough to hold a capital and a digit is a name in a script.
    [
      'a refresh token, a device token or a cookie',
      /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{32,}/g,
      randomBytes(64).toString('base64url'),
    ],
  ];

  it.each(SECRETS)('holds nothing that looks like %s', (_, pattern, like) => {
    const { collection, environment } = committedFiles();
    expect(`"${like}"`.match(pattern)).not.toBeNull();
    expect([collection.match(pattern), environment.match(pattern)]).toEqual([null, null]);
  });

  it('contains no password but that of the demo accounts', () => {
    const environment = JSON.parse(committedFiles().environment).values as { key: string; value: string }[];
    const { variable } = JSON.parse(committedFiles().collection) as { variable: typeof environment };
    const filled = [...environment, ...variable].filter(({ value }) => value !== '');
    expect(Object.fromEntries(filled.map(({ key, value }) => [key, value]))).toEqual({
      baseUrl: 'http://localhost:5000',
      phone: '081234567890',
      adminIdentifier: 'admin@sikeskoja.com',
      adminPassword: 'password123',
    });
  });
});
