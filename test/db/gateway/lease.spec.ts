import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { AUTH_SECRET, newNumber } from '../../support/house.js';
import { type Service, type ServiceProcess } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

// One owner at a time among many instances; nothing leaves before its key state is stored; no queued message is lost.
// The instances are one row through the whole file, no two of them in one process: a test that stops the first of them leaves
// the others to the next test, and starts as many as it needs. Linked accounts are the test's own, and deleted behind it.

/** Seconds: docs/gateway.md#several-instances. An owner that died is replaced within the last of them. */
const [RENEWAL, LEASE, TAKEOVER] = [4, 15, 30];

let house: GatewayHouse;
/** What runs, the oldest first, and the seat of each process that has several services. */
let running: { service: Service; seat: number }[];

beforeAll(async () => {
  house = await openGatewayHouse({}, { movingClock: true });
  running = [{ service: house.service, seat: 0 }];
});
afterAll(async () => house.close());
afterEach(async () => {
  const [service] = await instances(1);
  const { body } = await service!.get('/api/sessions?limit=100', house.admin);
  for (const { sessionId } of body.data)
    expect((await service!.send('DELETE', `/api/sessions/${sessionId}`, undefined, house.admin)).status).toBe(200);
});

/** So many instances, and no others, the oldest first. */
async function instances(count: number): Promise<Service[]> {
  while (running.length < count) {
    const seat = [0, 1, 2, 3].find((each) => running.every((other) => other.seat !== each))!;
    running.push({ seat, service: await house.inOtherProcess({}, seat) });
  }
  for (const { service } of running.splice(count)) await service.stop();
  return running.map(({ service }) => service);
}

/** A process of its own, which can be killed, and so many others. */
async function victimAnd(others: number): Promise<[victim: ServiceProcess, ...others: Service[]]> {
  return [await house.anotherProcess(), ...(await instances(others))];
}

/** Makes a linked account at this instance, and links a phone to it. */
async function link(service: Service, name = 'main', phone = newNumber()): Promise<string> {
  expect((await service.post('/api/sessions/create', { sessionId: name }, house.admin)).status).toBe(201);
  await house.whatsapp.scan(await house.qrOf(name), { phone });
  await house.becomes(name, 'connected', undefined, service);
  return phone;
}

const sessionRow = async () =>
  (
    await house.database.query<{ owner: string | null; fence: number; state: string; wanted: boolean; phone: string }>(
      'SELECT owner, fence, state, wanted, phone FROM gateway_sessions',
    )
  )[0]!;

const send = (at: Service, text: string, to: string) => house.text('main', to, text, house.admin, at);

/** Texts that arrived at a phone, each once: what is sent again has the same id. */
function arrived(to: string): (string | null | undefined)[] {
  const byId = new Map(house.whatsapp.messagesTo(to).map(({ id, text }) => [id, text]));
  return [...byId.values()];
}

describe('a holder that lost its linked account', () => {
  /** As another instance would take it, without logging in. */
  const takeAway = () =>
    house.database.query(
      `UPDATE gateway_sessions SET owner = gen_random_uuid(), fence = fence + 1, lease_until = test_clock.now() + interval '1 minute'
        WHERE name = 'main'`,
    );
  /** So that it can be deleted. */
  const leaveBehind = () => house.database.query('UPDATE gateway_sessions SET owner = NULL, lease_until = NULL');

  it('closes its connection at its first write that comes too late, and answers nothing', async () => {
    const [one] = await instances(1);
    const account = await link(one!);
    // Not linked yet, so that it has no keys to store: those are written with the keys of others, and would wait for its row.
    expect((await one!.post('/api/sessions/create', { sessionId: 'neighbour' }, house.admin)).status).toBe(201);
    await house.qrOf('neighbour');
    // The renewal would find it out, too. It waits for the other linked account's row.
    const lock = await house.database.lock(`SELECT 1 FROM gateway_sessions WHERE name = 'neighbour' FOR UPDATE`);
    try {
      await takeAway();
      const [keys, said] = [await keysStored(), one!.output().length];
      await house.whatsapp.say(account, newNumber(), 'halo');
      await until('closed', () => house.whatsapp.line(account).open === 0);
      expect(one!.output().slice(said)).not.toContain('"msg":"linked account released"');
      expect(await keysStored()).toEqual(keys);
    } finally {
      await lock.release();
      await leaveBehind();
    }
  });

  it('closes its connection when it notices it itself', async () => {
    const [one] = await instances(1);
    const account = await link(one!);
    await takeAway();
    await house.clock.until('closed', () => house.whatsapp.line(account).open === 0, RENEWAL + 1);
    await leaveBehind();
  });

  it('has closed its connection before another one may log in, when the database does not let it renew', async () => {
    const [one] = await instances(2);
    const account = await link(one!);
    const { fence } = await sessionRow();
    const lock = await house.database.lock('SELECT 1 FROM gateway_sessions FOR UPDATE');
    try {
      await house.clock.until('closed', () => house.whatsapp.line(account).open === 0, LEASE);
      expect(await sessionRow()).toMatchObject({ fence });
    } finally {
      await lock.release();
    }
    await house.clock.until('logged in again', () => house.whatsapp.line(account).open === 1, TAKEOVER);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
  });
});

