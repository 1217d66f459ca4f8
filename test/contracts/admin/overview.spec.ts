import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { FakeTwilio } from '../../support/fake-twilio.js';
import { FakeWhapi } from '../../support/fake-whapi.js';
import { national, newPhone, openHouse, QUICK, type House, type Person } from '../../support/house.js';
import { runJob } from '../../support/jobs.js';
import { logIn, newcomer } from '../../support/logins.js';
import { messagesOf, stateOfSent } from '../../support/messages.js';
import { until } from '../../support/waits.js';

// What admins see at a glance: how codes fared, who was refused, what is spent, and that it has changed.

const SECRET = 'the-hook-of-the-specs';

let house: House;
let whapi: FakeWhapi;
let twilio: FakeTwilio;
let admin: Record<string, string>;

beforeAll(async () => {
  [whapi, twilio] = await Promise.all([FakeWhapi.start(), FakeTwilio.start()]);
  house = await openHouse(
    {
      ...QUICK,
      WHATSAPP_PROVIDERS: 'whapi,sms',
      ...whapi.settings,
      WHAPI_WEBHOOK_SECRET: SECRET,
      ...twilio.settings,
      OTP_MAX_ATTEMPTS: '2',
      GUESS_BUDGET: '2',
      SERVICE_SENDS_PER_DAY: '500',
    },
    { movingClock: true },
  );
  admin = await loggedIn({ role: 'ADMIN' });
});
afterAll(async () => {
  await house.close();
  await Promise.all([whapi.wire.close(), twilio.close()]);
});

async function loggedIn(person: Person): Promise<Record<string, string>> {
  const { username } = await newcomer(house, person);
  return { authorization: `Bearer ${(await logIn(house.service, username)).token}` };
}

const overview = async (query = '', headers = admin) => {
  const answer = await house.service.get(`/api/admin/overview${query}`, headers);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return answer.body.data;
};

async function receipt(id: string, ...statuses: string[]): Promise<void> {
  const timestamp = String(Math.floor((Date.now() + house.clock.ahead) / 1000));
  const body = { statuses: statuses.map((status) => ({ id, status, timestamp, recipient_id: 'x@s.whatsapp.net' })) };
  expect((await house.service.post('/webhook/whapi', body, { 'x-hook-secret': SECRET })).status).toBe(200);
}

/** Somebody writes. */
async function says(phone: string, body: string): Promise<void> {
  const timestamp = Math.floor((Date.now() + house.clock.ahead) / 1000);
  const from = { from: phone.slice(1), chat_id: `${phone.slice(1)}@s.whatsapp.net`, from_me: false, from_name: 'Ani' };
  const message = { id: `.jua${phone.slice(-8)}`, type: 'text', text: { body }, timestamp, ...from };
  const hook = { 'x-hook-secret': SECRET };
  expect((await house.service.post('/webhook/whapi', { messages: [message] }, hook)).status).toBe(200);
}

/** Asks for a code, which Whapi takes; waits until that is written. @returns its id of the message */
async function sent(digits: string, phone: string): Promise<string> {
  expect((await house.request(phone)).body.data?.channel).toBe('whapi');
  const { id } = whapi.messages.findLast(({ to }) => to === digits)!;
  await until('the acceptance is written', async () => (await stateOfSent(house.database, id)) === 'ACCEPTED');
  return id;
}

const REFUSED = { status: 402, body: { error: { message: 'Trial version limit exceeded' } } };

