import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { atOnce, tally } from '../../support/crowds.js';
import { openHouse, type House } from '../../support/house.js';
import {
  bearer,
  claimsOf,
  endGrace,
  logIn,
  me,
  newcomer,
  refresh,
  refreshed,
  type Login,
  type Tokens,
} from '../../support/logins.js';
import { troubles, type Answer, type Service } from '../../support/service.js';
import { pause, until } from '../../support/waits.js';

/** Of what is left to chance. What decides each race is provoked with locks beside it. */
const RUNS = 4;

let house: House;
let one: Service;
let other: Service;
let admin: Login;

beforeAll(async () => {
  house = await openHouse();
  one = house.service;
  other = await house.inOtherProcess();
  admin = await logIn(one, (await newcomer(house, { role: 'ADMIN' })).username);
});

afterAll(() => house.close());

afterEach(() => {
  expect([...troubles(one), ...troubles(other)]).toEqual([]);
});

/** The instance for the n-th call of a crowd: both in turn. */
const either = (at: number) => (at % 2 === 0 ? one : other);

const loggedIn = async () => logIn(one, (await newcomer(house)).username);
const sql = <Row extends object>(text: string, ...values: unknown[]) => house.database.query<Row>(text, values);
const successors = (answers: Answer[]) => new Set(answers.map(({ body }) => body.data?.refreshToken as string));

/** How many refresh tokens the session has had, and whether it was ended. */
async function family(sid: string): Promise<{ tokens: number; ended: boolean; reason: string | null }> {
  const [row] = await sql<{ tokens: number; ended: boolean; reason: string | null }>(
    `SELECT count(t.session_id)::int + num_nonnulls(s.refresh_hash) AS tokens, s.revoked_at IS NOT NULL AS ended, s.revoked_reason AS reason
       FROM login_sessions s LEFT JOIN refresh_tokens t ON t.session_id = s.id WHERE s.id = $1 GROUP BY s.id`,
    sid,
  );
  return row!;
}

const reuseEvents = async (sid: string) =>
  (await sql(`SELECT 1 FROM audit_events WHERE type = 'session.refresh_reuse' AND subject_id = $1`, sid)).length;

/** Asks both instances: none of these tokens opens anything. */
async function expectDead(all: readonly Tokens[]): Promise<void> {
  const answers = await Promise.all(
    all.flatMap((tokens, at) => [
      me(either(at), tokens),
      me(either(at + 1), tokens),
      refresh(either(at), tokens.refreshToken),
      refresh(either(at + 1), tokens.refreshToken),
    ]),
  );
  expect(tally(answers)).toEqual({ 401: all.length * 4 });
}

