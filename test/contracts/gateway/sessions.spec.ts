import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { toDataURL } from 'qrcode';
import { expectAhead, expectFailure, INSTANT, retryAfter } from '../../support/answers.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { logIn, newcomer } from '../../support/logins.js';
import { type Answer, type ServiceProcess } from '../../support/service.js';
import { until } from '../../support/waits.js';

type Headers = Record<string, string>;

let house: GatewayHouse;
let made = 0;

beforeAll(async () => {
  house = await openGatewayHouse({}, { movingClock: true });
});
afterAll(async () => house.close());
/** Accounts that nobody links connect again and again: those of a test end with it. */
afterEach(async () => {
  house.whatsapp.refuseLogins = undefined;
  for (;;) {
    const { data } = (await call('GET', '?limit=100')).body as { data: { id?: string; sessionId: string }[] };
    if (data.length === 0) return;
    await Promise.all(data.map(({ id, sessionId }) => call('DELETE', id ?? sessionId)));
  }
});

const newName = () => `session-${(made += 1)}`;
const create = (sessionId: unknown, headers = house.admin, service = house.service) =>
  service.post('/api/sessions/create', { sessionId }, headers);
const call = (method: string, path: string, headers = house.admin, service = house.service) =>
  service.send(method, `/api/sessions${path === '' || path.startsWith('?') ? path : `/${path}`}`, undefined, headers);
const pairingCode = (name: string, phone: unknown, headers = house.admin) =>
  house.service.post(`/api/sessions/${name}/pairing-code`, { phone }, headers);
const messages = (answers: Answer[]) => answers.map(({ status, body }) => [status, body?.code]);

describe('POST /api/sessions/create', () => {
  it('makes a linked account that shows a QR code, and is connected when it is scanned', async () => {
    const [name, phone] = [newName(), newNumber()];
    const answer = await create(name);
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      success: true,
      message: 'Session dibuat, pindai QR code dengan WhatsApp',
      data: { sessionId: name, status: 'connecting' },
    });
    const qr = await call('GET', `${name}/qr`);
    expect(qr.status).toBe(200);
    expect(qr.headers.get('cache-control')).toBe('no-store');
    const text = await house.qrOf(name);
    expect(qr.body.data).toEqual({
      sessionId: name,
      status: 'qr',
      qr: await toDataURL(text, { width: 360, margin: 2 }),
    });
    await house.whatsapp.scan(text, { phone, name: 'Klinik Sehat' });
    const connected = await house.becomes(name, 'connected');
    expect(connected.body.data).toEqual({
      sessionId: name,
      status: 'connected',
      phone: `${phone}@s.whatsapp.net`,
      name: 'Klinik Sehat',
      lastConnectedAt: INSTANT,
    });
    expectFailure(await call('GET', `${name}/qr`), 404, 'qr_not_available');
  });

  it('takes each id once per API key, even in parallel', async () => {
    const name = newName();
    const makers = [house.admin, await house.key('sessions'), await house.key('sessions')];
    for (const headers of makers) {
      const answers = await Promise.all([1, 2, 3].map(() => create(name, headers)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
      expectFailure(await create(name, headers), 409, 'session_id_taken');
    }
  });

  it.each<[unknown]>([
    [undefined],
    [''],
    ['a b'],
    ['a/b'],
    ['..'],
    ['../../etc/passwd'],
    ['a\n'],
    ['$(id)'],
    ['sesi\u0000'],
    ['<b>'],
    ['ñ'],
    ['a'.repeat(65)],
    [5],
    [['a']],
    [{ $gt: '' }],
    [null],
  ])('refuses the id %j', async (sessionId) => {
    expectFailure(await create(sessionId), 400, 'validation_failed');
  });

  it.each(['a', 'A-Z_09', '__proto__', 'constructor', 'create', '-', 'z'.repeat(64)])(
    'takes the id %s',
    async (name) => {
      expect((await create(name)).status).toBe(201);
      expect((await call('GET', `${name}/status`)).body.data.sessionId).toBe(name);
      expect((await call('DELETE', name)).status).toBe(200);
    },
  );
});

