import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openHouse, type House } from '../../support/house.js';
import { demandJob, runJob, runsOf, untilScheduled } from '../../support/jobs.js';
import { bearer, logIn, newcomer, type Login } from '../../support/logins.js';
import { until } from '../../support/waits.js';

const PATH = '/api/admin/jobs';
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

let house: House;
let admin: Login;

beforeAll(async () => {
  house = await openHouse();
  admin = await logIn(house.service, (await newcomer(house, { role: 'ADMIN' })).username);
  await untilScheduled(house.database);
});
afterAll(async () => house.close());

interface Shown {
  name: string;
  cron: string;
  lastRun: { startedAt: string; endedAt: string | null; outcome: string; error: string | null } | null;
  nextRunAt: string;
  runsLastDay: number;
}

async function jobs(): Promise<Shown[]> {
  const { status, body } = await house.service.get(PATH, bearer(admin));
  expect(status).toBe(200);
  return body.data;
}
const job = async (name: string): Promise<Shown> => (await jobs()).find((each) => each.name === name)!;

describe('GET /api/admin/jobs', () => {
  it('tells an admin what is done when', async () => {
    const { body } = await house.service.get(PATH, { ...bearer(admin), 'accept-language': 'en' });
    expect({ ...body, data: [] }).toEqual({ success: true, message: 'Daftar tugas terjadwal', data: [] });
    expect(body.data.map(({ name, cron }: Shown) => [name, cron])).toEqual([
      ['begun-imports', '* * * * *'],
      ['closed-messages', '* * * * *'],
      ['code-counts', '* * * * *'],
      ['dead-sessions', '*/10 * * * *'],
      ['ended-oidc-sessions', '* * * * *'],
      ['expired-oidc-artifacts', '*/10 * * * *'],
      ['finished-jobs', '23 * * * *'],
      ['history-partitions', '7 * * * *'],
      ['late-gateway-messages', '* * * * *'],
      ['late-verifications', '* * * * *'],
      ['left-gateway-media', '* * * * *'],
      ['old-activity', '17 * * * *'],
      ['old-codes', '* * * * *'],
      ['old-conversations', '19 * * * *'],
      ['old-gateway-contacts', '37 * * * *'],
      ['old-gateway-menus', '43 * * * *'],
      ['old-gateway-messages', '31 * * * *'],
      ['old-idempotency-keys', '*/10 * * * *'],
      ['old-imports', '47 * * * *'],
      ['old-password-budgets', '*/10 * * * *'],
      ['old-verifications', '41 * * * *'],
      ['old-webhook-deliveries', '43 * * * *'],
      ['refusal-counts', '*/10 * * * *'],
    ]);
    for (const each of body.data as Shown[])
      expect(Object.keys(each)).toEqual(['name', 'cron', 'lastRun', 'nextRunAt', 'runsLastDay']);
  });

  it('tells nobody below a supervisor', async () => {
    const { service } = house;
    expect((await service.get(PATH)).body.code).toBe('unauthenticated');
    const operator = await logIn(service, (await newcomer(house, { role: 'OPERATOR' })).username);
    expect((await service.get(PATH, bearer(operator))).body.code).toBe('forbidden');
  });

  it('has no last run before the first, and the next one by the schedule', async () => {
    const began = Date.now();
    const { lastRun, nextRunAt, runsLastDay } = await job('finished-jobs');
    expect({ lastRun, runsLastDay }).toEqual({ lastRun: null, runsLastDay: 0 });
    expect(nextRunAt).toMatch(/:23:00\.000Z$/);
    expect(Date.parse(nextRunAt)).toBeGreaterThanOrEqual(began);
    expect(Date.parse(nextRunAt)).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it('tells of a run under way, and of its end', async () => {
    const { release } = await house.database.lock('LOCK TABLE password_budgets IN SHARE MODE');
    await demandJob(house.database, 'old-password-budgets');
    await until('it runs', async () => (await job('old-password-budgets')).lastRun !== null);
    const running = await job('old-password-budgets');
    await release();
    expect(running).toMatchObject({
      lastRun: { startedAt: expect.stringMatching(ISO), endedAt: null, outcome: 'running', error: null },
      runsLastDay: 1,
    });
    await until('it ends', async () => (await job('old-password-budgets')).lastRun?.outcome === 'success');
    const ended = await job('old-password-budgets');
    expect(ended.lastRun).toEqual({ ...running.lastRun, endedAt: expect.stringMatching(ISO), outcome: 'success' });
    expect(ended.lastRun!.endedAt! > ended.lastRun!.startedAt).toBe(true);
    await runJob(house.database, 'old-password-budgets');
    expect((await job('old-password-budgets')).runsLastDay).toBeGreaterThanOrEqual(2);
    // What is older does not count.
    await house.database.query(
      `UPDATE pgboss.job SET started_on = started_on - interval '25 hours' WHERE name = 'old-password-budgets'`,
    );
    expect((await job('old-password-budgets')).runsLastDay).toBe(0);
  });

  it('tells why a run failed, without numbers and without whose they are, and when it is tried again', async () => {
    await house.database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'not for +6281234567890' USING DETAIL = 'its owner is Budi Santoso'; END $$;
       CREATE TRIGGER refuse BEFORE DELETE ON idempotency_keys FOR EACH STATEMENT EXECUTE FUNCTION refuse()`,
    );
    await demandJob(house.database, 'old-idempotency-keys');
    await until('it fails', async () => (await job('old-idempotency-keys')).lastRun?.outcome === 'failure');
    await house.database.query('DROP TRIGGER refuse ON idempotency_keys');
    const failed = await job('old-idempotency-keys');
    expect(failed.lastRun).toEqual({
      startedAt: expect.stringMatching(ISO),
      endedAt: expect.stringMatching(ISO),
      outcome: 'failure',
      error: 'not for [digits]',
    });
    const pause = Date.parse(failed.nextRunAt) - Date.parse(failed.lastRun!.startedAt);
    expect(pause).toBeGreaterThan(9_000);
    expect(pause).toBeLessThan(25_000);
    const [run] = await runsOf(house.database, 'old-idempotency-keys');
    expect(JSON.stringify(run!.output)).not.toMatch(/Budi|628/);
  });

  it('has words for a run that nobody saw the end of', async () => {
    await house.database.query(
      `INSERT INTO pgboss.job (name, state, started_on, completed_on, output) VALUES
         ('finished-jobs', 'failed', now(), now(), '{"value": {"message": "job timed out"}}')`,
    );
    expect((await job('finished-jobs')).lastRun).toMatchObject({ outcome: 'failure', error: 'job timed out' });
  });
});
