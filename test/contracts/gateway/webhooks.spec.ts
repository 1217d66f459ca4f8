import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { startHookReceiver, type HookReceiver } from '../../support/hook-receiver.js';
import { newNumber } from '../../support/house.js';
import { bearer, logIn, newcomer } from '../../support/logins.js';
import { until } from '../../support/waits.js';

type Headers = Record<string, string>;

let house: GatewayHouse;
let receiver: HookReceiver;
let key: Headers;
let stranger: Headers;
let account: string;

const ALL = ['sessions', 'messages', 'otp', 'webhooks'];

beforeAll(async () => {
  [house, receiver] = await Promise.all([
    openGatewayHouse({ OUTGOING_ALLOW_PRIVATE: 'on', OTP_RESEND_COOLDOWN: '1' }),
    startHookReceiver(),
  ]);
  [key, stranger] = await Promise.all([house.key(...ALL), house.key(...ALL)]);
  account = newNumber();
  await house.link('clinic', account, key);
});
afterAll(async () => {
  await receiver.close();
  await house.close();
});
beforeEach(async () => {
  await house.database.query('DELETE FROM webhooks');
  receiver.calls.length = 0;
  receiver.answers.length = 0;
  // A machine that is busy elsewhere may have cost it its lease for a moment.
  await house.becomes('clinic', 'connected');
});

const post = (path: string, body: unknown, headers = key) => house.service.post(path, body, headers);
const create = (body: Record<string, unknown> = {}, headers = key) =>
  post('/api/webhooks', { url: receiver.url, ...body }, headers);
const text = (to: string, headers = key) => post('/api/messages/clinic/text', { to, text: 'halo' }, headers);

/** A new webhook that knows its receiver's calls by a name. */
async function hook(
  name: string,
  events: string[] | undefined,
  headers = key,
): Promise<{ id: string; secret: string }> {
  const answer = await create({ url: `${receiver.url}?name=${name}`, ...(events ? { events } : {}) }, headers);
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.body.data;
}

const callsOf = (name: string) => receiver.calls.filter(({ query }) => query['name'] === name);
const eventsOf = (name: string) => callsOf(name).map(({ raw }) => JSON.parse(raw.toString()));
const deliveries = async (id: string, query = '', headers = key) =>
  house.service.get(`/api/webhooks/${id}/deliveries${query}`, headers);
/** The next try is due now. */
const hurry = () =>
  house.database.query(
    `UPDATE webhook_deliveries SET next_attempt_at = now() WHERE state = 'PENDING' AND claimed_until IS NULL`,
  );

