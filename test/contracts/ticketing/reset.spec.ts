import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure } from '../../support/answers.js';
import { wrong } from '../../support/codes.js';
import { openHouse, type House, type Person, type Resident } from '../../support/house.js';
import { bearer, logIn, PASSWORD } from '../../support/logins.js';
import { NEW_PASSWORD, resetCodeOf, resetPassword, verifiedCodeOf, verifyReset } from '../../support/resets.js';
import { type Answer, type Service } from '../../support/service.js';

// docs/contract/ticketing.md#the-three-steps: what the third step needs.

const NAME = 'Dewi Lestari';

let house: House;
let named = 0;

beforeAll(async () => {
  house = await openHouse();
});
afterAll(async () => house.close());

/** Somebody who logs in by e-mail, username and phone, all with `PASSWORD`. */
async function member(more: Person = {}): Promise<Resident & { email: string; username: string }> {
  named += 1;
  const names = { email: `dewi${named}@tiket.example`, username: `dewi${named}` };
  return { ...names, ...(await house.person({ fullName: NAME, password: PASSWORD, ...names, ...more })) };
}
const verified = (phone: string, service = house.service) => verifiedCodeOf(service, house.fake, NAME, phone);
const reset = (phone: string, otp: string, more: Parameters<typeof resetPassword>[3] = {}) =>
  resetPassword(house.service, phone, otp, more);
const both = (password: unknown) => ({ newPassword: password, confirmPassword: password });
const login = (identifier: string, password: string) => house.service.post('/api/auth/login', { identifier, password });
const done = (answer: Answer) =>
  expect({ status: answer.status, body: answer.body }).toStrictEqual({
    status: 200,
    body: { success: true, message: 'Password updated, please login' },
  });
const hashOf = async (id: string) =>
  (await house.database.query<{ hash: string }>('SELECT password_hash AS hash FROM users WHERE id = $1', [id]))[0]!
    .hash;
const rulesOf = (answer: Answer): string[] =>
  expectFailure(answer, 400, 'password_refused', 'Kata sandi tidak memenuhi syarat').details.map(
    ({ rule, problem }: { rule: string; problem: string }) => {
      expect(problem).toMatch(/\S/);
      return rule;
    },
  );

