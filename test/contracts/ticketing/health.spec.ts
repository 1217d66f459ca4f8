import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { retryAfter } from '../../support/answers.js';
import { openHouse, QUICK, type House } from '../../support/house.js';

// docs/contract/ticketing.md#health and #bot-status.

/** As long as a state may be remembered, and a little. */
const A_SECOND = 1.05;

let house: House;
/** Another database, and no provider that reaches phones. */
let bare: House;

beforeAll(async () => {
  house = await openHouse(QUICK, { movingClock: true });
  bare = await openHouse({ WHATSAPP_PROVIDERS: 'console' });
});
afterAll(async () => {
  await bare.close();
  await house.close();
});

describe('GET /api/forgot-password/bot-status', () => {
  const status = async (service = house.service) => (await service.get('/api/forgot-password/bot-status')).body;

  it('tells the state of the device, at most a second old', async () => {
    expect(await status()).toStrictEqual({ success: true, data: { state: 'READY', ready: true } });
    await house.clock.pass(A_SECOND);
    house.fake.connected = false;
    expect(await status()).toStrictEqual({ success: true, data: { state: 'DISCONNECTED', ready: false } });
    await house.clock.pass(A_SECOND);
    house.fake.connected = true;
    house.fake.mode = 'bad-gateway';
    expect(await status()).toStrictEqual({ success: true, data: { state: 'DISCONNECTED', ready: false } });
    await house.clock.pass(A_SECOND);
    house.fake.mode = 'ok';
    expect(await status()).toStrictEqual({ success: true, data: { state: 'READY', ready: true } });
  });

  it('says UNINITIALIZED where no provider reaches phones', async () => {
    expect(await status(bare.service)).toStrictEqual({ success: true, data: { state: 'UNINITIALIZED', ready: false } });
  });

  it('asks the device once for a hundred callers, and tells nobody which one it is', async () => {
    await house.clock.pass(A_SECOND);
    const before = house.fake.calls.length;
    const answers = await Promise.all(Array.from({ length: 100 }, () => status()));
    expect(answers.every(({ data }) => data.ready)).toBe(true);
    expect(house.fake.calls.length - before).toBeLessThanOrEqual(2);
    expect(JSON.stringify(answers)).not.toContain(house.fake.deviceId.slice(0, 4));
  });
});

describe('GET /api/health', () => {
  it('tells of the database and of WhatsApp', async () => {
    await house.clock.pass(A_SECOND);
    const health = async () => (await house.service.get('/api/health')).body;
    expect(await health()).toStrictEqual({
      success: true,
      status: 'ok',
      database: 'connected',
      whatsapp: 'connected',
    });
    await house.clock.pass(A_SECOND);
    house.fake.connected = false;
    expect(await health()).toMatchObject({ success: true, status: 'ok', whatsapp: 'disconnected' });
    await house.clock.pass(A_SECOND);
    house.fake.connected = true;
  });

  it('answers 503 when the database is gone', async () => {
    const name = new URL(bare.database.url).pathname.slice(1);
    // From a neighbouring database: nobody gets in any more, and who is in is shown out.
    await house.database.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await house.database.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    const answer = await bare.service.get('/api/health');
    expect(answer.status).toBe(503);
    expect(answer.body).toMatchObject({ success: false, status: 'unavailable', database: 'disconnected' });
    expect(retryAfter(answer)).toBeGreaterThan(0);
    await house.database.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  });
});