describe('GET /api/admin/overview', () => {
  it('says what is not known, and has no zero in its place', async () => {
    const { funnel, failures, providers, p95AcceptMs, p95DeliverMs, spend, series, part } = await overview();
    expect(funnel).toEqual({
      ...{ requested: 0, accepted: 0, sent: 0, delivered: 0, read: 0, verified: 0, failed: 0 },
      ...{ waiting: 0, unknown: 0, expired: 0 },
    });
    expect([failures, providers, p95AcceptMs, p95DeliverMs]).toEqual([[], [], null, null]);
    expect(spend).toEqual({ used: 0, cap: 500, endsAt: null });
    expect(part).toBe('hour');
    expect(series.length).toBeGreaterThan(0);
  });

  it('has what happened, each thing once: codes, failures, refusals, spend', async () => {
    const before = await overview();
    const [read, delivered, silent, second, nobody] = await house.people(5);
    const ids = [];
    for (const person of [read!, delivered!, silent!]) ids.push(await sent(person.digits, person.phone));
    await receipt(ids[0]!, 'delivered', 'read');
    await receipt(ids[1]!, 'delivered');
    expect((await house.verify(read!.phone, whapi.codeFor(read!.phone) ?? '')).status).toBe(200);
    // One that Whapi refuses and Twilio takes, and one that nobody takes.
    for (const { digits } of [second!, nobody!]) whapi.wire.forNumber(digits, REFUSED);
    twilio.wire.forNumber(nobody!.digits, { status: 401, body: { message: 'Authenticate' } });
    expect((await house.request(second!.phone)).body.data.channel).toBe('sms');
    await until('the acceptance is written', async () =>
      (await messagesOf(house.database, second!.e164)).some(({ state }) => state === 'ACCEPTED'),
    );
    expect((await house.request(nobody!.phone)).status).toBe(503);
    // Two wrong codes, then a lock; a wrong password; somebody whose role is too small.
    const wrong = whapi.codeFor(silent!.phone) === '000000' ? '111111' : '000000';
    for (const status of [400, 400, 429]) expect((await house.verify(silent!.phone, wrong)).status).toBe(status);
    const typed = { identifier: 'siapa-ini', password: 'bukan sandi siapa pun' };
    expect((await house.service.post('/api/auth/login', typed)).status).toBe(401);
    const operator = await loggedIn({ role: 'OPERATOR' });
    expectFailure(await house.service.get('/api/admin/overview', operator), 403, 'forbidden');

    await until('everything is counted', async () => {
      const { funnel, spend, refused } = await overview();
      return funnel.verified > before.funnel.verified && spend.used === 4 && refused.other > before.refused.other;
    });
    const after = await overview();
    const grown = Object.fromEntries(
      Object.entries(after.funnel).map(([step, count]) => [step, Number(count) - Number(before.funnel[step])]),
    );
    expect(grown).toEqual({
      ...{ requested: 5, accepted: 4, sent: 2, delivered: 2, read: 1, verified: 1, failed: 1 },
      ...{ waiting: 0, unknown: 0, expired: 0 },
    });
    expect(after.failures).toEqual([{ reason: 'provider-auth', codes: 1 }]);
    expect(after.providers).toEqual([
      {
        ...{
          provider: 'sms',
          sendsReceipts: false,
          requested: 2,
          accepted: 1,
          sent: null,
          delivered: null,
          read: null,
        },
        ...{ verified: 0, failed: 1, p95AcceptMs: expect.any(Number), p95DeliverMs: null },
      },
      {
        ...{ provider: 'whapi', sendsReceipts: true, requested: 5, accepted: 3, sent: 2, delivered: 2, read: 1 },
        ...{ verified: 1, failed: 2, p95AcceptMs: expect.any(Number), p95DeliverMs: expect.any(Number) },
      },
    ]);
    expect(after.p95AcceptMs).toBeGreaterThanOrEqual(0);
    expect(after.refused).toMatchObject({ wrongCodes: 2, wrongPasswords: 1, lockouts: 1, unsorted: 0 });
    expect(after.refusals).toContainEqual({ event: 'login.otp', code: 'invalid_otp', count: 2 });
    expect(after.refusals).toContainEqual({ event: 'access.refused', code: 'forbidden', count: 1 });
    expect(after.spend).toEqual({ used: 4, cap: 500, endsAt: expect.any(String) });
    expect(+new Date(after.spend.endsAt)).toBeGreaterThan(+new Date(after.to) + 23 * 3_600_000);
    const total = (name: string) => after.series.reduce((sum: number, part: any) => sum + Number(part[name]), 0);
    expect(['requested', 'accepted', 'read', 'failed', 'wrongCodes'].map(total)).toEqual([
      after.funnel.requested,
      after.funnel.accepted,
      after.funnel.read,
      after.funnel.failed,
      after.refused.wrongCodes,
    ]);
    // Nobody's number, code or address.
    expect(JSON.stringify(after)).not.toMatch(/\+?628\d{6}|127\.0\.0\.1/);
  });

  it('counts the same once the job has counted the hours, and takes in a receipt that comes late', async () => {
    // Codes of yesterday, and that nothing since then is counted yet: nobody can wait for it here.
    await house.database.query(
      `INSERT INTO message_history (id, purpose, recipient, state, provider, provider_message_id, attempts, created_at, accept_ms)
       SELECT gen_random_uuid(), 'login', '+6281200000000', 'ACCEPTED', 'whapi', 'of-yesterday-' || n, 1,
              now() - interval '1 day' - n * interval '10 minutes', 100 * n
         FROM generate_series(1, 20) n`,
    );
    await house.database.query(`UPDATE codes_counted SET until = until - interval '2 days'`);
    await house.database.query(`UPDATE refusals_counted SET until = until - interval '2 days'`);
    const figures = async () => {
      const { to: _to, series, spend: _spend, ...rest } = await overview('?range=7d');
      return { ...rest, days: series.map(({ at, requested, read }: any) => [at, requested, read]) };
    };
    const before = await figures();
    expect(before.funnel.requested).toBeGreaterThan(20);
    await runJob(house.database, 'code-counts', house.clock);
    await runJob(house.database, 'refusal-counts', house.clock);
    const [row] = await house.database.query(`SELECT sum(messages)::int AS codes FROM code_counts`);
    expect(row).toEqual({ codes: 20 });
    expect(await figures()).toEqual(before);
    await receipt('of-yesterday-7', 'read');
    await until('it is in the figures', async () => (await figures()).funnel.read === Number(before.funnel.read) + 1);
    await runJob(house.database, 'code-counts', house.clock);
    expect((await figures()).funnel.read).toBe(Number(before.funnel.read) + 1);
  });

  it('cuts days by the clocks of the zone that is named', async () => {
    const days = async (timezone: string) => overview(`?range=7d&timezone=${encodeURIComponent(timezone)}`);
    for (const [zone, minutes] of [
      ['Asia/Jakarta', 17 * 60],
      ['Asia/Kathmandu', 18 * 60 + 15],
      ['UTC', 0],
    ] as const) {
      const { timezone, from, part, series } = await days(zone);
      expect([timezone, part, series.length]).toEqual([zone, 'day', 7]);
      expect(series[0].at).toBe(from);
      for (const { at } of series) expect(new Date(at).getUTCHours() * 60 + new Date(at).getUTCMinutes()).toBe(minutes);
    }
    expect((await overview('?range=30d')).series).toHaveLength(30);
    const { series, from } = await overview('?timezone=Asia/Kathmandu');
    expect(series.map(({ at }: any) => +new Date(at) - +new Date(from))).toEqual(
      series.map((_: unknown, hour: number) => hour * 3_600_000),
    );
  });

  it.each([
    'UTC+7',
    '+07:00',
    'WIB',
    'Mars/Olympus',
    'Asia/Jakarta+7',
    "Asia/Jakarta'",
    '../etc/passwd',
    'x'.repeat(65),
  ])('takes %s for no zone', async (zone) => {
    const answer = await house.service.get(`/api/admin/overview?timezone=${encodeURIComponent(zone)}`, admin);
    expect(expectFailure(answer, 400, 'validation_failed').details).toMatchObject([{ field: 'timezone' }]);
  });

  it('knows three ranges, one at a time', async () => {
    const refused = ['range=1d', 'range=7d&range=30d', 'timezone=UTC&timezone=UTC'];
    for (const query of refused) {
      const answer = await house.service.get(`/api/admin/overview?${query}`, admin);
      expect([query, answer.status, answer.body.code]).toEqual([query, 400, 'validation_failed']);
    }
  });

  it('is for admins and supervisors', async () => {
    expect((await overview('', await loggedIn({ role: 'SUPERVISOR' }))).range).toBe('today');
    for (const role of ['OPERATOR', 'KARYAWAN', 'USER'] as const)
      expectFailure(await house.service.get('/api/admin/overview', await loggedIn({ role })), 403, 'forbidden');
    expectFailure(await house.service.get('/api/admin/overview'), 401, 'unauthenticated');
  });
});

