import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { newPhone, openHouse, type House } from '../../support/house.js';
import { type Service } from '../../support/service.js';

// docs/contract/README.md#common-rules: language, CORS, allowed countries.

/** Pages of packaged apps. */
const APPS = ['capacitor://localhost', 'ionic://localhost', 'https://localhost'];

let house: House;
/** Everything that the house is not: its language is negotiated, its pages are apps, its numbers come from two countries. */
let open: Service;
/** English, and for every page of this machine; behind a proxy. */
let english: Service;

beforeAll(async () => {
  house = await openHouse({ FRONTEND_URL: 'https://app.example, https://admin.example:8443/' });
  open = await house.another({
    MESSAGE_LANGUAGE: 'negotiate',
    FRONTEND_URL: ['https://app.example', ...APPS].join(','),
    ALLOWED_COUNTRIES: 'ID, SG',
    WHATSAPP_PROVIDERS: 'whacenter',
    TWILIO_ACCOUNT_SID: 'AC1',
    TWILIO_AUTH_TOKEN: 'token-of-twilio',
    TWILIO_FROM: '+14155550100',
    PUBLIC_URL: 'https://masuk.example.org',
  });
  english = await house.another({
    MESSAGE_LANGUAGE: 'en',
    FRONTEND_URL: '',
    ADDRESS_FAILURES_PER_HOUR: '2',
    TRUST_PROXY: '127.0.0.1',
    LOG_LEVEL: 'trace',
  });
});
afterAll(async () => house.close());

describe('the language of messages', () => {
  const SAID = {
    id: {
      sent: 'Kode OTP telah dikirim ke WhatsApp Anda',
      unknown: 'Nomor telepon tidak terdaftar atau akun tidak aktif',
      invalid: 'Kode OTP tidak valid atau sudah kadaluarsa',
      loggedIn: 'Login berhasil',
    },
  };
  const hear = async (service: Service, acceptLanguage?: string) => {
    const headers: Record<string, string> = {
      'x-forwarded-for': '203.0.113.199',
      ...(acceptLanguage !== undefined && { 'accept-language': acceptLanguage }),
    };
    const person = await house.person();
    const post = (path: string, body: object) => service.post(`/api/auth/${path}`, body, headers);
    const sent = await post('otp/request', { phone: person.phone });
    const otpCode = house.fake.codeFor(person.phone) ?? '';
    const invalid = await post('otp/verify', { phone: person.phone, otpCode: wrong(otpCode) });
    const loggedIn = await post('otp/verify', { phone: person.phone, otpCode });
    const unknown = await post('otp/request', { phone: newPhone() });
    expect(unknown.body.code).toBe('phone_not_registered');
    expect(invalid.body.code).toBe('invalid_otp');
    return {
      said: {
        sent: sent.body.message,
        unknown: unknown.body.message,
        invalid: invalid.body.message,
        loggedIn: loggedIn.body.message,
      },
      sms: house.fake.messagesFor(person.phone)[0] ?? '',
    };
  };

  it('is Indonesian, whatever the browser asks for', async () => {
    for (const header of [undefined, 'en', 'en-US,en;q=0.9']) {
      const { said, sms } = await hear(house.service, header);
      expect(said).toEqual(SAID.id);
      expect(sms.startsWith('Halo ')).toBe(true);
    }
  });

  it('is English with MESSAGE_LANGUAGE=en', async () => {
    const { said, sms } = await hear(english, 'id');
    for (const [key, text] of Object.entries(said)) {
      expect(text).not.toBe(SAID.id[key as keyof typeof SAID.id]);
      expect(text).not.toMatch(/\b(?:tidak|Nomor|Kode|berhasil)\b/);
    }
    expect(sms).toMatch(/^\*\d{6}\*$/m);
    expect(sms).not.toMatch(/Halo|Kode|Jangan/);
  });

  it('follows the browser with MESSAGE_LANGUAGE=negotiate; absent, * and others are Indonesian', async () => {
    const said = (await hear(open, 'en')).said;
    expect(said).not.toEqual(SAID.id);
    for (const header of [
      'en-GB',
      'EN',
      'en;q=0.5',
      'fr, en;q=0.5',
      'id;q=0.4,en;q=0.8',
      'de-DE,de;q=0.9,en;q=0.8,*;q=0.1',
    ]) {
      expect({ header, said: (await hear(open, header)).said }).toEqual({ header, said });
    }
    for (const header of ['*', 'id', 'id-ID,id;q=0.9,en-US;q=0.8', 'fr', 'en;q=0', '', ';;;,,', 'en'.repeat(3000)]) {
      expect({ header, said: (await hear(open, header)).said }).toEqual({ header, said: SAID.id });
    }
    expect((await hear(open)).said).toEqual(SAID.id);
  });
});

