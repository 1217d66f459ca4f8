import { type KeyObject } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import {
  expectQuietLog,
  expectRefused,
  inspector,
  leakedKey,
  signed,
  untilAccepted,
} from '../support/forged-tokens.js';
import { openHouse, type House } from '../support/house.js';

// Tokens under a key of ours that somebody stole: the signature holds, so each is refused for what it says and nothing else.

const ISSUER = 'https://masuk.dinkes.example';
const now = () => Math.floor(Date.now() / 1000);

let house: House;
let key: Record<string, string>;
let stolen: { kid: string; key: KeyObject };
let header: Record<string, unknown>;
let claims: JWTPayload;
let victim: JWTPayload;
let real: string;

beforeAll(async () => {
  house = await openHouse({ LOG_LEVEL: 'trace', PUBLIC_URL: ISSUER });
  const login = await house.login((await house.person()).phone);
  const admin = await house.login((await house.person({ role: 'ADMIN' })).phone);
  real = login.token;
  victim = decodeJwt(admin.token);
  key = await inspector(house.service, admin.token);
  stolen = await leakedKey(house);
  header = { ...decodeProtectedHeader(real), kid: stolen.kid };
  claims = decodeJwt(real);
  await untilAccepted(house.service, minted());
});
afterAll(async () => house.close());

/** A token of the stolen key; a claim or header set to undefined is left out. */
function minted(change: Record<string, unknown> = {}, head: Record<string, unknown> = {}): string {
  return signed({ ...header, ...head }, { ...claims, ...change }, stolen.key);
}
const refused = (what: string, token: string) => expectRefused(house.service, what, token, key);

async function allRefused(changes: Record<string, unknown>[]): Promise<void> {
  for (const change of changes) await refused(JSON.stringify(change), minted(change));
}

it('V9.2.1: the control: what we would have signed ourselves is taken', async () => {
  const answer = await house.service.get('/api/auth/me', { authorization: `Bearer ${minted()}` });
  expect([answer.status, answer.body.data.id]).toEqual([200, claims.sub]);
  const seen = await house.service.post('/api/auth/introspect', { token: minted() }, key);
  expect(seen.body).toMatchObject({ active: true, sub: claims.sub, aud: 'masuk', iss: ISSUER });
});

describe('V9.2.1: time', () => {
  it('refuses what has expired, or never does', async () => {
    await allRefused([{ exp: now() - 1 }, { exp: now() }, { exp: 0 }, { exp: -1 }, { exp: 1 }, { exp: undefined }]);
    await allRefused([{ exp: null }, { exp: '9999999999' }, { exp: [9_999_999_999] }, { exp: {} }, { exp: true }]);
  });

  it('refuses times that are not instants', async () => {
    const text = JSON.stringify(claims);
    // JSON has no infinity, but numbers that become one.
    for (const [claim, value] of [
      ['exp', '1e999'],
      ['exp', '1e300'],
      ['exp', '8640000000001'],
      ['iat', '-1e999'],
      ['iat', '-1e300'],
    ] as const) {
      const changed = text.replace(new RegExp(`"${claim}":[0-9]+`), `"${claim}":${value}`);
      expect(changed).not.toBe(text);
      await refused(`${claim} ${value}`, signed(header, changed, stolen.key));
    }
  });

  it('refuses what is not valid yet', async () => {
    await allRefused([{ nbf: now() + 3600 }, { nbf: '9' }, { nbf: null }, { nbf: {} }]);
    await allRefused([{ iat: now() + 3600 }, { iat: undefined }, { iat: null }, { iat: '1' }, { iat: [1] }]);
  });
});

