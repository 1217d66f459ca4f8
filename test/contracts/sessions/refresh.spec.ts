import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { expectFailure, SOME_TEXT } from '../../support/answers.js';
import { openHouse, type House } from '../../support/house.js';
import {
  claimsOf,
  bearer,
  endGrace,
  logIn,
  me,
  newcomer,
  passEnd,
  refresh as presentToken,
  refreshed,
  type Tokens,
} from '../../support/logins.js';
import { type Answer } from '../../support/service.js';

const REFRESH_TOKEN = expect.stringMatching(/^[\w-]{43}$/) as unknown as string;
const WEEK = 7 * 24 * 3600;

let house: House;

beforeAll(async () => {
  house = await openHouse();
});

afterAll(() => house.close());

const refresh = (refreshToken: unknown) => presentToken(house.service, refreshToken);
const refused = (answer: Answer) => expectFailure(answer, 401, 'invalid_refresh_token');
const loggedIn = async () => logIn(house.service, (await newcomer(house)).username);
const sql = (text: string, ...values: unknown[]) => house.database.query(text, values);

/** Nothing of these sessions is worth anything any more. */
async function expectDead(...all: Tokens[]): Promise<void> {
  for (const tokens of all) {
    refused(await refresh(tokens.refreshToken));
    expectFailure(await me(house.service, tokens), 401, 'invalid_token');
  }
}

