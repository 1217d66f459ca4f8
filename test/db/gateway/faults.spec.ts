import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { expectFailure } from '../../support/answers.js';
import { openGatewayHouse, type GatewayHouse } from '../../support/gateway-house.js';
import { newNumber } from '../../support/house.js';
import { startOwnPostgres, type OwnPostgres } from '../../support/own-postgres.js';
import { pause, until } from '../../support/waits.js';

// The gateway while its database is away, or does not move.

let postgres: OwnPostgres;
let pool: pg.Pool;
let house: GatewayHouse;
const account = newNumber();

beforeAll(async () => {
  postgres = await startOwnPostgres();
  pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => undefined);
  house = await openGatewayHouse(
    {},
    {
      database: {
        url: postgres.url,
        query: async (sql, values) => (await pool.query(sql, values)).rows as never,
      },
    },
  );
  await house.link('main', account);
}, 90_000);
afterAll(async () => {
  await house.close();
  await pool.end();
  await postgres.remove();
});

const line = () => house.whatsapp.line(account);
const texts = () => house.whatsapp.messages.map(({ text }) => text);
const send = (text: string) => house.text('main', '081234567890', text);

/** Sends until one goes through: what is refused on the way is refused as it should be. */
async function sendsAgain(text: string, patience: number): Promise<void> {
  await until(
    `${text} is sent`,
    async () => {
      const answer = await send(text);
      if (answer.status !== 200) expect([409, 503]).toContain(answer.status);
      return answer.status === 200;
    },
    patience,
  );
}

describe('a database that is stopped', () => {
  it('for a moment ends no connection', async () => {
    await postgres.stop();
    expectFailure(await send('meanwhile'), 503, 'database_unavailable');
    await pause(500);
    expect(line()).toEqual({ open: 1, peak: 1, logins: 1 });
    await postgres.start();
    await sendsAgain('after a moment', 10_000);
    expect(line()).toEqual({ open: 1, peak: 1, logins: 1 });
    expect(texts()).toEqual(['after a moment']);
  }, 60_000);

  it('for longer than a lease ends the connection before the lease does, and it comes back by itself', async () => {
    const stopped = Date.now();
    await postgres.stop();
    await until('closed', () => line().open === 0, 15_000);
    expect(Date.now() - stopped).toBeLessThan(15_000);
    await pause(3_000);
    expect((await house.service.get('/health/live')).status).toBe(200);
    await postgres.start();
    await until('logged in again', () => line().open === 1, 15_000);
    await sendsAgain('after a while', 15_000);
    expect(line()).toEqual({ open: 1, peak: 1, logins: 2 });
    expect(house.whatsapp.unreadable).toEqual([]);
  }, 90_000);

  it('while something comes in: it is acknowledged when it is stored, and not before', async () => {
    const heard = async () =>
      (
        await house.database.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM gateway_contacts WHERE heard_at IS NOT NULL',
        )
      )[0]!.n;
    const before = await heard();
    await postgres.stop();
    const id = await house.whatsapp.say(account, newNumber(), 'ada orang?');
    await pause(1_000);
    expect(house.whatsapp.acknowledged.has(id)).toBe(false);
    await postgres.start();
    // Whether this connection lived or another one got it: WhatsApp delivers what was not acknowledged again.
    await until('back', async () => (await send('hidup').catch(() => null))?.status === 200, 30_000);
    expect(house.whatsapp.acknowledged.has(id) ? (await heard()) - before : 1).toBe(1);
    expect(house.whatsapp.unreadable).toEqual([]);
  }, 90_000);
});

describe('a database that is frozen', () => {
  it('lets nothing leave meanwhile, and nothing is used twice afterwards', async () => {
    await sendsAgain('before the frost', 15_000);
    const sent = texts().length;
    postgres.freeze();
    const answer = send('in the frost');
    await pause(4_000);
    expect(texts()).toHaveLength(sent);
    postgres.thaw();
    expect([200, 503]).toContain((await answer).status);
    await sendsAgain('after the frost', 30_000);
    expect(house.whatsapp.unreadable).toEqual([]);
    expect(line()).toMatchObject({ open: 1, peak: 1 });
  }, 90_000);
});