const sealedKeys = async () =>
  (await house.database.query<{ key: string }>(`SELECT encode(sealed_key, 'hex') AS key FROM gateway_sessions`)).map(
    ({ key }) => key,
  );

const keysStored = async () =>
  house.database.query<{ name: string; value: string }>(
    `SELECT encode(name_hash, 'hex') AS name, encode(sealed_value, 'hex') AS value FROM gateway_keys ORDER BY 1`,
  );

/** Whether somebody waits for the lock on the keys. */
const keysWait = async () =>
  (await house.database.query(`SELECT 1 FROM pg_locks WHERE relation = 'gateway_keys'::regclass AND NOT granted`))
    .length > 0;

describe('key state', () => {
  it('is stored before the message that rests on it leaves', async () => {
    const [one] = await instances(1);
    const to = newNumber();
    await link(one!);
    expect((await send(one!, 'first', to)).status).toBe(200);
    const lock = await house.database.lock('LOCK TABLE gateway_keys IN EXCLUSIVE MODE');
    const answer = send(one!, 'second', to);
    try {
      await until('its keys are to be stored', keysWait);
      await house.clock.pass(2);
      expect(arrived(to)).toEqual(['first']);
    } finally {
      await lock.release();
    }
    expect((await answer).status).toBe(200);
    expect(arrived(to)).toEqual(['first', 'second']);
  });

  it('is written whole or not at all while an account is linked', async () => {
    const [one] = await instances(1);
    const account = newNumber();
    expect((await one!.post('/api/sessions/create', { sessionId: 'main' }, house.admin)).status).toBe(201);
    const qr = await house.qrOf('main');
    await house.database.query('ALTER TABLE gateway_keys ADD CONSTRAINT disk_full CHECK (false) NOT VALID');
    await expect(house.whatsapp.scan(qr, { phone: account })).rejects.toThrow('went away');
    expect(await keysStored()).toEqual([]);
    await house.database.query('ALTER TABLE gateway_keys DROP CONSTRAINT disk_full');
    const again = async () => (await house.qrOf('main').catch(() => qr)) !== qr;
    await until('another QR code is shown', again);
    await house.whatsapp.scan(await house.qrOf('main'), { phone: account });
    await house.becomes('main', 'connected', undefined, one);
    expect((await send(one!, 'linked', newNumber())).status).toBe(200);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 1 });
  });

  it('is sealed: neither numbers nor names nor keys can be read in the database', async () => {
    const [one] = await instances(1);
    const account = await link(one!);
    expect((await send(one!, 'halo', '6281234567890')).status).toBe(200);
    await house.whatsapp.say(account, '6281234567890', 'apa kabar');
    await until(
      'heard',
      async () => (await house.database.query('SELECT 1 FROM gateway_contacts WHERE heard_at IS NOT NULL')).length > 0,
    );
    const stored = await keysStored();
    expect(stored.length).toBeGreaterThan(5);
    for (const { name, value } of stored) {
      expect(Buffer.from(name, 'hex').toString('latin1')).not.toMatch(/6281|session|creds/);
      expect(Buffer.from(value, 'hex').toString('latin1')).not.toMatch(/private|_sessions|6281/);
    }
  });
});

describe('an owner that is killed', () => {
  it('is replaced within 30 s, by one login at a time, and no queued message is lost', async () => {
    const [one, two] = await victimAnd(1);
    const account = await link(one);
    const to = newNumber();
    expect((await send(two!, 'before', to)).status).toBe(200);
    const texts = Array.from({ length: 24 }, (_, at) => `text ${at}`);
    const queue = texts.values();
    const answers: number[] = [];
    const callers = Array.from({ length: 4 }, async () => {
      for (const text of queue) {
        const { status } = await send(two!, text, to);
        answers.push(status);
        if (answers.length === 6) void one.stop('SIGKILL');
      }
    });
    await until('its end', () => house.whatsapp.line(account).open === 0);
    await house.clock.until('another one has logged in', () => house.whatsapp.line(account).open === 1, TAKEOVER);
    await Promise.all(callers);
    expect(answers).toEqual(texts.map(() => 200));
    expect(new Set(arrived(to))).toEqual(new Set(['before', ...texts]));
    expect(arrived(to)).toHaveLength(texts.length + 1);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
    expect(house.whatsapp.unreadable).toEqual([]);
  });
});