/** Waits until so many statements wait for a lock. */
const untilWaiting = (count: number) =>
  until(`${count} wait for the session`, async () => {
    const rows = await sql(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return rows.length >= count;
  });

describe('one refresh token, presented at once', () => {
  it.each([1, 2])('twenty times on %i instances: one successor, the same in every answer', async (instances) => {
    const { refreshToken, sid } = await loggedIn();
    const answers = await atOnce(20, (at) => refresh(either(instances === 1 ? 0 : at), refreshToken));
    expect(tally(answers)).toEqual({ 200: 20 });
    expect(successors(answers).size).toBe(1);
    expect(await family(sid)).toEqual({ tokens: 2, ended: false, reason: null });
    const alive = await Promise.all(answers.map(({ body }, at) => me(either(at + 1), body.data)));
    expect(tally(alive)).toEqual({ 200: 20 });
  });

  it('again and again: a chain of twenty, each link presented eight times', async () => {
    const login = await loggedIn();
    let { refreshToken } = login;
    const seen = new Set([refreshToken]);
    for (let link = 1; link <= 20; link++) {
      const presented = refreshToken;
      const answers = await atOnce(8, (at) => refresh(either(at + link), presented));
      expect(tally(answers)).toEqual({ 200: 8 });
      expect(successors(answers).size).toBe(1);
      refreshToken = answers[0]!.body.data.refreshToken;
      expect(seen.has(refreshToken)).toBe(false);
      seen.add(refreshToken);
      expect(await family(login.sid)).toEqual({ tokens: link + 1, ended: false, reason: null });
    }
  });

  it('keeps families apart', async () => {
    const { username } = await newcomer(house);
    const logins = await Promise.all([logIn(one, username), logIn(other, username), logIn(one, username)]);
    const answers = await atOnce(30, (at) => refresh(either(at), logins[at % 3]!.refreshToken));
    expect(tally(answers)).toEqual({ 200: 30 });
    expect(successors(answers).size).toBe(3);
    for (const { sid } of logins) expect(await family(sid)).toMatchObject({ tokens: 2, ended: false });
  });
});

describe('a replay after the grace', () => {
  it('ends the family on both instances, and for good, although its request fails', async () => {
    const first = await loggedIn();
    const second = await refreshed(one, first.refreshToken);
    await endGrace(house.database, first.sid);
    const third = await refreshed(other, second.refreshToken);
    expect((await refresh(other, first.refreshToken)).body).toMatchObject({ code: 'invalid_refresh_token' });
    expect(await family(first.sid)).toEqual({ tokens: 3, ended: true, reason: 'refresh_token_reuse' });
    await expectDead([first, second, third]);
    expect(await reuseEvents(first.sid)).toBe(1);
  });

  it('twenty times at once ends it once', async () => {
    const first = await loggedIn();
    const second = await refreshed(one, first.refreshToken);
    await endGrace(house.database, first.sid);
    const answers = await atOnce(20, (at) => refresh(either(at), first.refreshToken));
    expect(tally(answers)).toEqual({ 401: 20 });
    await expectDead([first, second]);
    expect(await reuseEvents(first.sid)).toBe(1);
    expect(await family(first.sid)).toMatchObject({ tokens: 2, ended: true });
  });

  it('ends it also while its newest token is being exchanged', async () => {
    for (let run = 0; run < RUNS; run++) {
      const first = await loggedIn();
      const second = await refreshed(one, first.refreshToken);
      await endGrace(house.database, first.sid);
      const [exchanged, replayed] = await Promise.all([
        atOnce(3, (at) => refresh(either(at), second.refreshToken)),
        pause(Math.random() * 8).then(() => atOnce(3, (at) => refresh(either(at), first.refreshToken))),
      ]);
      expect(tally(replayed)).toEqual({ 401: 3 });
      const third = exchanged.filter(({ status }) => status === 200).map(({ body }) => body.data as Tokens);
      expect(exchanged.every(({ status }) => status === 200 || status === 401)).toBe(true);
      await expectDead([first, second, ...third]);
      expect(await reuseEvents(first.sid)).toBe(1);
    }
  });

  it.each([
    ['the exchange', 'the replay'],
    ['the replay', 'the exchange'],
  ])('deadlocks with no exchange: both wait for the session, %s before %s', async (earlier) => {
    const first = await loggedIn();
    const second = await refreshed(one, first.refreshToken);
    await endGrace(house.database, first.sid);
    const held = await house.database.lock('SELECT 1 FROM login_sessions WHERE id = $1 FOR UPDATE', [first.sid]);
    const presented = earlier === 'the exchange' ? [second, first] : [first, second];
    const answers: Promise<Answer>[] = [];
    for (const [at, { refreshToken }] of presented.entries()) {
      answers.push(refresh(either(at), refreshToken));
      await untilWaiting(at + 1);
    }
    await held.release();
    const [exchanged, replayed] = await Promise.all(earlier === 'the exchange' ? answers : answers.reverse());
    expect(replayed!.status).toBe(401);
    expect([200, 401]).toContain(exchanged!.status);
    await expectDead([first, second, ...(exchanged!.status === 200 ? [exchanged!.body.data] : [])]);
  });

  it('within the grace, while the successor is being used: the same successor or theft, and nothing between', async () => {
    for (let run = 0; run < RUNS; run++) {
      const first = await loggedIn();
      const second = await refreshed(one, first.refreshToken);
      const [exchanged, repeated] = await Promise.all([
        refresh(other, second.refreshToken),
        pause(Math.random() * 8).then(() => atOnce(3, (at) => refresh(either(at), first.refreshToken))),
      ]);
      const again = repeated.filter(({ status }) => status === 200);
      expect(again.every(({ body }) => body.data.refreshToken === second.refreshToken)).toBe(true);
      expect([exchanged, ...repeated].every(({ status }) => status === 200 || status === 401)).toBe(true);
      const theft = again.length < repeated.length;
      expect((await family(first.sid)).ended).toBe(theft);
      const known = [first, second, ...[exchanged, ...again].flatMap(({ body }) => (body.data ? [body.data] : []))];
      if (theft) await expectDead(known);
      else expect((await refresh(one, exchanged.body.data.refreshToken)).status).toBe(200);
    }
  });
});

/** A front end that refreshes without a pause, on both instances in turn, until it is refused; what it was given. */
async function refreshOn(login: Login, from: number): Promise<{ all: Tokens[]; last: Answer }> {
  const all: Tokens[] = [login];
  for (let at = from; ; at++) {
    const last = await refresh(either(at), all.at(-1)!.refreshToken);
    if (last.status !== 200 || all.length > 200) return { all, last };
    all.push(last.body.data);
  }
}

describe('a refresh that races with the end of its session', () => {
  const patch = (id: string, body: object, at: number) =>
    either(at).send('PATCH', `/api/users/${id}`, JSON.stringify(body), {
      'content-type': 'application/json',
      ...bearer(admin),
    });
  const ends: [string, (login: Login, at: number) => Promise<Answer>][] = [
    ['logout by access token', (login, at) => either(at).post('/api/auth/logout', {}, bearer(login))],
    ['logout by refresh token', ({ refreshToken }, at) => either(at).post('/api/auth/logout', { refreshToken })],
    [
      'DELETE of the session',
      (login, at) => either(at).send('DELETE', `/api/auth/sessions/${login.sid}`, undefined, bearer(login)),
    ],
    ['revocation', ({ token }, at) => either(at).post('/api/auth/revoke', { token }, bearer(admin))],
    ['disabling', ({ token }, at) => patch(claimsOf(token).sub, { isActive: false }, at)],
    [
      'erasure',
      ({ token }, at) => either(at).send('DELETE', `/api/users/${claimsOf(token).sub}`, undefined, bearer(admin)),
    ],
  ];

  /** What an admin's route says to this token on both instances. */
  const asAdmin = (login: Login, at: number) => atOnce(4, (nth) => either(at + nth).get('/api/users', bearer(login)));

  it.each(ends)('leaves no usable token behind: %s', async (_, end) => {
    for (let run = 0; run < RUNS; run++) {
      const login = await loggedIn();
      const [{ all, last }, ended] = await Promise.all([
        refreshOn(login, run),
        pause(Math.random() * 25).then(() => end(login, run + 1)),
      ]);
      expect([ended.status, last.status, last.body.code]).toEqual([200, 401, 'invalid_refresh_token']);
      await expectDead(all.slice(-4));
    }
  });

  it.each(ends.flatMap(([name, end]) => [[name, 'before', end] as const, [name, 'behind', end] as const]))(
    'leaves no usable token behind, %s %s the refresh in the line for the session',
    async (_, place, end) => {
      const login = await loggedIn();
      const held = await house.database.lock('SELECT 1 FROM login_sessions WHERE id = $1 FOR UPDATE', [login.sid]);
      const calls = [() => refresh(one, login.refreshToken), () => end(login, 1)];
      const answers: Promise<Answer>[] = [];
      for (const [at, call] of (place === 'behind' ? calls : calls.reverse()).entries()) {
        answers.push(call());
        await untilWaiting(at + 1);
      }
      await held.release();
      const [exchanged, ended] = await Promise.all(place === 'behind' ? answers : answers.reverse());
      expect([ended!.status, exchanged!.status]).toEqual([200, place === 'behind' ? 200 : 401]);
      await expectDead([login, ...(exchanged!.status === 200 ? [exchanged!.body.data] : [])]);
    },
  );

  it('acts with the new role as soon as the change has been answered', async () => {
    for (let run = 0; run < RUNS; run++) {
      const { id, username } = await newcomer(house, { role: 'ADMIN' });
      const login = await logIn(one, username);
      const chain = refreshOn(login, run);
      // At a random moment of the exchange.
      await pause(Math.random() * 25);
      expect((await patch(id, { role: 'USER' }, run)).status).toBe(200);
      const after = await asAdmin(login, run);
      expect(after.every(({ status }) => status === 403)).toBe(true);
      await either(run).post('/api/auth/logout', {}, bearer(login));
      const { all } = await chain;
      expect(claimsOf(all.at(-1)!.token).sub).toBe(id);
      await expectDead(all.slice(-4));
    }
  });
});
