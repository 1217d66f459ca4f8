import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, INSTANT } from '../../support/answers.js';
import { newPhone, openHouse, QUICK, type House } from '../../support/house.js';
import { requestReset, resetPassword, resetCodeOf, verifyReset } from '../../support/resets.js';
import { type Answer, type Service } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/ticketing.md#the-three-steps: `testOTP` while no provider is ready, and the answers while one fails.

const NAME = 'John Doe';
const FAILED = 'Gagal mengirim OTP via WhatsApp. Perangkat tidak terhubung.';

let house: House;
let silent: Service;

beforeAll(async () => {
  house = await openHouse(QUICK, { movingClock: true });
  silent = await house.another({ OTP_ECHO: 'off' });
});
afterAll(async () => house.close());

const john = () => house.person({ fullName: NAME });
const request = (phone: string, service = house.service) => requestReset(service, NAME, phone);
const rowsOf = (e164: string) => house.database.query('SELECT 1 FROM otp_codes WHERE phone = $1', [e164]);
const unavailable = (answer: Answer) => expectFailure(answer, 503, 'whatsapp_unavailable', FAILED);

/** Works while the device is off; its state is remembered for a second. */
async function disconnected(work: () => Promise<void>): Promise<void> {
  house.fake.connected = false;
  await house.clock.pass(1.05);
  try {
    await work();
  } finally {
    house.fake.connected = true;
    await house.clock.pass(1.05);
  }
}

describe('with a device that is ready', () => {
  it('the code is in no answer, whether OTP_ECHO is on or off', async () => {
    for (const service of [house.service, silent]) {
      const { phone } = await john();
      const answers = [await request(phone, service), await request(phone, service)];
      expect(answers.map(({ status }) => status)).toEqual([200, 400]);
      for (const { text } of answers) {
        expect(text).not.toMatch(/testOTP/i);
        expect(text).not.toContain(house.fake.codeFor(phone));
      }
    }
  });
});

describe('with no device that is ready', () => {
  it('and OTP_ECHO on, the code is in the answer, and does all that a sent one does', async () => {
    const { phone, digits } = await john();
    await disconnected(async () => {
      const answer = await request(phone);
      expect({ status: answer.status, body: answer.body }).toStrictEqual({
        status: 200,
        body: {
          success: true,
          message: 'OTP dikirim ke WhatsApp',
          phoneNumber: digits,
          testOTP: expect.stringMatching(/^\d{6}$/),
          data: { expiresAt: INSTANT, resendAt: INSTANT },
        },
      });
      expect(house.fake.messagesFor(phone)).toEqual([]);
      // Not twice: the second answer is that of any active code.
      const again = await request(phone);
      expect(expectFailure(again, 400, 'otp_active').details).toEqual(answer.body.data);
      expect(again.text).not.toContain(answer.body.testOTP);
      expect((await verifyReset(house.service, phone, answer.body.testOTP)).status).toBe(200);
      expect((await resetPassword(house.service, phone, answer.body.testOTP)).status).toBe(200);
    });
    // Recovery sends the notice when the device is back, and no code: that message was over.
    await until('the owner was told', () => house.fake.messagesFor(phone).length > 0);
    expect(house.fake.messagesFor(phone).filter((text) => /\*\d+\*/.test(text))).toEqual([]);
  });

  it('and OTP_ECHO on, a stranger still gets nothing', async () => {
    await disconnected(async () => {
      expectFailure(await request(newPhone()), 404, 'user_not_found');
      const { phone } = await john();
      const answer = await requestReset(house.service, 'Jane Smith', phone);
      expectFailure(answer, 404, 'user_not_found');
      expect(answer.text).not.toMatch(/\d{6}/);
    });
  });

  it('and OTP_ECHO off, everybody gets 503, before anybody is looked up', async () => {
    await disconnected(async () => {
      const { phone, e164 } = await john();
      const answers = [await request(phone, silent), await request(newPhone(), silent)];
      for (const answer of answers)
        expect(unavailable(answer)).toStrictEqual({ success: false, message: FAILED, code: 'whatsapp_unavailable' });
      expect(answers[0]!.text).toBe(answers[1]!.text);
      expect(await rowsOf(e164)).toEqual([]);
      expect(house.sendsTo(phone)).toBe(0);
      expectFailure(await requestReset(silent, '', phone), 400, 'name_required');
      expectFailure(await requestReset(silent, NAME, 'x'), 400, 'invalid_phone');
    });
    const { phone } = await john();
    expect((await request(phone, silent)).status).toBe(200);
  });

  it('the console counts for none: testOTP with OTP_ECHO, 503 without; the inbox has the message too', async () => {
    const [echoing, mute] = await Promise.all([
      house.another({ WHATSAPP_PROVIDERS: 'console' }),
      house.another({ WHATSAPP_PROVIDERS: 'console', OTP_ECHO: 'off' }),
    ]);
    const { phone } = await john();
    unavailable(await request(phone, mute));
    const { status, body } = await request(phone, echoing);
    expect([status, body.testOTP]).toEqual([200, expect.stringMatching(/^\d{6}$/)]);
    const inbox = (await echoing.get('/dev/inbox')).body.data;
    expect(inbox[0]).toMatchObject({ to: phone, code: body.testOTP });
    expect((await verifyReset(mute, phone, body.testOTP)).status).toBe(200);
  });

  it('a device behind the console on the ladder decides: testOTP only while it is not ready', async () => {
    const both = await house.another({ WHATSAPP_PROVIDERS: 'console,whacenter' });
    expect((await request((await john()).phone, both)).body.testOTP).toBeUndefined();
    await disconnected(async () => {
      expect((await request((await john()).phone, both)).body.testOTP).toMatch(/^\d{6}$/);
    });
  });
});