describe('V9.2.2, V9.2.3: who it is from and for', () => {
  it('refuses another issuer', async () => {
    const others = ['https://other.example', `${ISSUER}/`, ISSUER.toUpperCase(), '', [ISSUER], { 0: ISSUER }, null, 7];
    await allRefused([...others, undefined].map((iss) => ({ iss })));
  });

  it('refuses another audience, and lists', async () => {
    const others = ['other', 'MASUK', 'masuk ', 'mas', '', [], ['other'], ['other', 'more'], [['masuk']], null, 7, {}];
    await allRefused([...others, undefined].map((aud) => ({ aud })));
    // Ours are for exactly one; who writes a list is not us.
    await allRefused([{ aud: ['masuk'] }, { aud: ['masuk', 'other'] }]);
  });

  it('refuses other types, and headers that must be understood', async () => {
    const types = [
      'JWT',
      'jwt',
      'id_token',
      'id_token+jwt',
      'at+JWT ',
      'rt+jwt',
      'logout+jwt',
      '',
      null,
      ['at+jwt'],
      7,
    ];
    for (const typ of [...types, undefined]) await refused(`typ ${String(typ)}`, minted({}, { typ }));
    const odd = [{ crit: ['x'], x: 1 }, { crit: ['b64'], b64: false }, { crit: [] }, { crit: 'exp' }, { b64: false }];
    for (const more of odd) await refused(JSON.stringify(more), minted({}, more));
    for (const cty of ['JWT', 'application/jwt']) await refused(`cty ${cty}`, minted({}, { cty }));
  });
});

describe('V8.3.1: whose it is', () => {
  it("refuses somebody's session with another's name", async () => {
    await allRefused([{ sub: victim.sub }, { sid: victim['sid'] }, { sub: undefined }, { sid: undefined }]);
    const noIds = ['', 'x', 7, null, true, [claims.sub], {}, "' OR 1=1 --", '00000000-0000-0000-0000-000000000000'];
    await allRefused(noIds.map((sub) => ({ sub })));
    await allRefused([...noIds, [claims['sid']], 'nul\u0000', '\ud800', 'x'.repeat(900)].map((sid) => ({ sid })));
    await allRefused([undefined, null, 7, {}, []].map((jti) => ({ jti })));
  });

  it('reads a claim that comes twice once, and the same everywhere', async () => {
    const twice = (extra: string) => signed(header, JSON.stringify(claims).replace(/}$/, `,${extra}}`), stolen.key);
    for (const extra of [
      `"sub":"${victim.sub}"`,
      `"sid":"${String(victim['sid'])}"`,
      `"aud":"other"`,
      `"exp":1`,
      `"iss":"x"`,
    ])
      await refused(extra, twice(extra));
    // Where the last one is whole, the caller is whom both doors name.
    const token = signed(header, JSON.stringify(claims).replace(/^{/, `{"sub":"${victim.sub}",`), stolen.key);
    const answer = await house.service.get('/auth/me', { authorization: `Bearer ${token}` });
    const seen = await house.service.post('/api/auth/introspect', { token }, key);
    expect([answer.status, answer.body.data.id, seen.body.sub]).toEqual([200, claims.sub, claims.sub]);
  });

  it('does not believe the role', async () => {
    const headers = { authorization: `Bearer ${minted({ role: 'ADMIN' })}` };
    expect((await house.service.get('/api/users', headers)).status).toBe(403);
    const seen = await house.service.post('/api/auth/introspect', { token: minted({ role: 'ADMIN' }) }, key);
    expect(seen.body.role).toBe('USER');
  });

  it('refuses payloads that are not claims', async () => {
    for (const payload of ['[]', 'null', '"x"', '7', '{', '', 'true', '['.repeat(900), '{"__proto__":{"sub":"x"}}'])
      await refused(payload.slice(0, 20), signed(header, payload, stolen.key));
  });
});

it('V7.4.1: refuses them all where a session is ended by token, and ends none', async () => {
  const changes = [{ exp: 1 }, { aud: 'other' }, { sid: 'x' }, { sub: victim.sub }, { sid: [claims['sid']] }];
  for (const change of changes) {
    const answer = await house.service.post('/api/auth/revoke', { token: minted(change) }, key);
    expect([change, answer.status]).toEqual([change, 200]);
  }
  expect((await house.service.get('/auth/me', { authorization: `Bearer ${real}` })).status).toBe(200);
});

it('V9.1.3: a key that is taken back takes its tokens with it', async () => {
  await house.database.query('DELETE FROM signing_keys WHERE kid = $1', [stolen.kid]);
  // Another unknown kid makes the service look again.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await refused('unknown kid', minted({}, { kid: 'unknown' }));
  await refused('taken back', minted());
  expect((await house.service.get('/auth/me', { authorization: `Bearer ${real}` })).status).toBe(200);
});

it('V16.2.5: nothing failed or was logged', () => expectQuietLog(house.service, real));