describe('API keys side by side', () => {
  const countOf = async () => {
    const [row] = await house.database.query<{ count: number }>('SELECT count(*)::int AS count FROM gateway_sessions');
    return row!.count;
  };
  it('learn no names of others, and mean their own', async () => {
    const [mine, theirs] = [await house.key('sessions'), await house.key('sessions')];
    const name = newName();
    expect((await create(name, mine)).status).toBe(201);
    const answer = await create(name, theirs);
    expect([answer.status, answer.body.data]).toEqual([201, { sessionId: name, status: 'connecting' }]);
    expect((await call('DELETE', name, theirs)).status).toBe(200);
    expectFailure(await call('GET', `${name}/status`, theirs), 404, 'session_not_found');
    expect((await call('GET', `${name}/status`, mine)).body.data.sessionId).toBe(name);
  });

  it('are told apart by an admin, who sees all', async () => {
    const keys = [await house.key('sessions'), await house.key('sessions')];
    const name = newName();
    for (const key of keys) expect((await create(name, key)).status).toBe(201);
    expectFailure(await call('GET', `${name}/status`), 409, 'session_id_ambiguous');
    expectFailure(await call('DELETE', name), 409, 'session_id_ambiguous');
    const listed: { sessionId: string; id: string; apiKeyId: string }[] = [];
    for (let cursor = ''; ;) {
      const { body } = await call('GET', `?limit=1${cursor}`);
      listed.push(...body.data);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(listed).toHaveLength(await countOf());
    const [one, other, ...more] = listed.filter(({ sessionId }) => sessionId === name);
    expect(more).toEqual([]);
    expect(new Set([one?.apiKeyId, other?.apiKeyId, undefined]).size).toBe(3);
    expect((await call('GET', `${one!.id}/status`)).body.data.sessionId).toBe(name);
    expect((await call('DELETE', one!.id)).status).toBe(200);
    // One that is left is meant by its name; an admin's own comes first.
    expect((await call('GET', `${name}/status`)).status).toBe(200);
    expect((await create(name)).status).toBe(201);
    expect((await call('DELETE', name)).status).toBe(200);
    expect((await call('GET', `${other!.id}/status`)).status).toBe(200);
    // A key's own name never is another one's id.
    expect((await create(other!.id, keys[0])).status).toBe(201);
    expect((await call('DELETE', other!.id, keys[0])).status).toBe(200);
    expect((await call('GET', `${other!.id}/status`)).status).toBe(200);
  });
});

/** Reads an answer that goes on, and knows whether it has ended. */
function reading(response: Response): { ended: boolean; cancel(): Promise<void> } {
  const reader = response.body!.getReader();
  const state = { ended: false, cancel: () => reader.cancel() };
  void (async () => {
    while (!(await reader.read()).done);
    state.ended = true;
  })().catch(() => undefined);
  return state;
}

/** Who may watch is looked up again at least this often, in seconds. */
const LOOK = 10;

/** Returns when an answer that goes on has ended by itself. */
async function ends(response: Response): Promise<void> {
  const stream = reading(response);
  await house.clock.until('it ends', () => stream.ended, LOOK);
}

describe('a stream', () => {
  const watch = (name: string, headers: Headers) => {
    return fetch(`${house.service.url}/api/sessions/${name}/events`, { headers });
  };
  const revoke = (key: Headers) =>
    house.database.query(`UPDATE api_keys SET revoked_at = now() WHERE key_hash = sha256(convert_to($1, 'UTF8'))`, [
      key['x-api-key'],
    ]);

  it('ends with the key that opened it, and the others go on', async () => {
    const [key, other] = [await house.key('sessions'), await house.key('sessions')];
    const name = newName();
    for (const each of [key, other]) expect((await create(name, each)).status).toBe(201);
    const [stream, another] = await Promise.all([watch(name, key), watch(name, other)]);
    expect([stream.status, another.status]).toEqual([200, 200]);
    await revoke(key);
    const going = reading(another);
    await ends(stream);
    await house.clock.pass(LOOK);
    expect(going.ended).toBe(false);
    await going.cancel();
  });

  it('ends with the key that handed out its link', async () => {
    const key = await house.key('sessions');
    const name = newName();
    expect((await create(name, key)).status).toBe(201);
    const link = async () => {
      const answer = await call('POST', `${name}/qr-ticket`, key);
      return (answer.body.data.url as string).replace(/^https?:..[^/]+/, '');
    };
    const [path, unused] = [await link(), await link()];
    const opened = await house.service.get(path, { accept: 'text/html' });
    const shown = { cookie: (opened.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
    const stream = await watch(name, shown);
    expect(stream.status).toBe(200);
    await revoke(key);
    await ends(stream);
    expect((await watch(name, shown)).status).toBe(401);
    expectFailure(await house.service.get(unused, { accept: 'text/html' }), 401, 'invalid_ticket');
  });

  it('ends with the login, or the role, of who opened it', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const fullName = 'Kepala';
    const made = await house.service.post('/api/users', { fullName, username: 'kepala', role: 'ADMIN' }, house.admin);
    await house.database.query(
      `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'admin') WHERE id = $1`,
      [made.body.data.id],
    );
    const login = async () => {
      const answer = await house.service.post('/api/auth/login', { identifier: 'kepala', password: 'password123' });
      return { authorization: `Bearer ${answer.body.data.token}` };
    };
    const first = await login();
    const stream = await watch(name, first);
    expect(stream.status).toBe(200);
    await house.service.post('/api/auth/logout', {}, first);
    await ends(stream);
    const again = await watch(name, await login());
    expect(again.status).toBe(200);
    await house.database.query(`UPDATE users SET role = 'SUPERVISOR' WHERE id = $1`, [made.body.data.id]);
    await ends(again);
  });

  it('stays available to others when one caller opens as many as possible', async () => {
    const [greedy, other] = [await house.key('sessions'), await house.key('sessions')];
    const name = newName();
    for (const each of [greedy, other]) expect((await create(name, each)).status).toBe(201);
    const streams = await Promise.all(Array.from({ length: 120 }, () => watch(name, greedy)));
    try {
      const statuses = streams.map(({ status }) => status);
      expect([...new Set(statuses)].sort()).toEqual([200, 503]);
      expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(100);
      // A hundred streams keep a slow machine busy; the place is there all the time.
      await until('another key watches, too', async () => {
        const theirs = await watch(name, other);
        streams.push(theirs);
        return theirs.status === 200;
      });
    } finally {
      await Promise.all(streams.map(async (stream) => stream.body?.cancel()));
    }
  }, 120_000);
});

describe('who may call the gateway', () => {
  it('is a key with the scope, or an admin', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const routes: [string, string][] = [
      ['GET', ''],
      ['GET', `${name}/status`],
      ['GET', `${name}/qr`],
      ['GET', `${name}/qr-page`],
      ['GET', `${name}/events`],
      ['POST', `${name}/qr-ticket`],
      ['PUT', `${name}/restart`],
      ['DELETE', name],
    ];
    const other = await house.key('messages', 'otp');
    for (const [method, path] of routes) {
      expectFailure(await call(method, path, {}), 401, 'unauthenticated');
      expectFailure(await call(method, path, other), 403, 'forbidden');
      expectFailure(await call(method, path, { 'x-api-key': `msk_${'x'.repeat(43)}` }), 401, 'invalid_api_key');
    }
    expect((await call('GET', `${name}/status`)).status).toBe(200);
  });

  it('treats another key’s linked account as one that does not exist', async () => {
    const [mine, other] = [await house.key('sessions'), await house.key('sessions')];
    const name = newName();
    expect((await create(name, mine)).status).toBe(201);
    const routes: [string, string][] = [
      ['GET', 'status'],
      ['GET', 'qr'],
      ['GET', 'qr-page'],
      ['GET', 'events'],
      ['POST', 'qr-ticket'],
      ['PUT', 'restart'],
    ];
    for (const [method, path] of routes)
      expectFailure(await call(method, `${name}/${path}`, other), 404, 'session_not_found', 'Sesi tidak ditemukan');
    expectFailure(await call('DELETE', name, other), 404, 'session_not_found');
    expectFailure(await pairingCode(name, '081234567890', other), 404, 'session_not_found');
    expect((await call('GET', '', other)).body).toMatchObject({ data: [], nextCursor: null });
    expect((await call('GET', '', mine)).body.data).toMatchObject([{ sessionId: name }]);
    expect((await call('GET', `${name}/status`, mine)).status).toBe(200);
    const all = await call('GET', '?limit=100');
    expect(all.body.data).toEqual(expect.arrayContaining([expect.objectContaining({ sessionId: name })]));
    expect(all.text).not.toContain('data:image');
  });

  it.each(['nobody', '..%2f..%2fetc', 'a%00', 'a'.repeat(65), '%24%7bx%7d'])(
    'finds no linked account under %s',
    async (name) => {
      expectFailure(await call('GET', `${name}/status`), 404, 'session_not_found');
    },
  );

  it('pages through the list', async () => {
    const mine = await house.key('sessions');
    const names = [newName(), newName(), newName()].sort();
    for (const name of names) expect((await create(name, mine)).status).toBe(201);
    const first = (await call('GET', '?limit=2', mine)).body;
    expect(first.data.map(({ sessionId }: { sessionId: string }) => sessionId)).toEqual(names.slice(0, 2));
    const second = (await call('GET', `?limit=2&cursor=${first.nextCursor}`, mine)).body;
    expect(second.data.map(({ sessionId }: { sessionId: string }) => sessionId)).toEqual(names.slice(2));
    expect(second.nextCursor).toBeNull();
    expectFailure(await call('GET', '?cursor=%27--', mine), 400, 'validation_failed');
  });
});

describe('a pairing code', () => {
  it('links the account that it is typed into', async () => {
    const [name, phone] = [newName(), newNumber()];
    expect((await create(name)).status).toBe(201);
    const answer = await pairingCode(name, `0${phone.slice(2)}`);
    expect(answer.status).toBe(200);
    const { pairingCode: shown } = answer.body.data;
    expect(shown).toMatch(/^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
    await house.whatsapp.enterCode(shown.replace('-', ''), { phone });
    expect((await house.becomes(name, 'connected')).body.data.phone).toBe(`${phone}@s.whatsapp.net`);
    expectFailure(await pairingCode(name, phone), 409, 'session_already_linked');
  });

  it('that is never typed in leaves nothing behind', async () => {
    const [name, phone] = [newName(), newNumber()];
    expect((await create(name)).status).toBe(201);
    expect((await pairingCode(name, phone)).status).toBe(200);
    expect((await call('PUT', `${name}/restart`)).status).toBe(200);
    const qr = await house.qrOf(name);
    expect(
      await house.database.query(
        `SELECT 1 FROM gateway_keys k JOIN gateway_sessions s ON s.id = k.session_id WHERE s.name = $1`,
        [name],
      ),
    ).toEqual([]);
    await house.whatsapp.scan(qr, { phone });
    await house.becomes(name, 'connected');
  });

  it('is limited', async () => {
    const [name, phone] = [newName(), newNumber()];
    expect((await create(name)).status).toBe(201);
    const answers = [];
    for (let at = 0; at < 4; at++) answers.push(await pairingCode(name, phone));
    expect(messages(answers)).toEqual([
      [200, undefined],
      [200, undefined],
      [200, undefined],
      [429, 'rate_limited'],
    ]);
    expect((await call('PUT', `${name}/restart`)).status).toBe(200);
    const after = await pairingCode(name, phone);
    expectFailure(after, 429, 'rate_limited');
    expect(retryAfter(after)).toBeLessThanOrEqual(300);
  });

  it.each([[undefined], ['x'], [12], ['021123456']])('is not made for %j', async (phone) => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    expectFailure(await pairingCode(name, phone), 400, 'invalid_phone');
  });
});

describe('QR codes', () => {
  it('are shown for five minutes, and again when somebody asks', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    await house.qrOf(name);
    const [row] = await house.database.query<{ seconds: number }>(
      'SELECT extract(epoch FROM pairing_until - created_at)::float8 AS seconds FROM gateway_sessions WHERE name = $1',
      [name],
    );
    expect(row?.seconds).toBeCloseTo(300, 0);
    // As if most of the time had passed when another owner takes it up.
    await house.database.query(
      `UPDATE gateway_sessions SET pairing_until = test_clock.now() + interval '9 seconds', owner = NULL, lease_until = NULL WHERE name = $1`,
      [name],
    );
    const status = async () => call('GET', `${name}/status`);
    await house.clock.until('it ends', async () => (await status()).body.data.status === 'disconnected', 15);
    const ended = await status();
    expect(ended.body.data).not.toHaveProperty('qr');
    expectFailure(await call('GET', `${name}/qr`), 404, 'qr_not_available');
    expect((await call('PUT', `${name}/restart`)).status).toBe(200);
    expect((await call('GET', `${name}/qr`)).body.data.qr).toMatch(/^data:image\/png;base64,/);
  });
});