describe('POST /api/auth/refresh', () => {
  it('answers in the shape of SiKesKoja, with tokens of the same session and a longer idle time', async () => {
    const first = await loggedIn();
    await sql(`UPDATE login_sessions SET idle_expires_at = now() + interval '1 minute' WHERE id = $1`, first.sid);
    const answer = await refresh(first.refreshToken);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      success: true,
      message: 'Token diperbarui',
      data: { token: SOME_TEXT, tokenType: 'Bearer', expiresIn: WEEK, refreshToken: REFRESH_TOKEN },
    });
    const { token, refreshToken } = answer.body.data;
    expect(refreshToken).not.toBe(first.refreshToken);
    const [before, after] = [claimsOf(first.token), claimsOf(token)];
    expect(after).toEqual({ ...before, jti: SOME_TEXT, iat: expect.any(Number), exp: after.iat + WEEK });
    expect(after.jti).not.toBe(before.jti);
    expect([(await me(house.service, { token })).status, (await me(house.service, first)).status]).toEqual([200, 200]);
    const [row] = await sql(
      `SELECT idle_expires_at > now() + interval '29 days' AS longer, idle_expires_at <= expires_at AS bounded FROM login_sessions WHERE id = $1`,
      first.sid,
    );
    expect(row).toEqual({ longer: true, bounded: true });
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it.each([
    ['unknown', randomBytes(32).toString('base64url')],
    ['garbage', "💥 ' OR 1=1 -- \\"],
    ['as long as may be', 'x'.repeat(4096)],
  ])('refuses a token that is %s', async (_, token) => {
    refused(await refresh(token));
  });

  it('does not make a login younger than it is, and proves nothing', async () => {
    const { refreshToken, sid } = await loggedIn();
    await sql(`UPDATE login_sessions SET created_at = created_at - interval '1 hour' WHERE id = $1`, sid);
    const first = await refreshed(house.service, refreshToken);
    const second = await refreshed(house.service, first.refreshToken);
    for (const { token } of [first, second]) {
      const { acr, amr, iat, auth_time: at } = claimsOf(token);
      expect({ acr, amr }).toEqual({ acr: 'urn:masuk:pwd', amr: ['pwd'] });
      expect(iat - at).toBeGreaterThanOrEqual(3_599);
    }
  });

  it('refuses an access token, which is too long for one, and a token with something around it', async () => {
    const tokens = await loggedIn();
    const answer = await refresh(tokens.token);
    expect([400, 401]).toContain(answer.status);
    for (const odd of [` ${tokens.refreshToken}`, `${tokens.refreshToken}=`, tokens.refreshToken.slice(0, -1)]) {
      refused(await refresh(odd));
    }
    expect((await refresh(tokens.refreshToken)).status).toBe(200);
  });

  it.each([
    ['huge', 'x'.repeat(4097)],
    ['empty', ''],
    ['absent', undefined],
    ['null', null],
    ['a number', 12],
    ['an array', [randomBytes(32).toString('base64url')]],
    ['an object', { toString: 'x' }],
  ])('refuses a token that is %s', async (_, token) => {
    expectFailure(await refresh(token), 400, 'validation_failed');
  });

  it('refuses a body over 100 kB', async () => {
    expectFailure(await refresh('x'.repeat(110_000)), 413, 'body_too_large');
  });

  it.each([['idle'], ['absolute']] as const)('refuses a session whose %s end has passed', async (limit) => {
    const tokens = await loggedIn();
    await passEnd(house.database, limit, tokens.sid);
    await expectDead(tokens);
    expect((await house.service.get('/api/auth/sessions', bearer(tokens))).status).toBe(401);
  });

  it('never extends a session beyond its absolute end', async () => {
    const tokens = await loggedIn();
    await sql(
      `UPDATE login_sessions SET expires_at = now() + interval '1 hour', idle_expires_at = now() + interval '1 minute' WHERE id = $1`,
      tokens.sid,
    );
    const next = await refreshed(house.service, tokens.refreshToken);
    const [row] = await sql(
      'SELECT idle_expires_at = expires_at AS bounded FROM login_sessions WHERE id = $1',
      tokens.sid,
    );
    expect(row).toEqual({ bounded: true });
    await passEnd(house.database, 'absolute', tokens.sid);
    await expectDead(next, tokens);
  });

  it('gives the same successor again within 30 s while it is unused', async () => {
    const tokens = await loggedIn();
    const first = await refreshed(house.service, tokens.refreshToken);
    await sql(`UPDATE refresh_tokens SET used_at = used_at - interval '25 seconds' WHERE session_id = $1`, tokens.sid);
    for (let again = 0; again < 3; again++) {
      const repeated = await refreshed(house.service, tokens.refreshToken);
      expect(repeated.refreshToken).toBe(first.refreshToken);
      expect((await me(house.service, repeated)).status).toBe(200);
    }
    const rows = await sql('SELECT successor_hash FROM refresh_tokens WHERE session_id = $1', tokens.sid);
    expect(rows).toEqual([{ successor_hash: createHash('sha256').update(first.refreshToken).digest() }]);
    expect((await refresh(first.refreshToken)).status).toBe(200);
  });

  it('ends the family when a token comes again whose successor was used', async () => {
    const user = await newcomer(house);
    const [tokens, elsewhere] = [await logIn(house.service, user.username), await logIn(house.service, user.username)];
    const second = await refreshed(house.service, tokens.refreshToken);
    const third = await refreshed(house.service, second.refreshToken);
    refused(await refresh(tokens.refreshToken));
    await expectDead(third, second, tokens);
    // Another login of the same person is another family.
    expect((await refresh(elsewhere.refreshToken)).status).toBe(200);
    const events = await sql(
      `SELECT outcome, user_id FROM audit_events WHERE type = 'session.refresh_reuse' AND subject_id = $1`,
      tokens.sid,
    );
    expect(events).toEqual([{ outcome: 'failure', user_id: user.id }]);
  });

  it('ends the family when a token comes again after 30 s, though its successor is unused', async () => {
    const tokens = await loggedIn();
    const second = await refreshed(house.service, tokens.refreshToken);
    await endGrace(house.database, tokens.sid);
    refused(await refresh(tokens.refreshToken));
    await expectDead(second, tokens);
  });

  it('keeps nothing in the database that opens a session', async () => {
    const tokens = await loggedIn();
    const second = await refreshed(house.service, tokens.refreshToken);
    const [{ all }] = (await sql(
      `SELECT string_agg(s::text || ' ' || t::text || ' ' || encode(t.sealed_successor, 'escape'), ' ') AS all
         FROM login_sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.id = $1`,
      tokens.sid,
    )) as [{ all: string }];
    expect(all).toContain(createHash('sha256').update(second.refreshToken).digest('hex'));
    for (const { refreshToken } of [tokens, second]) {
      expect(all).not.toContain(refreshToken);
      expect(all).not.toContain(Buffer.from(refreshToken).toString('hex'));
      expect(all).not.toContain(Buffer.from(refreshToken, 'base64url').toString('hex'));
    }
  });
});