describe('a webhook', () => {
  it('is made with a secret that is shown once', async () => {
    const answer = await create();
    expect(answer.status).toBe(201);
    expect(answer.body.data).toEqual({
      id: expect.any(String),
      url: receiver.url,
      events: ['session.status', 'message.status', 'message.received', 'otp.status'],
      status: 'active',
      disabledFor: null,
      createdAt: INSTANT,
      lastSuccessAt: null,
      failingSince: null,
      disabledAt: null,
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const listed = await house.service.get('/api/webhooks', key);
    expect(listed.body.data).toHaveLength(1);
    expect(listed.text).not.toContain('whsec_');
    const stored = await house.database.query(`SELECT encode(sealed_secret, 'escape') AS sealed FROM webhooks`);
    expect(JSON.stringify(stored)).not.toContain('whsec_');
    expect(house.service.output()).not.toContain('whsec_');
  });

  it('shows its address whole to its key alone: the values of a query may be secrets', async () => {
    const secret = `${receiver.url}?token=geheim&name=secret`;
    expect((await create({ url: secret })).body.data.url).toBe(secret);
    expect((await house.service.get('/api/webhooks', key)).body.data[0].url).toBe(secret);
    const { username } = await newcomer(house, { role: 'SUPERVISOR' });
    for (const person of [house.admin, bearer(await logIn(house.service, username))])
      expect((await house.service.get('/api/webhooks', person)).body.data[0].url).toBe(
        `${receiver.url}?token=…&name=…`,
      );
    const events = await house.database.query<{ row: string }>('SELECT a::text AS row FROM audit_events a');
    expect(events.map(({ row }) => row).join() + house.service.output()).not.toContain('geheim');
  });

  it('belongs to the key that made it', async () => {
    const { id } = await hook('mine', undefined);
    for (const headers of [stranger, await house.key(...ALL)]) {
      expect((await house.service.get('/api/webhooks', headers)).body.data).toEqual([]);
      expectFailure(await deliveries(id, '', headers), 404, 'webhook_not_found');
      expectFailure(await post(`/api/webhooks/${id}/replay`, {}, headers), 404, 'webhook_not_found');
      expectFailure(
        await house.service.send('DELETE', `/api/webhooks/${id}`, undefined, headers),
        404,
        'webhook_not_found',
      );
    }
    expect((await house.service.get('/api/webhooks', house.admin)).body.data).toHaveLength(1);
    expect((await house.service.send('DELETE', `/api/webhooks/${id}`, undefined, key)).status).toBe(200);
    expectFailure(await house.service.send('DELETE', '/api/webhooks/x', undefined, key), 404, 'webhook_not_found');
  });

  it.each<[string, unknown]>([
    ['no address', undefined],
    ['a file', 'file:///etc/passwd'],
    ['credentials', 'https://user:pw@example.com/'],
    ['a port of mail', 'http://example.com:25/'],
    ['a line break', 'https://example.com/\r\nX: y'],
    ['a list', ['https://example.com/']],
    ['an endless one', `https://example.com/${'x'.repeat(3_000)}`],
  ])('is refused with %s', async (_, url) => {
    const answer = await post('/api/webhooks', { url });
    expect([400]).toContain(answer.status);
    expect(['validation_failed', 'webhook_url_refused']).toContain(answer.body.code);
  });

  it('is refused for unknown events, without the scope, and beyond twenty', async () => {
    expectFailure(await create({ events: ['nothing'] }), 400, 'validation_failed');
    expectFailure(await create({ events: [] }), 400, 'validation_failed');
    expectFailure(await create({}, {}), 401, 'unauthenticated');
    expectFailure(await create({}, await house.key('messages')), 403, 'forbidden');
    for (let at = 0; at < 20; at++) expect((await create()).status).toBe(201);
    expectFailure(await create(), 409, 'webhook_limit_reached');
    expect((await create({}, stranger)).status).toBe(201);
  });

  it('is refused beyond twenty even in parallel', async () => {
    const eager = await house.key('webhooks');
    const answers = await Promise.all(Array.from({ length: 30 }, () => create({}, eager)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(answers.filter(({ body }) => body.code === 'webhook_limit_reached')).toHaveLength(10);
  });
});

describe('an event', () => {
  it('is signed as Standard Webhooks has it', async () => {
    const { secret } = await hook('signed', ['message.status']);
    const to = newNumber();
    const sent = await text(to);
    await until('told', () => callsOf('signed').length === 1);
    const [{ headers, raw }] = callsOf('signed') as [(typeof receiver.calls)[number]];
    const id = String(headers['webhook-id']);
    const at = Number(headers['webhook-timestamp']);
    expect(Math.abs(at - Date.now() / 1000)).toBeLessThan(30);
    const mac = createHmac('sha256', Buffer.from(secret.replace('whsec_', ''), 'base64'));
    expect(headers['webhook-signature']).toBe(`v1,${mac.update(`${id}.${at}.${raw.toString()}`).digest('base64')}`);
    expect(eventsOf('signed')).toEqual([
      {
        type: 'message.status',
        timestamp: INSTANT,
        data: {
          sessionId: 'clinic',
          to: `${to}@s.whatsapp.net`,
          status: 'sent',
          messageId: sent.body.data.messageId,
        },
      },
    ]);
  });

  it('tells of receipts, of what comes in, and of codes', async () => {
    await hook('all', undefined);
    const friend = newNumber();
    await text(friend);
    house.whatsapp.tell(house.whatsapp.messagesTo(friend)[0]!, 'read');
    await house.whatsapp.say(account, friend, 'rahasia 👋');
    const code = await post('/api/messages/clinic/otp', { to: friend });
    expect(code.status).toBe(200);
    const digits = /^\*(\d+)\*$/m.exec(house.whatsapp.messagesTo(friend).at(-1)!.text ?? '')![1]!;
    await post('/api/otp/verify', { phone: friend, otp: wrong(digits) });
    await post('/api/otp/verify', { phone: friend, otp: digits });
    const told = (type: string, data: Record<string, unknown>) =>
      until(`${type} ${JSON.stringify(data)}`, () =>
        eventsOf('all').some(
          (event) => event.type === type && Object.entries(data).every(([k, v]) => event.data[k] === v),
        ),
      );
    await told('message.status', { status: 'read', sessionId: 'clinic' });
    const jid = `${friend}@s.whatsapp.net`;
    await told('message.received', { from: jid, text: 'rahasia 👋', kind: 'text', sessionId: 'clinic' });
    for (const status of ['sent', 'refused', 'verified']) await told('otp.status', { phone: jid, status });
    expect(JSON.stringify(eventsOf('all'))).not.toContain(digits);
    const stored = await house.database.query(`SELECT encode(sealed_body, 'escape') AS body FROM webhook_deliveries`);
    expect(stored.length).toBeGreaterThan(4);
    expect(JSON.stringify(stored)).not.toContain('rahasia');
    expect(house.service.output()).not.toContain('rahasia');
  });

  it('is delivered to a key for its own linked accounts, and to admins for all', async () => {
    const foreign = await hook('stranger', undefined, stranger);
    await hook('admin', ['message.status'], house.admin);
    await hook('owner', ['message.status']);
    await text(newNumber());
    await until('told', () => callsOf('admin').length === 1 && callsOf('owner').length === 1);
    // An event is written down for each webhook that gets it before anybody is told.
    expect((await deliveries(foreign.id, '', stranger)).body.data).toEqual([]);
    expect(callsOf('stranger')).toEqual([]);
  });

  it('is no longer delivered after the key is revoked', async () => {
    const made = await post('/api/api-keys', { name: 'x', scopes: ALL }, house.admin);
    const gone = { 'x-api-key': made.body.data.key };
    const { id } = await hook('gone', ['message.status'], gone);
    await house.database.query(`UPDATE gateway_sessions SET api_key_id = $1 WHERE name = 'clinic'`, [
      made.body.data.id,
    ]);
    expect((await text(newNumber(), gone)).status).toBe(200);
    await until('told', () => callsOf('gone').length === 1);
    await house.service.send('DELETE', `/api/api-keys/${made.body.data.id}`, undefined, house.admin);
    await hook('admin', ['message.status'], house.admin);
    await text(newNumber(), house.admin);
    await until('told', () => callsOf('admin').length === 1);
    const written = await house.database.query('SELECT 1 FROM webhook_deliveries WHERE webhook_id = $1', [id]);
    expect(written).toHaveLength(1);
    expect(callsOf('gone')).toHaveLength(1);
    await house.database.query(
      `UPDATE gateway_sessions SET api_key_id = (SELECT id FROM api_keys WHERE key_hash = sha256(convert_to($1, 'UTF8')))
        WHERE name = 'clinic'`,
      [key['x-api-key']],
    );
  });
});

describe('a receiver that fails', () => {
  it('gets the same event again, with the same id, later each time', async () => {
    const { id } = await hook('slow', ['message.status']);
    receiver.answers.push(500, 503, 200);
    expect((await text(newNumber())).status).toBe(200);
    await until('the first try', () => callsOf('slow').length === 1);
    for (const tries of [1, 2]) {
      await until(
        'written down',
        async () =>
          (await deliveries(id)).body.data[0]?.attempts === tries &&
          (await deliveries(id)).body.data[0]?.lastStatus !== null,
      );
      await until(
        'free',
        async () =>
          (await house.database.query('SELECT 1 FROM webhook_deliveries WHERE claimed_until IS NULL')).length === 1,
      );
      const [row] = (await deliveries(id)).body.data;
      expect(row).toMatchObject({ status: 'pending', lastStatus: tries === 1 ? 500 : 503, lastError: 'status' });
      expect(Date.parse(row.nextAttemptAt)).toBeGreaterThan(Date.now() - 1_000);
      await hurry();
      await until('the next try', () => callsOf('slow').length === tries + 1);
    }
    await until('delivered', async () => (await deliveries(id, '?status=delivered')).body.data.length === 1);
    expect(new Set(callsOf('slow').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect((await house.service.get('/api/webhooks', key)).body.data[0]).toMatchObject({
      status: 'active',
      lastSuccessAt: INSTANT,
    });
  });

  it('is given up after eight tries, and can be replayed', async () => {
    const { id } = await hook('down', ['message.status']);
    receiver.answers.push(500);
    await text(newNumber());
    await until(
      'free',
      async () =>
        (
          await house.database.query(
            `SELECT 1 FROM webhook_deliveries WHERE claimed_until IS NULL AND last_status = 500`,
          )
        ).length === 1,
    );
    await house.database.query('UPDATE webhook_deliveries SET attempts = 7');
    receiver.answers.push(500);
    await hurry();
    await until('given up', async () => (await deliveries(id, '?status=failed')).body.data.length === 1);
    expect((await house.service.get('/api/webhooks', key)).body.data[0]).toMatchObject({ status: 'failing' });
    expect((await post(`/api/webhooks/${id}/replay`, {})).body.data).toEqual({ queued: 1 });
    await until('delivered', async () => (await deliveries(id, '?status=delivered')).body.data.length === 1);
    expect(callsOf('down')).toHaveLength(3);
    expect((await post(`/api/webhooks/${id}/replay`, {})).body.data).toEqual({ queued: 0 });
    const [{ id: deliveryId }] = (await deliveries(id)).body.data;
    expect((await post(`/api/webhooks/${id}/replay`, { deliveryId })).body.data).toEqual({ queued: 1 });
    await until('again', () => callsOf('down').length === 4);
    const other = await hook('other', undefined);
    expect((await post(`/api/webhooks/${other.id}/replay`, { deliveryId })).body.data).toEqual({ queued: 0 });
  });

  it('is disabled after days, with an event for admins, and enabled by a replay', async () => {
    const { id } = await hook('dead', ['message.status']);
    await house.database.query(`UPDATE webhooks SET failing_since = now() - interval '3 days 1 minute'`);
    receiver.answers.push(500);
    await text(newNumber());
    const state = async () =>
      (await house.service.get('/api/webhooks', key)).body.data.find((webhook: { id: string }) => webhook.id === id);
    await until('switched off', async () => (await state()).status === 'disabled');
    expect(await state()).toMatchObject({ disabledFor: 'failures', disabledAt: INSTANT });
    const events = await house.database.query(
      `SELECT detail->>'why' AS why FROM audit_events WHERE type = 'webhook.disabled' AND subject_id = $1`,
      [id],
    );
    expect(events).toEqual([{ why: 'failures' }]);
    await hook('alive', ['message.status']);
    await hurry();
    await text(newNumber());
    await until('another one is told', () => callsOf('alive').length === 1);
    expect(callsOf('dead')).toHaveLength(1);
    await post(`/api/webhooks/${id}/replay`, {});
    expect((await state()).status).toBe('active');
    await hurry();
    await until('told', () => callsOf('dead').length === 2);
  });

  it('is disabled at once after 410 Gone', async () => {
    await hook('gone', ['message.status']);
    receiver.answers.push(410);
    await text(newNumber());
    await until(
      'switched off',
      async () => (await house.service.get('/api/webhooks', key)).body.data[0].disabledFor === 'gone',
    );
  });

  it('loses nothing when the instance dies that was delivering', async () => {
    const { id } = await hook('claimed', ['message.status']);
    await text(newNumber());
    await until('told', () => callsOf('claimed').length === 1);
    await until('delivered', async () => (await deliveries(id, '?status=delivered')).body.data.length === 1);
    // As an instance leaves it that was killed before it could write what came of it.
    await house.database.query(
      `UPDATE webhook_deliveries SET state = 'PENDING', delivered_at = NULL, next_attempt_at = now(), claimed_until = now() - interval '1 second'`,
    );
    await until('told again', () => callsOf('claimed').length === 2);
  });
});