/** A stream that is read as it comes. */
class Events {
  text = '';
  ended = false;

  private constructor(
    readonly response: Response,
    private readonly aborter: AbortController,
  ) {}

  static async open(headers: Record<string, string>, url = house.service.url): Promise<Events> {
    const aborter = new AbortController();
    const response = await fetch(`${url}/api/admin/events`, { headers, signal: aborter.signal });
    const events = new Events(response, aborter);
    void events.read().catch(() => (events.ended = true));
    return events;
  }

  /** The topics of each event that has come. */
  get topics(): string[][] {
    return [...this.text.matchAll(/^event: changed\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!).topics);
  }

  get lastId(): string {
    return (
      this.text
        .match(/^id: (.*)$/gm)
        ?.at(-1)
        ?.slice(4) ?? ''
    );
  }

  close(): void {
    this.aborter.abort();
  }

  private async read(): Promise<void> {
    for await (const chunk of this.response.body!) this.text += new TextDecoder().decode(chunk as Uint8Array);
    this.ended = true;
  }
}

/** It is looked for changes, and for who may still hear of them, at least this often; in seconds of the clock. */
const LOOK = 10;

const comes = (what: string, ready: () => boolean) => house.clock.until(what, ready, LOOK);

describe('GET /api/admin/events', () => {
  it('tells of a change, once, and of nothing while nothing changes', async () => {
    const events = await Events.open(admin);
    expect(events.response.status).toBe(200);
    expect(events.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect([events.response.headers.get('cache-control'), events.response.headers.get('x-accel-buffering')]).toEqual([
      'no-store',
      'no',
    ]);
    await comes('the first event', () => events.topics.length > 0);
    expect(events.topics[0]).toEqual(['overview', 'devices', 'conversations']);
    // Refusals of other tests are written within a second.
    await house.clock.pass(4);
    const quiet = events.topics.length;
    await house.clock.pass(20);
    expect(events.topics).toHaveLength(quiet);
    expect(events.text).toContain(': still here');
    const person = await house.person();
    await house.request(person.phone);
    await comes('the new code', () => events.topics.length > quiet);
    expect(events.topics.at(-1)).toContain('overview');
    const known = events.lastId;
    expect(known).toMatch(/^[0-9a-f]{12}(?:\.[0-9a-f]{12}){2}$/);
    events.close();
  });

  it('tells who comes again of what is new since, at any instance', async () => {
    const first = await Events.open(admin);
    await comes('the first event', () => first.topics.length > 0);
    const known = { ...admin, 'last-event-id': first.lastId };
    first.close();
    const other = await house.another();
    const again = await Events.open(known, other.url);
    await house.clock.pass(LOOK);
    expect([again.response.status, again.topics]).toEqual([200, []]);
    const person = await house.person();
    await house.verify(person.phone, '123456');
    await comes('the wrong code', () => again.topics.length > 0);
    expect(again.topics).toEqual([['overview']]);
    // A stop ends what is open, and does not wait for it.
    await other.stop();
    await until('it ends', () => again.ended);
  });

  it('ends with the login, and with the role', async () => {
    const headers = await loggedIn({ role: 'SUPERVISOR' });
    const [leaving, staying] = [await Events.open(headers), await Events.open(admin)];
    await comes('both hear', () => leaving.topics.length > 0 && staying.topics.length > 0);
    await house.service.post('/api/auth/logout', {}, headers);
    await comes('it ends', () => leaving.ended);
    const person = await newcomer(house, { role: 'SUPERVISOR' });
    const { token } = await logIn(house.service, person.username);
    const demoted = await Events.open({ authorization: `Bearer ${token}` });
    await comes('it hears', () => demoted.topics.length > 0);
    await house.database.query(`UPDATE users SET role = 'OPERATOR' WHERE id = $1`, [person.id]);
    await comes('it ends', () => demoted.ended);
    expect(staying.ended).toBe(false);
    staying.close();
  });

  it('has room for others when one opens as many as possible', async () => {
    const greedy = await loggedIn({ role: 'SUPERVISOR' });
    const streams = await Promise.all(Array.from({ length: 70 }, () => Events.open(greedy)));
    const statuses = streams.map(({ response }) => response.status);
    expect([...new Set(statuses)].sort()).toEqual([200, 503]);
    expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(50);
    expect(streams.find(({ response }) => response.status === 503)!.response.headers.get('retry-after')).toBe('10');
    const other = await Events.open(admin);
    expect(other.response.status).toBe(200);
    for (const stream of [...streams, other]) stream.close();
  });

  it('answers at once whoever asks for the head alone', async () => {
    const head = await house.service.send('HEAD', '/api/admin/events', undefined, admin);
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('tells an operator of conversations, and of nothing else, at any instance', async () => {
    const operator = await loggedIn({ role: 'OPERATOR' });
    const other = await house.another();
    const [here, there, figures] = await Promise.all([
      Events.open(operator),
      Events.open(operator, other.url),
      Events.open(admin),
    ]);
    const all = [here, there, figures];
    await comes('the first event', () => all.every(({ topics }) => topics.length > 0));
    await house.clock.pass(4);
    expect(here.topics).toEqual([['conversations']]);
    expect(here.lastId).toMatch(/^[0-9a-f]{12}$/);
    const quiet = figures.topics.length;
    await house.request((await house.person()).phone);
    await comes('the new code', () => figures.topics.length > quiet);
    await house.clock.pass(4);
    expect([here.topics.length, there.topics.length]).toEqual([1, 1]);

    const phone = newPhone();
    const isHeard = async (what: string, change: () => Promise<unknown>) => {
      await house.clock.pass(4);
      const before = all.map(({ topics }) => topics.length);
      await change();
      await comes(what, () => all.every(({ topics }, at) => topics.length > (before[at] ?? 0)));
      for (const { topics } of all) expect(topics.at(-1)).toContain('conversations');
    };
    const path = `/api/conversations/${national(phone)}`;
    const json = { ...operator, 'content-type': 'application/json' };
    const becomes = (change: object) => house.service.send('PATCH', path, JSON.stringify(change), json);
    await isHeard('what somebody writes', () => says(phone, 'pause'));
    await isHeard('that it was read', () => becomes({ read: true }));
    await isHeard('who answers', () => becomes({ state: 'BOT' }));
    await isHeard('an answer', () => house.service.post(`${path}/reply`, { text: 'Selamat pagi' }, operator));
    let taken: string[] = [];
    await until('Whapi has it', async () => {
      const rows = await house.database.query(
        `SELECT provider_message_id AS id FROM messages WHERE recipient = $1 AND provider_message_id IS NOT NULL`,
        [phone],
      );
      taken = rows.map(({ id }) => id as string);
      return taken.length > 0;
    });
    await isHeard('that it arrived', () => receipt(taken[0] ?? '', 'delivered'));
    expect(here.text).not.toContain('overview');
    for (const { text } of all) expect(text).not.toContain(phone.slice(1));
    for (const events of all) events.close();
  });

  it('is for those who may see any of it, and takes no token from the address', async () => {
    for (const role of ['KARYAWAN', 'USER'] as const) {
      const { response } = await Events.open(await loggedIn({ role }));
      expect(response.status).toBe(403);
    }
    const token = admin['authorization']!.slice(7);
    for (const query of ['', `?access_token=${token}`, `?token=${token}`]) {
      const answer = await house.service.get(`/api/admin/events${query}`);
      expectFailure(answer, 401, 'unauthenticated');
    }
    expect(house.service.output()).not.toContain(token);
  });
});