describe('POST /api/forgot-password/reset-password', () => {
  it('sets the password, with or without the id of the verification, and opens no session itself', async () => {
    for (const withId of [true, false, null, '']) {
      const { phone, id } = await member();
      const code = await resetCodeOf(house.service, house.fake, NAME, phone);
      const { otpId } = (await verifyReset(house.service, phone, code)).body.data;
      const more = withId === false ? {} : { otpId: withId === true ? otpId.toUpperCase() : withId };
      done(await reset(phone, code, more));
      expect(await house.database.query('SELECT 1 FROM login_sessions WHERE user_id = $1', [id])).toEqual([]);
      expect((await login(phone, NEW_PASSWORD)).status).toBe(200);
    }
  });

  it('gives an account its first password', async () => {
    const { phone, id } = await house.person({ fullName: NAME });
    done(await reset(phone, await verified(phone)));
    expect((await login(phone, NEW_PASSWORD)).body.data.user.id).toBe(id);
    expect(await hashOf(id)).toMatch(/^\$argon2id\$/);
  });

  it('needs a verified code; an unverified one costs nothing', async () => {
    const { phone, id } = await member();
    const before = await hashOf(id);
    const code = await resetCodeOf(house.service, house.fake, NAME, phone);
    for (let time = 0; time < 8; time++) {
      const answer = await reset(phone, code);
      expect(expectFailure(answer, 400, 'otp_not_verified')).toStrictEqual({
        success: false,
        message: 'Kode OTP belum diverifikasi',
        code: 'otp_not_verified',
      });
    }
    expect(await hashOf(id)).toBe(before);
    expect((await verifyReset(house.service, phone, code)).status).toBe(200);
    done(await reset(phone, code));
  });

  it('needs the new code verified, too, even when an older one was', async () => {
    const { phone } = await member();
    await verified(phone);
    await house.pass(phone, 61);
    const fresh = await resetCodeOf(house.service, house.fake, NAME, phone);
    expectFailure(await reset(phone, fresh), 400, 'otp_not_verified');
  });

  it('needs the same password twice', async () => {
    const { phone, id } = await member();
    const before = await hashOf(id);
    const code = await verified(phone);
    for (const confirmPassword of [`${NEW_PASSWORD} `, NEW_PASSWORD.toUpperCase(), 'x']) {
      const answer = await reset(phone, code, { confirmPassword });
      expectFailure(answer, 400, 'passwords_differ', 'Konfirmasi kata sandi tidak sama');
    }
    expect(await hashOf(id)).toBe(before);
    done(await reset(phone, code));
  });

  it('says which rule a password breaks; the code stays good', async () => {
    const { phone, id } = await member();
    const before = await hashOf(id);
    const code = await verified(phone);
    expect(rulesOf(await reset(phone, code, both('lima5')))).toEqual(['too_short']);
    expect(rulesOf(await reset(phone, code, both('x'.repeat(73))))).toEqual(['too_long']);
    expect(rulesOf(await reset(phone, code, both('😀'.repeat(73))))).toEqual(['too_long']);
    expect(await hashOf(id)).toBe(before);
    done(await reset(phone, code, both('enam66')));
    expect((await login(phone, 'enam66')).status).toBe(200);
  });

  let strict: Service;
  beforeAll(async () => {
    strict = await house.another({ AUTH_PROFILE: 'strict', UNKNOWN_PHONE: 'reveal' });
  });

  it('says under strict when it is common, monotone or the owner’s own', async () => {
    const { phone, email, username, digits } = await member();
    const code = await verified(phone, strict);
    const rules = async (password: string) => rulesOf(await resetPassword(strict, phone, code, both(password)));
    expect(await rules('empat-belas-kr')).toEqual(['too_short']);
    expect(await rules('x'.repeat(129))).toEqual(['too_long']);
    expect(await rules('abcabcabcabcabc')).toEqual(['monotone']);
    expect(await rules('password12345678')).toContain('common');
    for (const own of [NAME, email, username, digits, phone])
      expect([own, await rules(`${own} dan lain-lain`)]).toEqual([own, ['personal']]);
    done(await resetPassword(strict, phone, code));
  });

  it('tells nothing of the owner to whoever has no right code', async () => {
    const { phone, email } = await member();
    const code = await resetCodeOf(strict, house.fake, NAME, phone);
    const own = both(`${email} dan lain-lain`);
    expectFailure(await resetPassword(strict, phone, wrong(code), own), 400, 'invalid_otp');
    expectFailure(await resetPassword(strict, phone, code, own), 400, 'otp_not_verified');
  });

  it('takes a password in any Unicode form', async () => {
    const { phone } = await member();
    const password = 'kafé-tåst-señor';
    done(await reset(phone, await verified(phone), both(password.normalize('NFD'))));
    expect((await login(phone, password.normalize('NFC'))).status).toBe(200);
  });

  it('refuses other types, and charges nothing for them', async () => {
    const { phone, id } = await member();
    const before = await hashOf(id);
    const code = await verified(phone);
    for (const odd of [undefined, null, '', 0, 12345678, true, [NEW_PASSWORD], { $ne: '' }, 'x'.repeat(2049)]) {
      expectFailure(await reset(phone, code, { newPassword: odd }), 400, 'validation_failed');
      expectFailure(await reset(phone, code, { confirmPassword: odd }), 400, 'validation_failed');
    }
    for (const otpId of [0, true, [], {}, 'x'.repeat(65)])
      expectFailure(await reset(phone, code, { otpId }), 400, 'validation_failed');
    for (const otp of [undefined, null, '', Number(code), [code], { code }, 'abcdef'])
      expectFailure(await reset(phone, code, { otp }), 400, 'validation_failed');
    for (const noHp of [undefined, null, ''])
      expectFailure(await reset(phone, code, { noHp }), 400, 'phone_number_required', 'NoHp harus diisi');
    for (const noHp of [0, [phone], {}, 'x', '12'])
      expectFailure(await reset(phone, code, { noHp }), 400, 'invalid_phone');
    expect(await hashOf(id)).toBe(before);
    // A blank id is none: the code is compared, and charged for.
    const { details } = expectFailure(await reset(phone, wrong(code), { otpId: '' }), 400, 'invalid_otp');
    expect(details).toEqual({ attemptsLeft: 2 });
  });

  it('refuses the id of another verification, or none of ours, and charges for it', async () => {
    const [one, other] = [await member(), await member()];
    const code = await verified(one.phone);
    const theirs = await resetCodeOf(house.service, house.fake, NAME, other.phone);
    const { otpId } = (await verifyReset(house.service, other.phone, theirs)).body.data;
    for (const [id, attemptsLeft] of [
      [otpId, 2],
      ['nothing', 1],
      ['\u0000', 0],
    ] as const)
      expect(expectFailure(await reset(one.phone, code, { otpId: id }), 400, 'invalid_otp').details).toEqual({
        attemptsLeft,
      });
    done(await reset(other.phone, theirs, { otpId }));
  });
});