describe('a connection that WhatsApp ends', () => {
  it.each([428, 503, 408, 500])('with %i is opened again', async (code) => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    house.whatsapp.kick(phone, code);
    await until('logged in again', () => house.whatsapp.line(phone).logins === 2);
    await house.becomes(name, 'connected');
    expect((await house.text(name, '081234567890', `after ${code}`)).status).toBe(200);
  });

  it.each([401, 403])('with %i is forgotten, and can be linked anew', async (code) => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    house.whatsapp.kick(phone, code);
    const status = await house.becomes(name, 'logged_out');
    expect(status.body.data).not.toHaveProperty('phone');
    const left = `SELECT 1 FROM gateway_keys k JOIN gateway_sessions s ON s.id = k.session_id WHERE s.name = $1`;
    expect(await house.database.query(left, [name])).toEqual([]);
    expectFailure(await house.text(name, '081234567890', 'halo'), 409, 'session_not_connected');
    await house.clock.pass(10);
    expect(house.whatsapp.line(phone).logins).toBe(1);
    expect((await call('PUT', `${name}/restart`)).body.data).toMatchObject({ sessionId: name, status: 'connecting' });
    await house.whatsapp.scan(await house.qrOf(name), { phone: newNumber() });
    await house.becomes(name, 'connected');
  });

  it('because somebody else logged in is not fought for', async () => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    house.whatsapp.kick(phone, 440);
    await house.becomes(name, 'disconnected');
    await house.clock.pass(10);
    expect(house.whatsapp.line(phone).logins).toBe(1);
    expect((await call('PUT', `${name}/restart`)).status).toBe(200);
    await house.becomes(name, 'connected');
    expect(house.whatsapp.line(phone)).toEqual({ open: 1, peak: 1, logins: 2 });
  });

  it('after it garbled does not end the service', async () => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    for (let at = 0; at < 3; at++) house.whatsapp.garble(phone);
    // WhatsApp's word on this message comes behind them.
    await house.text(name, '081234567890', 'behind the noise');
    house.whatsapp.drop(phone);
    await until('logged in again', () => house.whatsapp.line(phone).logins === 2);
    expect((await house.service.get('/health/live')).status).toBe(200);
  });

  it('while it is being linked is opened again', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const before = await house.qrOf(name);
    house.whatsapp.hangUpOnPairing = 3;
    expect((await call('PUT', `${name}/restart`)).status).toBe(200);
    await until('three times', () => house.whatsapp.hangUpOnPairing === 0);
    await until('shown again', async () => (await house.qrOf(name)) !== before);
    expect((await house.service.get('/health/live')).status).toBe(200);
  });
});

