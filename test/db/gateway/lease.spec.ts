import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { AUTH_SECRET, newNumber } from '../../support/house.js';
import { type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

// One owner at a time among many instances; nothing leaves before its key state is stored; no queued message is lost.

/** An owner that died is replaced within this, in ms: docs/gateway.md#several-instances. */
const TAKEOVER = 30_000;

let house: GatewayHouse;
let one: Service;
let two: Service;
let account: string;

beforeEach(async () => {
  house = await openGatewayHouse();
  one = house.service;
  account = newNumber();
}, 60_000);
afterEach(async () => house.close());

/** The instance that was started second, and knows of the session only what the database says. */
async function secondInstance(): Promise<void> {
  two = await house.another();
}

const sessionRow = async () =>
  (
    await house.database.query<{ owner: string | null; fence: number; state: string; wanted: boolean; phone: string }>(
      'SELECT owner, fence, state, wanted, phone FROM gateway_sessions',
    )
  )[0]!;

const send = (text: string, to = '081234567890', at = one) => house.text('main', to, text, house.admin, at);

/** Texts that arrived at a phone, each once: what is sent again has the same id. */
function arrived(to = '6281234567890'): (string | null | undefined)[] {
  const byId = new Map(house.whatsapp.messagesTo(to).map(({ id, text }) => [id, text]));
  return [...byId.values()];
}

describe('an owner that is killed', () => {
  it('is replaced within 30 s, by one login at a time, and no queued message is lost', async () => {
    await house.link('main', account);
    await secondInstance();
    expect((await send('before', '081234567890', two)).status).toBe(200);
    const texts = Array.from({ length: 24 }, (_, at) => `text ${at}`);
    const queue = texts.values();
    const answers: number[] = [];
    let killedAt = 0;
    let afterKill = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (const text of queue) {
          const { status } = await send(text, '081234567890', two);
          answers.push(status);
          if (answers.length === 6) {
            killedAt = Date.now();
            void one.stop('SIGKILL');
          } else if (killedAt > 0 && afterKill === 0 && Date.now() - killedAt > 1_000) afterKill = Date.now();
        }
      }),
    );
    expect(answers).toEqual(texts.map(() => 200));
    expect(new Set(arrived())).toEqual(new Set(['before', ...texts]));
    expect(arrived()).toHaveLength(texts.length + 1);
    expect(afterKill - killedAt).toBeLessThan(TAKEOVER);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
    expect(house.whatsapp.unreadable).toEqual([]);
  }, 90_000);

  it('leaves each of its sessions to one of several instances', async () => {
    const accounts = Array.from({ length: 4 }, newNumber);
    for (const [at, phone] of accounts.entries()) await house.link(`s${at}`, phone);
    const others = await Promise.all([house.another(), house.another()]);
    await one.stop('SIGKILL');
    const loggedIn = () => accounts.every((phone) => house.whatsapp.line(phone).logins === 2);
    await until('all are logged in', loggedIn, TAKEOVER);
    for (const at of accounts.keys()) await house.becomes(`s${at}`, 'connected', 10_000, others[0]);
    await pause(3_000);
    for (const phone of accounts) expect(house.whatsapp.line(phone)).toEqual({ open: 1, peak: 1, logins: 2 });
  }, 90_000);
});

describe('an owner that stops', () => {
  it('hands over at once', async () => {
    await house.link('main', account);
    await secondInstance();
    const stopped = one.stop('SIGTERM');
    const started = Date.now();
    await until('the other one has logged in', () => house.whatsapp.line(account).logins === 2, 10_000);
    // Far from a lease's end.
    expect(Date.now() - started).toBeLessThan(8_000);
    expect((await stopped).code).toBe(0);
    await house.becomes('main', 'connected', 10_000, two);
    expect((await send('after', '081234567890', two)).status).toBe(200);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
  }, 60_000);

  it('takes its sessions up again when it starts', async () => {
    await house.link('main', account);
    expect((await send('before')).status).toBe(200);
    expect((await one.stop('SIGTERM')).code).toBe(0);
    await secondInstance();
    await house.becomes('main', 'connected', 15_000, two);
    expect((await send('after', '081234567890', two)).status).toBe(200);
    expect(arrived()).toEqual(['before', 'after']);
    expect(house.whatsapp.unreadable).toEqual([]);
  }, 60_000);
});

describe('an owner that lost its session', () => {
  /** As another instance would take it, without logging in. */
  const takeAway = () =>
    house.database.query(
      `UPDATE gateway_sessions SET owner = gen_random_uuid(), fence = fence + 1, lease_until = now() + interval '1 minute'`,
    );

  it('closes its connection at its first write that comes too late, and answers nothing', async () => {
    await house.link('main', account);
    await takeAway();
    const keys = await keysStored();
    await house.whatsapp.say(account, newNumber(), 'halo');
    // The renewal would find it out within 4 s or so; a write does at once.
    await until('closed', () => house.whatsapp.line(account).open === 0, 2_000);
    expect(await keysStored()).toEqual(keys);
  }, 40_000);

  it('closes its connection when it notices it itself', async () => {
    await house.link('main', account);
    await takeAway();
    await until('closed', () => house.whatsapp.line(account).open === 0, 8_000);
  }, 40_000);

  it('has closed its connection before another one may log in, when the database does not let it renew', async () => {
    await house.link('main', account);
    await secondInstance();
    const { fence } = await sessionRow();
    const lock = await house.database.lock('SELECT 1 FROM gateway_sessions FOR UPDATE');
    try {
      await until('closed', () => house.whatsapp.line(account).open === 0, 16_000);
      expect(await sessionRow()).toMatchObject({ fence });
    } finally {
      await lock.release();
    }
    await until('logged in again', () => house.whatsapp.line(account).open === 1, TAKEOVER);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 2 });
  }, 90_000);
});