describe('CORS', () => {
  const ask = (service: Service, origin: string, path = '/api/auth/otp/status') => service.get(path, { origin });
  const allowed = async (service: Service, origin: string) =>
    (await ask(service, origin)).headers.get('access-control-allow-origin') === origin;
  const preflight = (service: Service, origin: string, headers: string) =>
    service.send('OPTIONS', '/api/auth/otp/verify', undefined, {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': headers,
    });

  it('lets in exactly the configured origins', async () => {
    for (const origin of ['https://app.example', 'https://admin.example:8443']) {
      const answer = await ask(house.service, origin);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
    }
    const strangers = [
      'http://app.example',
      'https://app.example.evil.com',
      'https://app.example:444',
      'https://admin.example',
      'https://evil.app.example',
      'https://evilapp.example',
      'http://localhost:5173',
      'http://127.0.0.1:3000',
      'null',
      '*',
    ];
    for (const origin of strangers) {
      expect({ origin, header: (await ask(house.service, origin)).headers.get('access-control-allow-origin') }).toEqual(
        {
          origin,
          header: null,
        },
      );
    }
  });

  it('lets in failures, too, so that a front end can read them', async () => {
    const answer = await house.service.post('/api/auth/otp/request', {}, { origin: 'https://app.example' });
    expectFailure(answer, 400, 'invalid_phone');
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    const nowhere = await ask(house.service, 'https://app.example', '/nowhere');
    expect(nowhere.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('retry-after');
  });

  it('answers a preflight for what a front end sends', async () => {
    const answer = await preflight(house.service, 'https://app.example', 'content-type,authorization,x-device-token');
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    const headers = answer.headers.get('access-control-allow-headers')?.toLowerCase() ?? '';
    for (const name of ['content-type', 'authorization', 'x-device-token']) expect(headers).toContain(name);
    const stranger = await preflight(house.service, 'https://evil.example', 'content-type');
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each([
    'x-api-key,content-type',
    'content-type,x-requested-with',
    'baggage,content-type,sentry-trace',
    'content-type,traceparent,tracestate',
    'authorization,cache-control,pragma',
  ])('allows a page whatever header it asks for: %s', async (asked) => {
    const answer = await preflight(house.service, 'https://app.example', asked);
    expect(answer.status).toBe(204);
    const allowedHeaders = (answer.headers.get('access-control-allow-headers') ?? '').split(/, */);
    expect(allowedHeaders).toEqual(asked.split(','));
  });

  it('tells other origins nothing at all', async () => {
    for (const origin of ['https://evil.example', 'capacitor://localhost', 'null']) {
      const answers = [await ask(house.service, origin), await preflight(house.service, origin, 'x-api-key')];
      for (const { headers } of answers)
        expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
      expect(answers[1]?.status).toBe(204);
    }
  });

  it('lets listed pages send cookies, and packaged apps call without them', async () => {
    const seen = async (origin: string) => {
      const answers = [await ask(open, origin), await preflight(open, origin, 'content-type')];
      return answers.map(({ headers }) => [
        headers.get('access-control-allow-origin'),
        headers.get('access-control-allow-credentials'),
      ]);
    };
    expect(await seen('https://app.example')).toEqual(Array(2).fill(['https://app.example', 'true']));
    for (const origin of APPS) expect(await seen(origin)).toEqual(Array(2).fill([origin, null]));
    for (const origin of ['https://localhost:8443', 'http://localhost', 'app://localhost'])
      expect(await seen(origin)).toEqual(Array(2).fill([null, null]));
    // The element is for every page, and then credentials would be refused by the browser.
    const element = await ask(open, 'https://app.example', '/elements/masuk-login.js');
    expect(element.headers.get('access-control-allow-origin')).toBe('*');
    expect(element.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('lets pages read why their upload is refused', async () => {
    const typed = { origin: 'https://app.example', 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await house.service.send('POST', '/api/auth/login', '--x--', typed);
    expectFailure(answer, 415, 'unsupported_media_type');
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('lets in any port of this machine, outside production and without FRONTEND_URL', async () => {
    for (const origin of [
      'http://localhost:3000',
      'http://localhost:5173',
      'http://127.0.0.1:8080',
      'http://localhost',
      'https://localhost:5173',
      'https://localhost',
      'capacitor://localhost',
      'ionic://localhost',
    ]) {
      expect({ origin, allowed: await allowed(english, origin) }).toEqual({ origin, allowed: true });
      expect((await ask(english, origin)).headers.has('access-control-allow-credentials')).toBe(false);
    }
    for (const origin of [
      'http://localhost.evil.example:3000',
      'http://localhost:3000.evil.example',
      'http://evil.example',
      'http://127.0.0.1.evil.example',
      'http://127.0.0.2:80',
      'http://evil-localhost:80',
      'null',
    ]) {
      expect({ origin, header: (await ask(english, origin)).headers.get('access-control-allow-origin') }).toEqual({
        origin,
        header: null,
      });
    }
  });
});

describe('a slash at the end of an address', () => {
  it('changes nothing at the routes of the replaced services', async () => {
    const { phone } = await house.person({ username: 'garis-miring', password: 'rahasia-miring' });
    expect((await house.service.post('/api/auth/otp/request/', { phone })).status).toBe(200);
    expect((await house.service.get('/api/health/?x=/')).status).toBe(200);
    expect((await house.service.get('/db-connect/')).status).toBe(200);
    expect((await house.service.get('/api/sessions/')).status).toBe(200);
    expectFailure(await house.service.get('/auth/me/'), 401, 'unauthenticated');
    const login = await house.service.post('/auth/login/', { identifier: 'garis-miring', password: 'rahasia-miring' });
    expect(login.status).toBe(200);
    const reset = (end: string) => house.service.post(`/api/forgot-password/request-otp${end}`, {});
    expect((await reset('/')).text).toBe((await reset('')).text);
    expectFailure(await house.service.get('/api/health//'), 404, 'not_found');
    expectFailure(await house.service.get('/nowhere/'), 404, 'not_found');
    expect((await house.service.get('/docs/')).text).toContain('swagger-ui');
  });

  it('leads to the same limits, raw bodies and answers that were kept', async () => {
    const client = { 'x-forwarded-for': '203.0.113.200' };
    const wrongLogin = (end: string) =>
      english.post(`/api/auth/login${end}`, { identifier: 'x@y.example', password: 'salah' }, client);
    const answers = [await wrongLogin('/'), await wrongLogin(''), await wrongLogin('/')];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    // A signature is over the bytes, which only a route that takes its body raw still has.
    const hook = await english.send('POST', '/webhook/whapi/', '{"messages":[]}', {
      'content-type': 'application/json',
    });
    expect(hook.status).toBe(
      (await english.send('POST', '/webhook/whapi', '{"messages":[]}', { 'content-type': 'application/json' })).status,
    );
    const { phone } = await house.person();
    const key = { 'idempotency-key': '"kunci-garis-miring"' };
    const first = await house.service.post('/api/auth/otp/request/', { phone }, key);
    const again = await house.service.post('/api/auth/otp/request', { phone }, key);
    expect([again.status, again.text, again.headers.get('idempotency-replayed')]).toEqual([200, first.text, 'true']);
    // Neither does it bring an address with a secret in it into the log.
    await english.send('POST', '/webhook/whacenter/rahasia-di-alamat/', '{}');
    expect(english.output()).not.toContain('rahasia-di-alamat');
  });

  it('belongs to the address that Twilio signs', async () => {
    const deliver = (signed: string) => {
      const form = new URLSearchParams({ MessageSid: 'SM1', MessageStatus: 'delivered' });
      const data = [...form].sort().map(([name, value]) => name + value);
      const signature = createHmac('sha1', 'token-of-twilio')
        .update(signed + data.join(''))
        .digest('base64');
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature };
      return open.send('POST', '/webhook/sms/', form.toString(), headers);
    };
    expect((await deliver('https://masuk.example.org/webhook/sms/')).status).toBeLessThan(300);
    expectFailure(await deliver('https://masuk.example.org/webhook/sms'), 401, 'invalid_webhook_secret');
  });
});

describe('countries', () => {
  const singapore = '+6591234567';
  const request = (service: Service, phone: string) => service.post('/api/auth/otp/request', { phone });

  it('are Indonesia alone by default', async () => {
    for (const phone of [singapore, '+14155552671', '+60123456789', '+447400123456']) {
      expectFailure(await request(house.service, phone), 400, 'invalid_phone');
    }
  });

  it('are those of ALLOWED_COUNTRIES', async () => {
    const person = await house.person({ phone: singapore });
    expect((await request(open, '+65 9123-4567')).status).toBe(200);
    const otpCode = house.fake.codeFor(singapore);
    const { status, body } = await open.post('/api/auth/otp/verify', { phone: '6591234567', otpCode });
    expect({ status, id: body.data?.user.id }).toEqual({ status: 200, id: person.id });
    expect((await request(open, (await house.person()).phone)).status).toBe(200);
    expectFailure(await request(open, '+60123456789'), 400, 'invalid_phone');
    // A landline of an allowed country is no way to get a WhatsApp message there.
    expectFailure(await request(open, '+6561234567'), 400, 'invalid_phone');
  });
});