describe('PUT /api/sessions/:id/restart', () => {
  it('many times at once logs in one at a time, and leaves it connected', async () => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    const answers = await Promise.all(Array.from({ length: 6 }, () => call('PUT', `${name}/restart`)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await house.clock.pass(5);
    await house.becomes(name, 'connected');
    expect(house.whatsapp.line(phone)).toMatchObject({ open: 1, peak: 1 });
    expect((await house.text(name, '081234567890', 'halo')).status).toBe(200);
  });
});

describe('DELETE /api/sessions/:id', () => {
  it('takes the device off its account and leaves nothing', async () => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    expect((await house.text(name, '081234567890', 'halo')).status).toBe(200);
    const answer = await call('DELETE', name);
    expect(answer.body).toEqual({ success: true, message: 'Session dihapus' });
    expect(house.whatsapp.isLinked(phone)).toBe(false);
    expectFailure(await call('GET', `${name}/status`), 404, 'session_not_found');
    expectFailure(await call('DELETE', name), 404, 'session_not_found');
    for (const table of ['keys', 'messages', 'contacts']) {
      const orphans = `SELECT 1 FROM gateway_${table} t LEFT JOIN gateway_sessions s ON s.id = t.session_id WHERE s.id IS NULL`;
      expect(await house.database.query(orphans)).toEqual([]);
    }
    await until('closed', () => house.whatsapp.line(phone).open === 0);
    expect((await create(name)).status).toBe(201);
  });
});