const sealedKeys = async () =>
  (await house.database.query<{ key: string }>(`SELECT encode(sealed_key, 'hex') AS key FROM gateway_sessions`)).map(
    ({ key }) => key,
  );

const keysStored = async () =>
  house.database.query<{ name: string; value: string }>(
    `SELECT encode(name_hash, 'hex') AS name, encode(sealed_value, 'hex') AS value FROM gateway_keys ORDER BY 1`,
  );

describe('key state', () => {
  it('is stored before the message that rests on it leaves', async () => {
    await house.link('main', account);
    expect((await send('first')).status).toBe(200);
    const lock = await house.database.lock('LOCK TABLE gateway_keys IN EXCLUSIVE MODE');
    const answer = send('second');
    await pause(1_200);
    expect(arrived()).toEqual(['first']);
    await lock.release();
    expect((await answer).status).toBe(200);
    expect(arrived()).toEqual(['first', 'second']);
  }, 40_000);

  it('never uses a key of the ratchet twice, wherever kill -9 strikes', async () => {
    await house.link('main', account);
    expect((await send('0')).status).toBe(200);
    for (const [round, ms] of [3, 12, 25, 45].entries()) {
      const service = round === 0 ? one : two;
      const lost = [send(`${round} a`, '081234567890', service), send(`${round} b`, '081234567891', service)];
      for (const answer of lost) answer.catch(() => undefined);
      await pause(ms);
      await service.stop('SIGKILL');
      await Promise.allSettled(lost);
      await endLease();
      await secondInstance();
      await house.becomes('main', 'connected', TAKEOVER, two);
      expect((await send(`${round} c`, '081234567890', two)).status).toBe(200);
      expect((await send(`${round} d`, '081234567891', two)).status).toBe(200);
    }
    expect(house.whatsapp.unreadable).toEqual([]);
    // What the service had taken down before it was killed has arrived, even where nobody waited for it any more.
    const queued = await house.database.query<{ whatsapp_id: string }>('SELECT whatsapp_id FROM gateway_messages');
    expect(queued.length).toBeGreaterThanOrEqual(9);
    const ids = new Set(house.whatsapp.messages.map(({ id }) => id));
    expect(queued.filter(({ whatsapp_id }) => !ids.has(whatsapp_id))).toEqual([]);
  }, 120_000);

  it('is written whole or not at all while an account is linked', async () => {
    const made = await one.post('/api/sessions/create', { sessionId: 'main' }, house.admin);
    expect(made.status).toBe(201);
    const qr = await house.qrOf('main');
    await house.database.query('ALTER TABLE gateway_keys ADD CONSTRAINT disk_full CHECK (false) NOT VALID');
    await expect(house.whatsapp.scan(qr, { phone: account })).rejects.toThrow('went away');
    expect(await keysStored()).toEqual([]);
    await house.database.query('ALTER TABLE gateway_keys DROP CONSTRAINT disk_full');
    const again = async () => (await house.qrOf('main').catch(() => qr)) !== qr;
    await until('another QR code is shown', again, 20_000);
    await house.whatsapp.scan(await house.qrOf('main'), { phone: account });
    await house.becomes('main', 'connected');
    expect((await send('linked')).status).toBe(200);
    expect(house.whatsapp.line(account)).toEqual({ open: 1, peak: 1, logins: 1 });
  }, 60_000);

  it('is sealed anew while AUTH_SECRET is replaced, also of sessions that nobody holds', async () => {
    await house.link('main', account);
    const idle = newNumber();
    await house.link('idle', idle);
    house.whatsapp.kick(idle, 440);
    await house.becomes('idle', 'disconnected');
    const replaced = { AUTH_SECRET: 'x9Kf3mQ7vB2nT8wL5cR1yJ6pH4sD0gZa-another', AUTH_SECRET_PREVIOUS: AUTH_SECRET };
    const before = await sealedKeys();
    const next = await house.another(replaced);
    await until('sealed anew', async () => (await sealedKeys()).every((key) => !before.includes(key)));
    await Promise.all([one.stop(), next.stop()]);
    const last = await house.another({ AUTH_SECRET: replaced.AUTH_SECRET });
    await until('logged in again', () => house.whatsapp.line(account).open === 1);
    const token = await last.post('/api/auth/login', { identifier: 'admin', password: 'password123' });
    const admin = { authorization: `Bearer ${token.body.data.token}` };
    expect((await last.send('PUT', '/api/sessions/idle/restart', undefined, admin)).status).toBe(200);
    await until('idle too', () => house.whatsapp.line(idle).open === 1);
  }, 60_000);

  it('is sealed: neither numbers nor names nor keys can be read in the database', async () => {
    await house.link('main', account);
    expect((await send('halo')).status).toBe(200);
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
  }, 40_000);
});

async function endLease(): Promise<void> {
  await house.database.query(`UPDATE gateway_sessions SET lease_until = now() - interval '1 second'`);
}