describe('an owner that stops', () => {
  it('takes its linked accounts up again when it starts', async () => {
    const [one] = await victimAnd(0);
    const account = await link(one);
    const to = newNumber();
    expect((await send(one, 'before', to)).status).toBe(200);
    expect((await one.stop('SIGTERM')).code).toBe(0);
    const [two] = await instances(1);
    await house.becomes('main', 'connected', undefined, two);
    expect((await send(two!, 'after', to)).status).toBe(200);
    expect(arrived(to)).toEqual(['before', 'after']);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
    expect(house.whatsapp.unreadable).toEqual([]);
  });

  it('hands over at once', async () => {
    const [one, two] = await instances(2);
    const account = await link(one!);
    // From here on no lease ends: only what is handed over can be taken.
    await house.database.query(
      `CREATE FUNCTION endless() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN NEW.lease_until = NEW.lease_until + interval '1 day'; RETURN NEW; END $$;
       CREATE TRIGGER endless BEFORE UPDATE OF lease_until ON gateway_sessions FOR EACH ROW EXECUTE FUNCTION endless();
       UPDATE gateway_sessions SET lease_until = lease_until`,
    );
    await running.shift()!.service.stop();
    await until('the other one has logged in', () => house.whatsapp.line(account).logins === 2);
    await house.database.query('DROP TRIGGER endless ON gateway_sessions');
    await house.becomes('main', 'connected', undefined, two);
    expect((await send(two!, 'after', newNumber())).status).toBe(200);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
  });
});

describe('a holder of several linked accounts that is killed', () => {
  it('leaves each of them to one of several instances', async () => {
    const [one, two] = await victimAnd(2);
    const accounts: string[] = [];
    for (let at = 0; at < 4; at++) accounts.push(await link(one, `s${at}`));
    await one.stop('SIGKILL');
    const loggedIn = () => accounts.every((phone) => house.whatsapp.line(phone).logins === 2);
    await house.clock.until('all are logged in', loggedIn, TAKEOVER);
    for (const at of accounts.keys()) await house.becomes(`s${at}`, 'connected', undefined, two);
    // Each instance has looked for more, and renewed what it holds.
    await house.clock.pass(10);
    for (const phone of accounts) expect(house.whatsapp.line(phone)).toEqual({ open: 1, peak: 1, logins: 2 });
  });

  it('never uses a key of the ratchet twice, wherever kill -9 strikes', async () => {
    let [victim] = await victimAnd(0);
    const [one, other] = [newNumber(), newNumber()];
    await link(victim);
    expect((await send(victim, '0', one)).status).toBe(200);
    for (const [round, ms] of [3, 12, 25, 45].entries()) {
      const lost = [send(victim, `${round} a`, one), send(victim, `${round} b`, other)];
      for (const answer of lost) answer.catch(() => undefined);
      // When it strikes is what this is about.
      await pause(ms);
      await victim.stop('SIGKILL');
      await Promise.allSettled(lost);
      await house.database.query(`UPDATE gateway_sessions SET lease_until = now() - interval '1 second'`);
      [victim] = await victimAnd(0);
      await house.becomes('main', 'connected', undefined, victim);
      expect((await send(victim, `${round} c`, one)).status).toBe(200);
      expect((await send(victim, `${round} d`, other)).status).toBe(200);
    }
    await victim.stop('SIGTERM');
    expect(house.whatsapp.unreadable).toEqual([]);
    // What the service had taken down before it was killed has arrived, even where nobody waited for it any more.
    const queued = await house.database.query<{ whatsapp_id: string }>('SELECT whatsapp_id FROM gateway_messages');
    expect(queued.length).toBeGreaterThanOrEqual(9);
    const ids = new Set(house.whatsapp.messages.map(({ id }) => id));
    expect(queued.filter(({ whatsapp_id }) => !ids.has(whatsapp_id))).toEqual([]);
  }, 120_000);
});

describe('another AUTH_SECRET', () => {
  it('seals key state anew, also of linked accounts that nobody holds', async () => {
    const [one] = await instances(1);
    const account = await link(one!);
    const idle = await link(one!, 'idle');
    house.whatsapp.kick(idle, 440);
    await house.becomes('idle', 'disconnected', undefined, one);
    const replaced = { AUTH_SECRET: 'x9Kf3mQ7vB2nT8wL5cR1yJ6pH4sD0gZa-another', AUTH_SECRET_PREVIOUS: AUTH_SECRET };
    const before = await sealedKeys();
    const next = await house.inOtherProcess(replaced);
    await until('sealed anew', async () => (await sealedKeys()).every((key) => !before.includes(key)));
    await Promise.all([running.shift()!.service.stop(), next.stop()]);
    const last = await house.another({ AUTH_SECRET: replaced.AUTH_SECRET });
    running.push({ service: last, seat: 0 });
    await until('logged in again', () => house.whatsapp.line(account).open === 1);
    const token = await last.post('/api/auth/login', { identifier: 'admin', password: 'password123' });
    const admin = { authorization: `Bearer ${token.body.data.token}` };
    expect((await last.send('PUT', '/api/sessions/idle/restart', undefined, admin)).status).toBe(200);
    await until('idle too', () => house.whatsapp.line(idle).open === 1);
  });
});