describe('beside another instance', () => {
  let other: ServiceProcess;

  beforeAll(async () => {
    other = await house.anotherProcess();
  });
  afterAll(async () => other.stop('SIGKILL'));

  it('a linked account is restarted and deleted by the instance that holds it', async () => {
    const [name, phone] = [newName(), newNumber()];
    await house.link(name, phone);
    expect((await call('PUT', `${name}/restart`, house.admin, other)).status).toBe(200);
    await until('logged in again', () => house.whatsapp.line(phone).logins === 2);
    await house.becomes(name, 'connected');
    expect((await call('DELETE', name, house.admin, other)).status).toBe(200);
    expect(house.whatsapp.isLinked(phone)).toBe(false);
    expect(house.whatsapp.line(phone)).toMatchObject({ open: 0, peak: 1 });
  });

  it('admins and supervisors see who holds an account and what waits to be sent by it; its API key does not', async () => {
    const key = await house.key('sessions', 'messages');
    const [name, phone] = [newName(), newNumber()];
    expect((await create(name, key)).status).toBe(201);
    await house.whatsapp.scan(await house.qrOf(name), { phone });
    await house.becomes(name, 'connected');
    const listed = async (headers: Headers, service = house.service) => {
      const { body } = await call('GET', '?limit=100', headers, service);
      return (body.data as { sessionId: string; holder?: any; queue?: any }[]).find((each) => each.sessionId === name)!;
    };
    const { username } = await newcomer(house, { role: 'SUPERVISOR' });
    const supervisor = { authorization: `Bearer ${(await logIn(house.service, username)).token}` };
    for (const reader of [house.admin, supervisor]) {
      const { holder, queue } = await listed(reader);
      expect(holder).toEqual({ instance: expect.stringMatching(/^[0-9a-f-]{36}$/), isHere: true, leaseUntil: INSTANT });
      expect(queue).toEqual({ waiting: 0, sending: 0, oldestAt: null });
    }
    expect((await listed(house.admin, other)).holder).toMatchObject({ isHere: false });
    expect(Object.keys(await listed(key))).not.toEqual(expect.arrayContaining(['holder']));
    expect(await listed(key)).not.toHaveProperty('queue');
    // What waits: as if an instance held it that sends nothing.
    await house.database.query(
      `UPDATE gateway_sessions SET owner = gen_random_uuid(), fence = fence + 1, lease_until = now() + interval '1 hour' WHERE name = $1`,
      [name],
    );
    await house.database.query(
      `INSERT INTO gateway_messages (id, session_id, kind, recipient, sealed_content, state, whatsapp_id, created_at, expires_at)
       SELECT gen_random_uuid(), id, 'text', '+6281200000001', CASE WHEN became <> 'SENT' THEN '\\x00'::bytea END, became::gateway_message_state, became,
              now() - age * interval '1 minute', now() + interval '1 hour'
         FROM gateway_sessions, (VALUES ('QUEUED', 9), ('SENDING', 3), ('SENT', 60)) AS m (became, age) WHERE name = $1`,
      [name],
    );
    const { holder, queue } = await listed(house.admin);
    expect([holder.isHere, queue]).toEqual([false, { waiting: 1, sending: 1, oldestAt: INSTANT }]);
    await house.database.query('UPDATE gateway_sessions SET owner = NULL, lease_until = NULL WHERE name = $1', [name]);
    expect((await listed(supervisor)).holder === null || (await listed(supervisor)).holder.isHere).toBe(true);
    expect(house.service.output()).not.toContain(phone.slice(-9));
  });

  it('a linked account whose instance was killed logs in once, however often its restart is asked for', async () => {
    const [name, phone] = [newName(), newNumber()];
    expect((await create(name, house.admin, other)).status).toBe(201);
    await house.whatsapp.scan(await house.qrOf(name), { phone });
    await house.becomes(name, 'connected');
    await other.stop('SIGKILL');
    await until('cut off', () => house.whatsapp.line(phone).open === 0);
    // As if its lease had ended.
    await house.database.query('UPDATE gateway_sessions SET owner = NULL, lease_until = NULL WHERE name = $1', [name]);
    const again = () => call('PUT', `${name}/restart`);
    expect(messages(await Promise.all([again(), again(), again()]))).toEqual([0, 1, 2].map(() => [200, undefined]));
    await house.clock.pass(5);
    await house.becomes(name, 'connected');
    expect(house.whatsapp.line(phone)).toMatchObject({ open: 1, peak: 1 });
  });
});

