import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFakeWhacenter, type FakeWhacenter } from '../../support/fake-whacenter.js';
import { openHouse, QUICK, type House } from '../../support/house.js';
import { type ServiceProcess } from '../../support/service.js';
import { until } from '../../support/waits.js';

// docs/contract/sikeskoja.md#device-status

const PATH = '/api/auth/otp/status';
const NOT_CONNECTED = {
  success: false,
  status: false,
  message: 'device not connected or not found',
  data: { connected: false },
};
/** As long as a state may be remembered, and a little. */
const A_SECOND = 1.05;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const probes = (house: House) => house.fake.calls.filter(({ path }) => path === '/api/statusDevice').length;

describe('the state of the WhatsApp device', () => {
  let house: House;
  /** Another instance, with a device of its own, whose clock can be set back. */
  let elsewhere: ServiceProcess;
  let device: FakeWhacenter;

  beforeAll(async () => {
    house = await openHouse(QUICK, { movingClock: true, gateway: { deviceId: 'abcdefghijklmnop' } });
    device = await startFakeWhacenter({ deviceId: 'abcdefghijklmno' });
    const clock = join(import.meta.dirname, '..', '..', 'support', 'settable-clock.mjs');
    elsewhere = await house.anotherProcess({
      NODE_OPTIONS: `--import=${clock}`,
      WHATSAPP_DEVICE_ID: device.deviceId,
      WHACENTER_BASE_URL: device.url,
    });
  });
  afterAll(async () => {
    await house.close();
    await device.close();
  });

  const loggedIn = async (role: 'ADMIN' | 'SUPERVISOR' | 'USER') => {
    const person = await house.person({ role });
    return { ...person, ...(await house.login(person.phone)) } as { id: string; token: string };
  };
  const masked = () => `${house.fake.deviceId.slice(0, 4)}…${house.fake.deviceId.slice(-4)}`;

  it('is probed once for fifty callers at once, however slow the probe', async () => {
    house.fake.next({ path: '/api/statusDevice', delayMs: 300 });
    const before = probes(house);
    const answers = await Promise.all(Array.from({ length: 50 }, () => house.service.get(PATH)));
    expect(probes(house) - before).toBe(1);
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({
        status: 200,
        body: { success: true, data: { connected: true, deviceId: masked() } },
      });
    }
  });

  it('is at most a second old', async () => {
    await house.service.get(PATH);
    house.fake.connected = false;
    await house.clock.pass(A_SECOND);
    expect((await house.service.get(PATH)).body).toEqual(NOT_CONNECTED);
    house.fake.connected = true;
    await house.clock.pass(A_SECOND);
    expect((await house.service.get(PATH)).body.data.connected).toBe(true);
    const before = probes(house);
    await Promise.all(Array.from({ length: 10 }, () => house.service.get(PATH)));
    expect(probes(house)).toBe(before);
  });

  it('has an id that is masked completely when it is shorter than 16 characters', async () => {
    const { token } = await loggedIn('ADMIN');
    const [stranger, owner] = await Promise.all([elsewhere.get(PATH), elsewhere.get(PATH, bearer(token))]);
    expect(owner.body.data.deviceId).toBe(device.deviceId);
    expect(stranger.body.data.deviceId).toMatch(/^[^a-z0-9]+$/i);
  });

  // Behind the others that call that instance: from then on a token of the house is from its future.
  it('is not older after the clock was set back by an hour, nor is what is known of the gateway', async () => {
    const service = elsewhere;
    device.connected = false;
    await house.clock.pass(A_SECOND);
    expect((await service.get(PATH)).body).toEqual(NOT_CONNECTED);
    const [limited, person] = [await house.person(), await house.person()];
    device.forNumber(limited.phone, { status: 429, body: '', headers: { 'retry-after': '1' } });
    expect((await service.post('/api/auth/otp/request', { phone: limited.phone })).status).toBe(503);
    process.kill(service.pid, 'SIGUSR2');
    await until('the clock is set back', () => service.output().includes('the clock was set back'));
    device.connected = true;
    await house.clock.pass(A_SECOND);
    expect((await service.get(PATH)).body.data.connected).toBe(true);
    expect((await service.post('/api/auth/otp/request', { phone: person.phone })).status).toBe(200);
  });

  it('shows the whole device id to an admin only', async () => {
    const [admin, supervisor, user] = await Promise.all([loggedIn('ADMIN'), loggedIn('SUPERVISOR'), loggedIn('USER')]);
    const deviceIdFor = async (headers: Record<string, string>) => {
      const { status, body } = await house.service.get(PATH, headers);
      expect({ status, ...body }).toEqual({
        status: 200,
        success: true,
        data: { connected: true, deviceId: expect.any(String) },
      });
      return body.data.deviceId as string;
    };
    expect(await deviceIdFor(bearer(admin.token))).toBe(house.fake.deviceId);
    // Of sixteen characters strangers see four at each end.
    expect(await deviceIdFor({})).toBe('abcd…mnop');
    expect(await deviceIdFor(bearer(supervisor.token))).toBe(masked());
    expect(await deviceIdFor(bearer(user.token))).toBe(masked());
    // An invalid token opens nothing, and does not hinder anybody.
    expect(await deviceIdFor(bearer(`${admin.token}x`))).toBe(masked());
    expect(await deviceIdFor({ authorization: 'Basic YWRtaW46cGFzc3dvcmQxMjM=' })).toBe(masked());
    expect(await deviceIdFor(bearer('undefined'))).toBe(masked());
    await house.database.query('UPDATE users SET role = $2::role WHERE id = $1', [admin.id, 'USER']);
    expect(await deviceIdFor(bearer(admin.token))).toBe(masked());
  });

  const troubles = ['disconnected', 'html', 'bad-gateway', 'garbage', 'hang'] as const;
  it.each(troubles)('says not connected when the gateway is in trouble: %s', async (mode) => {
    await house.clock.pass(A_SECOND);
    house.fake.mode = mode;
    const { status, body } = await house.service.get(PATH).finally(() => (house.fake.mode = 'ok'));
    expect({ status, body }).toEqual({ status: 200, body: NOT_CONNECTED });
  });

  it('says not connected when the gateway cuts the connection', async () => {
    await house.clock.pass(A_SECOND);
    house.fake.next({ path: '/api/statusDevice', reset: true });
    expect((await house.service.get(PATH)).body).toEqual(NOT_CONNECTED);
  });

  it('is not connected when no device id is configured', async () => {
    const service = await house.another({ WHATSAPP_DEVICE_ID: '' });
    const before = probes(house);
    const { status, body } = await service.get(PATH);
    expect({ status, body }).toEqual({ status: 200, body: NOT_CONNECTED });
    expect(probes(house)).toBe(before);
  });
});