describe('an account that changes between the steps', () => {
  let admin: Record<string, string>;
  beforeAll(async () => {
    admin = bearer(await logIn(house.service, (await member({ role: 'ADMIN' })).username));
  });
  const patch = (id: string, body: object) =>
    house.service.send('PATCH', `/api/users/${id}`, JSON.stringify(body), {
      'content-type': 'application/json',
      ...admin,
    });
  const refused = async (person: Resident, code: string, service: Service = house.service) => {
    const before = await house.database.query('SELECT password_hash FROM users WHERE id = $1', [person.id]);
    expectFailure(await verifyReset(service, person.phone, code), 400, 'invalid_otp');
    expectFailure(await resetPassword(service, person.phone, code), 400, 'invalid_otp');
    expect(await house.database.query('SELECT password_hash FROM users WHERE id = $1', [person.id])).toEqual(before);
  };

  it.each([
    ['is disabled', (id: string) => patch(id, { isActive: false })],
    ['gets another number', (id: string) => patch(id, { phone: '081399990001' })],
    ['loses its password', (id: string) => house.service.post(`/api/users/${id}/reset-password`, {}, admin)],
    ['is erased', (id: string) => house.service.send('DELETE', `/api/users/${id}`, undefined, admin)],
  ])('and %s is not reset', async (_what, change) => {
    const person = await member();
    const code = await verified(person.phone);
    expect((await change(person.id)).status).toBe(200);
    await refused(person, code);
  });

  it('in the database alone is not reset either', async () => {
    const [disabled, moved] = [await member(), await member()];
    const codes = [await verified(disabled.phone), await verified(moved.phone)];
    await house.database.query('UPDATE users SET is_active = false WHERE id = $1', [disabled.id]);
    await house.database.query(`UPDATE users SET phone = '+6281399990002' WHERE id = $1`, [moved.id]);
    for (const [at, person] of [disabled, moved].entries()) {
      const before = await hashOf(person.id);
      expectFailure(await reset(person.phone, codes[at]!), 400, 'invalid_otp');
      expect(await hashOf(person.id)).toBe(before);
      const events = await house.database.query(
        `SELECT outcome, detail->>'code' AS code FROM audit_events WHERE type = 'user.password_reset' AND user_id = $1`,
        [person.id],
      );
      expect(events).toEqual([{ outcome: 'failure', code: 'invalid_otp' }]);
    }
  });

  it('to another owner of the number refuses the code of the earlier one', async () => {
    const [earlier, later] = [await member(), await member({ phone: null })];
    const code = await verified(earlier.phone);
    expect((await patch(earlier.id, { phone: null })).status).toBe(200);
    expect((await patch(later.id, { phone: earlier.phone })).status).toBe(200);
    await refused({ ...later, phone: earlier.phone }, code);
  });

  it('by an admin’s unlock asks for a new code', async () => {
    const person = await member();
    const code = await verified(person.phone);
    expect((await house.service.post(`/api/users/${person.id}/unlock`, {}, admin)).status).toBe(200);
    await refused(person, code);
    done(await reset(person.phone, await verified(person.phone)));
  });
});
