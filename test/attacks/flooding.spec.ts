import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, retryAfter } from '../support/answers.js';
import { atOnce, tally } from '../support/crowds.js';
import { CROWD, national, newPhone, openHouse, type House } from '../support/house.js';
import { bearer, logIn, newcomer } from '../support/logins.js';
import { requestReset } from '../support/resets.js';

// Somebody who lets us send, or work, for nothing. Limits of ranges, countries and days: test/contracts/delivery/send-limits.spec.ts;
// of addresses under races: test/db/codes/limit-races.spec.ts; the log: test/db/audit/flood.spec.ts.

const NAME = 'Budi Santoso';

let house: House;

beforeAll(async () => {
  house = await openHouse(CROWD, { instances: 2 });
});
afterAll(async () => house.close());

const rows = async () => {
  const [row] = await house.database.query<{ codes: number; messages: number; budgets: number }>(
    `SELECT (SELECT count(*)::int FROM otp_codes WHERE current_session_id IS NOT NULL) AS codes,
            (SELECT count(*)::int FROM messages) + (SELECT count(*)::int FROM message_history) AS messages,
            (SELECT count(*)::int FROM otp_codes) AS budgets`,
  );
  return row;
};

describe('a number', () => {
  it('V2.4.1: gets one message from forty requests at once, and five an hour and ten a day at most', async () => {
    const { phone } = await house.person();
    const burst = await atOnce(40, () => house.request(phone));
    expect(tally(burst)).toEqual({ 200: 40 });
    expect(house.sendsTo(phone)).toBe(1);
    const sent = async () => {
      let count = 0;
      for (let minute = 0; minute < 60; minute += 6) {
        const statuses = await atOnce(3, () => house.resend(phone));
        count += statuses.filter(({ status }) => status === 200).length;
        await house.pass(phone, 360);
      }
      return count;
    };
    await house.pass(phone, 360);
    const hours = [];
    for (let hour = 0; hour < 4; hour++) hours.push(await sent());
    expect(Math.max(...hours)).toBeLessThanOrEqual(5);
    expect(house.sendsTo(phone)).toBe(10);
    expect(retryAfter(await house.resend(phone))).toBeGreaterThan(3_600);
  });

  it('V2.4.1: gets no more because the codes are for several purposes', async () => {
    const asker = await newcomer(house);
    const number = newPhone();
    const phone = national(number);
    const change = await house.service.post(
      '/api/auth/me/phone',
      { phone },
      bearer(await logIn(house.service, asker.username)),
    );
    expect(change.status).toBe(200);
    await house.person({ phone: number, fullName: NAME });
    // The total after each ten minutes: six of them are an hour.
    const totals = [house.sendsTo(phone)];
    for (let step = 1; step < 18; step++) {
      await house.pass(phone, 600);
      await house.resend(phone);
      await requestReset(house.service, NAME, phone);
      totals.push(house.sendsTo(phone));
    }
    const inHours = totals.map((total, step) => total - (totals[step - 6] ?? 0));
    expect(totals[0]).toBe(1);
    expect(Math.max(...inHours)).toBe(5);
    expect(totals.at(-1)).toBe(10);
    expectFailure(await house.resend(phone), 429, 'otp_rate_limited');
    const refused = await requestReset(house.service, NAME, phone);
    expectFailure(refused, 429, 'otp_rate_limited');
    expect(retryAfter(refused)).toBeGreaterThan(3_600);
  });

  it('V2.4.1: gets the last one of its hour once, when logins and resets ask for it at once', async () => {
    for (let run = 0; run < 5; run++) {
      const { phone } = await house.person({ fullName: NAME });
      for (let send = 0; send < 4; send++) {
        expect((await house.resend(phone)).status).toBe(200);
        await house.pass(phone, 301);
      }
      const answers = await atOnce(12, (at) =>
        at % 2 ? house.resend(phone) : requestReset(house.service, NAME, phone),
      );
      expect(tally(answers)[200]).toBe(1);
      expect(house.sendsTo(phone)).toBe(5);
    }
  });
});

describe('numbers that are dear, or reach no telephone', () => {
  // Landline, shared cost, premium, satellite (inside the country's code and outside), toll-free, and other countries.
  const refused = ['0215551234', '0804123456', '0809123456', '086812345678', '+870773123456', '+881612345678'];
  refused.push('+8823451234567', '+979123456789', '+80012345678', '+19005550123', '+442079460958', '+60123456789');

  it('V2.4.1, V2.2.1: are refused on every route that sends, before anything is written or sent', async () => {
    const person = await newcomer(house);
    const login = await logIn(house.service, person.username);
    const before = [await rows(), house.fake.calls.length];
    for (const phone of refused) {
      expectFailure(await house.request(phone), 400, 'invalid_phone');
      expectFailure(await house.resend(phone), 400, 'invalid_phone');
      expectFailure(await requestReset(house.service, 'Budi Santoso', phone), 400, 'invalid_phone');
      expectFailure(await house.service.post('/api/auth/me/phone', { phone }, bearer(login)), 400, 'invalid_phone');
      expectFailure(
        await house.service.post('/api/auth/register', { fullName: 'x', phone, password: 'kopi-susu-9' }),
        400,
        'invalid_phone',
      );
    }
    expect([await rows(), house.fake.calls.length]).toEqual(before);
  });
});

describe('connections', () => {
  it('V15.2.2: that send half a request and wait keep nobody else out', async () => {
    const { hostname, port } = new URL(house.service.url);
    const head = 'POST /api/auth/otp/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    const sockets = await atOnce(150, async (at) => {
      const socket: Socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(at % 2 ? head : `${head}Content-Length: 5000\r\n\r\n{"phone":`);
      return socket;
    });
    try {
      await house.login((await house.person()).phone);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('V15.2.2: of a crowd that hashes passwords leave logins by code their room', async () => {
    const { phone } = await house.person();
    const crowd = atOnce(60, (at) =>
      house.service.post('/api/auth/login', { identifier: `nobody-${at}@example.org`, password: 'salah sama sekali' }),
    );
    expect((await house.login(phone)).token).toMatch(/^ey/);
    for (const { status } of await crowd) expect([401, 503]).toContain(status);
  });
});
