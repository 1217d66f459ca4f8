import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../../support/answers.js';
import { type WhacenterScript } from '../../support/fake-whacenter.js';
import { openHouse, QUICK, type House, type Resident } from '../../support/house.js';
import { messagesOf } from '../../support/messages.js';
import { type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/sikeskoja.md#request-and-resend when Whacenter does not take the message, and what becomes of the code.

const FAILED = 'Gagal mengirim OTP via WhatsApp. Perangkat tidak terhubung.';

let house: House;

beforeAll(async () => {
  house = await openHouse(QUICK, { movingClock: true });
});
afterAll(async () => house.close());
// What the tests before made the gateway fail with is one trouble each, and not a gateway that is down.
beforeEach(async () => {
  await house.code((await house.person()).phone);
});

const expectedUnavailable = (answer: Awaited<ReturnType<House['request']>>) => {
  expectFailure(answer, 503, 'whatsapp_unavailable', FAILED);
  return answer;
};

const expectUnavailable = (answer: Awaited<ReturnType<House['request']>>) =>
  expectFailure(answer, 503, 'whatsapp_unavailable', FAILED);

describe('a device that is not connected', () => {
  const disconnected = async <Result>(work: () => Promise<Result>) => {
    house.fake.connected = false;
    return work().finally(() => (house.fake.connected = true));
  };

  it('makes request and resend answer 503 with the words of the provider', async () => {
    const person = await house.person();
    for (const route of [house.request, house.resend]) {
      const answer = await disconnected(() => route(person.phone));
      expect(expectUnavailable(answer)).toStrictEqual({
        success: false,
        message: FAILED,
        code: 'whatsapp_unavailable',
        details: 'device not connected or not found',
      });
      expect(retryAfter(answer)).toBeGreaterThan(0);
    }
    expect(house.fake.messagesFor(person.phone)).toEqual([]);
  });

  it('starts no cooldown and costs no send', async () => {
    const person = await house.person();
    await disconnected(async () => {
      for (let attempt = 0; attempt < 4; attempt++) expectUnavailable(await house.request(person.phone));
    });
    for (let send = 0; send < 5; send++) {
      const answer = await house.resend(person.phone);
      expect({ status: answer.status, alreadySent: answer.body.data?.alreadySent }).toEqual({ status: 200 });
      await house.pass(person.phone, 301);
    }
  });

  it('leaves no code behind that could be guessed', async () => {
    const person = await house.person();
    await disconnected(() => house.request(person.phone));
    const sent = house.fake.calls.findLast(({ fields }) => fields['number'] === person.digits);
    const code = /\*(\d{6})\*/.exec(sent?.fields['message'] ?? '')?.[1] ?? '';
    expectFailure(await house.verify(person.phone, code), 400, 'invalid_otp');
  });

  it('is asked ten times in ten minutes for a phone, not more', async () => {
    const person = await house.person();
    for (let attempt = 0; attempt < 10; attempt++) {
      await disconnected(async () => expectUnavailable(await house.request(person.phone)));
      // Somebody else's success in between: a gateway that fails ten times in a row is not asked any more.
      await house.code((await house.person()).phone);
    }
    const refused = await house.request(person.phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(Math.abs(retryAfter(refused) - 600)).toBeLessThanOrEqual(10);
    expect(house.sendsTo(person.phone)).toBe(10);
    await house.pass(person.phone, 601);
    expect((await house.request(person.phone)).status).toBe(200);
  });

  it('does not end the active code of an earlier send before its time', async () => {
    const person = await house.person();
    await house.code(person.phone);
    const again = await disconnected(() => house.request(person.phone));
    expect(again.body.data.alreadySent).toBe(true);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });
});

describe('words of the provider', () => {
  const says = async (message: string) => {
    const person = await house.person();
    house.fake.forNumber(person.phone, { body: { status: false, message, data: [] } });
    return expectUnavailable(await house.request(person.phone));
  };

  it('are shown when they are among the known ones', async () => {
    expect((await says('device not connected or not found')).details).toBe('device not connected or not found');
  });

  it('are shown to nobody otherwise', async () => {
    const bodies = await Promise.all([
      says(`device ${house.fake.deviceId} not connected or not found`),
      says('device not connected or not found, see https://app.whacenter.com/device?id=1'),
      says('number 6281234567890 not found'),
      says('saldo habis'),
      says(''),
    ]);
    for (const body of bodies)
      expect(body).toStrictEqual({ success: false, message: FAILED, code: 'whatsapp_unavailable' });
  });
});

describe('a send whose outcome nobody knows', () => {
  const HTML = '<!DOCTYPE html><html><body>Maintenance</body></html>';
  const unknowns: [string, WhacenterScript][] = [
    ['the gateway hangs', { hang: true }],
    ['an HTML page with status 200', { status: 200, body: HTML, delivers: true }],
    ['garbage', { status: 200, body: '{"status":tr\u0000\u0007 }{ "data"', delivers: true }],
    ['an empty answer', { status: 200, body: '', delivers: true }],
    ['a connection cut before the answer', { reset: true, delivers: true }],
    ['a connection cut within the answer', { reset: 'midway' }],
    ['bytes that are not HTTP', { raw: 'SSH-2.0-OpenSSH_9.6\r\n\r\n', delivers: true }],
    ['JSON that says nothing', { status: 200, body: '{"data":[]}', delivers: true }],
    ['a JSON list', { status: 200, body: '[true]', delivers: true }],
    ['an answer without end', { status: 200, body: `{"status":true,"x":"${'x'.repeat(200_000)}"}`, delivers: true }],
  ];

  it.each(unknowns)('answers 503 and keeps the code valid: %s', async (_what, script) => {
    const person = await house.person();
    house.fake.forNumber(person.phone, script);
    const answer = await house.request(person.phone);
    expect(expectUnavailable(answer).details).toBeUndefined();
    house.fake.forNumber(person.phone, undefined);
    // It counts and its cooldown runs: asking again sends no second message.
    const again = await house.request(person.phone);
    expect({ status: again.status, alreadySent: again.body.data?.alreadySent }).toEqual({
      status: 200,
      alreadySent: true,
    });
    expect(house.fake.messagesFor(person.phone)).toHaveLength(1);
    expect(house.sendsTo(person.phone)).toBe(1);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });

  it('is not waited for by a second request: it says that the code is under way', async () => {
    const person = await house.person();
    house.fake.forNumber(person.phone, { hang: true });
    const first = house.request(person.phone);
    await until('the gateway is asked', () => house.sendsTo(person.phone) > 0);
    let firstIsAnswered = false;
    void first.then(() => (firstIsAnswered = true));
    const second = await house.request(person.phone);
    expect(firstIsAnswered).toBe(false);
    expect(second.status).toBe(200);
    expect(second.body.data).toMatchObject({ alreadySent: true, channel: 'whacenter' });
    expectFailure(await house.resend(person.phone), 429, 'otp_rate_limited');
    expectUnavailable(await first);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  });

  it('may be verified while it is still under way', async () => {
    const person = await house.person();
    house.fake.forNumber(person.phone, { hang: true });
    const first = house.request(person.phone);
    await until('the code', () => house.fake.codeFor(person.phone) !== undefined);
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
    expectUnavailable(await first);
    house.fake.forNumber(person.phone, undefined);
    await house.login(person.phone);
  });
});

describe('a gateway that fails for certain', () => {
  const expectNoCooldown = async (person: Resident, via: House['request'] = house.request) => {
    house.fake.forNumber(person.phone, undefined);
    const answer = await via(person.phone);
    expect({ status: answer.status, alreadySent: answer.body.data?.alreadySent }).toEqual({ status: 200 });
    expect((await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '')).status).toBe(200);
  };

  it.each([
    ['502 pages', { status: 502, body: '<html><head><title>502 Bad Gateway</title></head></html>' }],
    ['500 with JSON', { status: 500, body: { status: false, message: 'Server Error' } }],
    ['401', { status: 401, body: { message: 'Unauthenticated.' } }],
    ['429', { status: 429, body: '' }],
  ] as [string, WhacenterScript][])('answers 503 and starts no cooldown: %s', async (_what, script) => {
    const person = await house.person();
    house.fake.forNumber(person.phone, script);
    expect(expectUnavailable(await house.request(person.phone)).details).toBeUndefined();
    await expectNoCooldown(person);
  });

  it('is left alone for as long as it says, by everybody', async () => {
    const [person, next] = [await house.person(), await house.person()];
    house.fake.forNumber(person.phone, { status: 429, body: '', headers: { 'retry-after': '9' } });
    expect(retryAfter(expectedUnavailable(await house.request(person.phone)))).toBeLessThanOrEqual(9);
    const refused = expectedUnavailable(await house.request(next.phone));
    expect(retryAfter(refused)).toBeLessThanOrEqual(9);
    expect(house.sendsTo(next.phone)).toBe(0);
    await house.clock.pass(retryAfter(refused));
    await house.login(next.phone);
  });

  it('is tried again within the request while time is left, with the same code', async () => {
    const person = await house.person();
    house.fake.next({ status: 502, body: 'Bad Gateway' });
    const code = await house.code(person.phone);
    expect(house.sendsTo(person.phone)).toBe(2);
    const texts = house.fake.calls.filter(({ fields }) => fields['number'] === person.digits);
    expect(new Set(texts.map(({ fields }) => fields['message'])).size).toBe(1);
    expect((await house.verify(person.phone, code)).status).toBe(200);
  });

  it('may be out of reach altogether', async () => {
    // Port 1 of this machine: nobody listens there.
    const astray = await house.another({ WHACENTER_BASE_URL: 'http://127.0.0.1:1' });
    const person = await house.person();
    const answer = await astray.post('/api/auth/otp/request', { phone: person.phone });
    expect(expectUnavailable(answer).details).toBeUndefined();
  });
});

describe('a gateway that is down, alone on the ladder', () => {
  const DOWN: WhacenterScript = { status: 500, body: 'Internal Server Error' };
  let lonely: Service;
  beforeAll(async () => {
    lonely = await house.another({ SEND_TIMEOUT: '8' });
  });

  const request = async (phone: string) => {
    const started = performance.now();
    const answer = await lonely.post('/api/auth/otp/request', { phone });
    return { answer, ms: performance.now() - started };
  };
  const allDown = async (count: number) => {
    const people = await Promise.all(Array.from({ length: count }, () => house.person()));
    for (const { phone } of people) house.fake.forNumber(phone, DOWN);
    return people;
  };
  const callsTo = (people: Resident[]) => people.reduce((sum, { phone }) => sum + house.sendsTo(phone), 0);

  it('fails fast after the first tries, is probed by single messages, and is back by itself', async () => {
    const first = await allDown(4);
    for (const { answer } of await Promise.all(first.map(({ phone }) => request(phone)))) expectUnavailable(answer);
    const crowd = await allDown(20);
    const answers = await Promise.all(crowd.map(({ phone }) => request(phone)));
    for (const { answer } of answers) {
      expectUnavailable(answer);
      expect(retryAfter(answer)).toBeLessThanOrEqual(10);
    }
    // Half of the time that a message has for its tries.
    expect(answers.filter(({ ms }) => ms > 4_000)).toEqual([]);
    expect(callsTo(crowd)).toBeLessThanOrEqual(2);
    const [person] = crowd as [Resident];
    for (const { phone } of crowd) house.fake.forNumber(phone, undefined);
    // As the answers say: nobody is turned away for having come back as often as they were told to.
    let answer = answers[0]!.answer;
    for (let tried = 0; tried < 3 && answer.status === 503; tried++) {
      await house.clock.pass(retryAfter(answer));
      ({ answer } = await request(person.phone));
    }
    expect(answer.status).toBe(200);
    const login = await house.verify(person.phone, house.fake.codeFor(person.phone) ?? '');
    expect(login.status).toBe(200);
  });

  it('costs nobody one of their tries when it was not asked', async () => {
    await Promise.all((await allDown(4)).map(({ phone }) => request(phone)));
    const [person, other] = (await allDown(2)) as [Resident, Resident];
    const refusals: number[] = [];
    // Twice the tries that a number may have; others take the probes.
    for (let attempt = 0; attempt < 20; attempt++) {
      await request(other.phone);
      refusals.push((await request(person.phone)).answer.status);
    }
    expect(new Set(refusals)).toEqual(new Set([503]));
  });
});

describe('a ladder of two rungs', () => {
  let ladder: Service;
  beforeAll(async () => {
    ladder = await house.another({ WHATSAPP_PROVIDERS: 'whacenter,console', SEND_TIMEOUT: '10' });
  });

  const request = (phone: string) => ladder.post('/api/auth/otp/request', { phone });
  const inboxOf = async (phone: string): Promise<any[]> =>
    (await ladder.get('/dev/inbox')).body.data.filter(({ to }: { to: string }) => to === phone);

  it('takes the first rung while it works', async () => {
    const person = await house.person();
    expect((await request(person.phone)).body.data.channel).toBe('whacenter');
    expect(await inboxOf(person.phone)).toEqual([]);
  });

  it.each([
    ['refuses', { body: { status: false, message: 'device not connected or not found', data: [] } }],
    ['fails', { status: 502, body: 'Bad Gateway' }],
    ['hangs', { hang: true }],
  ] as [string, WhacenterScript][])(
    'takes the second, with the same code, when the first %s',
    async (_what, script) => {
      const person = await house.person();
      house.fake.forNumber(person.phone, script);
      const answer = await request(person.phone);
      expect(answer.status).toBe(200);
      expect(answer.body.data.channel).toBe('console');
      const [message] = await inboxOf(person.phone);
      const sent = house.fake.calls.findLast(({ fields }) => fields['number'] === person.digits);
      expect(message.text).toBe(sent?.fields['message']);
      expect(sent?.fields['message']).toContain(`*${message.code}*`);
      const login = await ladder.post('/api/auth/otp/verify', { phone: person.phone, otpCode: message.code });
      expect(login.status).toBe(200);
    },
  );
});

describe('a gateway that repeats its ids, or makes odd ones', () => {
  it.each([7, 'a\u0000b'])('gets each message once (%p): its ids are its own affair', async (id) => {
    const people = await Promise.all([1, 2, 3].map(() => house.person()));
    const body = JSON.stringify({ status: true, message: 'message sent', data: { id } });
    for (const { digits } of people) house.fake.forNumber(digits, { body, delivers: true });
    const answers = await Promise.all(people.map(({ phone }) => house.request(phone)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const recipients = people.map(({ e164 }) => e164);
    const states = () => messagesOf(house.database, recipients);
    await until('all acceptances are written', async () => (await states()).every(({ state }) => state === 'ACCEPTED'));
    expect(await states()).toHaveLength(3);
    for (const { phone } of people) expect(house.fake.messagesFor(phone)).toHaveLength(1);
  });
});