describe('a link to the QR page', () => {
  const open = (path: string, headers: Headers = {}) => house.service.get(path, { accept: 'text/html', ...headers });
  const ticketFor = async (name: string) => {
    const answer = await call('POST', `${name}/qr-ticket`);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    return answer.body.data as { ticket: string; url: string; expiresAt: string };
  };
  const pathOf = (url: string) => url.slice(new URL(url).origin.length);

  it('opens it once, and leaves the ticket out of the address', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const began = Date.now();
    const { ticket, url, expiresAt } = await ticketFor(name);
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expectAhead(expiresAt, 300, began, house.clock);
    const opened = await open(pathOf(url));
    expect(opened.status).toBe(303);
    expect(opened.headers.get('location')).toBe(`/api/sessions/${name}/qr-page`);
    const cookie = opened.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^__Host-masuk-ticket-.*; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const shown = { cookie: cookie.split(';')[0] ?? '' };
    const page = await open(`/api/sessions/${name}/qr-page`, shown);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*frame-ancestors 'none'$/);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.text).not.toContain(ticket);
    expectFailure(await open(pathOf(url)), 401, 'invalid_ticket');
    // It opens this page of this linked account, and nothing else.
    const other = newName();
    expect((await create(other)).status).toBe(201);
    const renamed = { cookie: shown.cookie.replace(name, other) };
    expectFailure(await open(`/api/sessions/${other}/qr-page`, renamed), 401, 'invalid_ticket');
    for (const path of ['status', 'qr'])
      expectFailure(await open(`/api/sessions/${name}/${path}`, shown), 401, 'unauthenticated');
    const again = await ticketFor(name);
    expectFailure(await open(pathOf(again.url).replace(name, other)), 401, 'invalid_ticket');
    expectFailure(await open(`/api/sessions/${name}/status?ticket=${again.ticket}`), 401, 'unauthenticated');
  });

  it('opens it for one of many who come at once', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const { url } = await ticketFor(name);
    const answers = await Promise.all(Array.from({ length: 10 }, () => open(pathOf(url))));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it.each(['', 'x', 'x'.repeat(43), '%27', '&ticket=y'])('is not %j', async (ticket) => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    expectFailure(await open(`/api/sessions/${name}/qr-page?ticket=${ticket}`), 401, 'invalid_ticket');
    expectFailure(await open(`/api/sessions/${name}/events?ticket=${ticket}`), 401, 'invalid_ticket');
  });

  it('expires', async () => {
    const name = newName();
    expect((await create(name)).status).toBe(201);
    const { url } = await ticketFor(name);
    await house.database.query('UPDATE gateway_tickets SET expires_at = now()');
    expectFailure(await open(pathOf(url)), 401, 'invalid_ticket');
  });
});