describe('a device that is ready and does not take the message', () => {
  it('means 503 in the words of the provider, no cooldown, no code that could be guessed, no echo', async () => {
    const { phone, e164 } = await john();
    house.fake.forNumber(phone, { body: { status: false, message: 'device not connected or not found', data: [] } });
    for (const answer of [await request(phone), await request(phone)]) {
      expect(unavailable(answer)).toStrictEqual({
        success: false,
        message: FAILED,
        code: 'whatsapp_unavailable',
        details: 'device not connected or not found',
      });
      expect(answer.text).not.toMatch(/\d{4}/);
    }
    const sent = house.fake.calls.findLast(({ fields }) => fields['number'] === phone.replace(/^0/, '62'));
    const code = /\*(\d{6})\*/.exec(sent?.fields['message'] ?? '')?.[1];
    expect(code).toBeDefined();
    expectFailure(await verifyReset(house.service, phone, code), 400, 'invalid_otp');
    house.fake.forNumber(phone, undefined);
    await resetCodeOf(house.service, house.fake, NAME, phone);
    const counted = await house.database.query(
      `SELECT cardinality(sends) AS sends, cardinality(failed_sends) AS failed FROM otp_codes WHERE phone = $1 AND purpose = 'reset'`,
      [e164],
    );
    expect(counted).toEqual([{ sends: 1, failed: 2 }]);
  });

  it('is asked ten times in ten minutes at most', async () => {
    const { phone } = await john();
    house.fake.forNumber(phone, { body: { status: false, message: 'device not connected or not found', data: [] } });
    for (let attempt = 0; attempt < 10; attempt++) unavailable(await request(phone));
    expectFailure(await request(phone), 429, 'otp_rate_limited');
    expect(house.sendsTo(phone)).toBe(10);
  });

  it('whose answer is lost means 503 too, but the code stays good: it may have arrived', async () => {
    const { phone } = await john();
    house.fake.forNumber(phone, { reset: true, delivers: true });
    unavailable(await request(phone));
    house.fake.forNumber(phone, undefined);
    expectFailure(await request(phone), 400, 'otp_active');
    expect((await verifyReset(house.service, phone, house.fake.codeFor(phone))).status).toBe(200);
  });
});
