import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  decodeJwt,
  decodeProtectedHeader,
  EncryptJWT,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  SignJWT,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
} from 'jose';
import { expectFailure } from '../support/answers.js';
import { expectQuietLog, expectRefused, inspector, segment, startTrap } from '../support/forged-tokens.js';
import { openHouse, type House } from '../support/house.js';
import { rawRequest, sendRaw } from '../support/raw-http.js';

// Tokens of people who do not have our key (docs/security.md#tokens); `tokens.claims.spec.ts` goes on
// from a stolen one.

let house: House;
let trap: Awaited<ReturnType<typeof startTrap>>;
let key: Record<string, string>;
/** A valid token. */
let token: string;
let head: string;
let body: string;
let signature: string;
let header: { alg: string; typ: string; kid: string };
let claims: JWTPayload;
let jwk: JWK;
let victim: { id: string; sid: unknown };

beforeAll(async () => {
  [house, trap] = await Promise.all([openHouse({ LOG_LEVEL: 'trace' }), startTrap()]);
  ({ token } = await house.login((await house.person()).phone));
  [head = '', body = '', signature = ''] = token.split('.');
  header = decodeProtectedHeader(token) as typeof header;
  claims = decodeJwt(token);
  jwk = ((await house.service.get('/.well-known/jwks.json')).body as JSONWebKeySet).keys[0]!;
  const admin = await house.login((await house.person({ role: 'ADMIN' })).phone);
  victim = { id: admin.user.id, sid: decodeJwt(admin.token)['sid'] };
  key = await inspector(house.service, admin.token);
});
afterAll(async () => {
  await house.close();
  await trap.close();
});

const refused = (what: string, each: string) => expectRefused(house.service, what, each, key);
const bearer = (each: string) => ({ authorization: `Bearer ${each}` });
const me = (headers: Record<string, string>) => house.service.get('/api/auth/me', headers);

async function allRefused(tokens: Record<string, string>): Promise<void> {
  for (const [what, each] of Object.entries(tokens)) await refused(what, each);
}

/** A token of a stranger's key, which claims whatever it likes in its header. */
async function strange(alg: string, more: object = {}, payload = claims): Promise<string> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return new SignJWT(payload).setProtectedHeader({ ...header, ...more, alg }).sign(privateKey);
}

describe('V9.1.1, V9.1.2: algorithms', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', 'none ', '', 'null', 'HS256', 'ES256 ', 'es256', 'ES256K'])(
    'refuses %j without a signature',
    async (alg) => {
      const start = `${segment({ ...header, alg })}.${body}`;
      const kidless = `${segment({ alg, typ: header.typ })}.${body}`;
      await allRefused({ empty: `${start}.`, two: start, ours: `${start}.${signature}`, kidless: `${kidless}.` });
    },
  );

  it('refuses an algorithm that is not a text, and a missing one', async () => {
    for (const alg of [undefined, null, 0, true, ['ES256'], ['none'], { 0: 'ES256' }])
      await refused(`alg ${JSON.stringify(alg)}`, `${segment({ ...header, alg })}.${body}.${signature}`);
  });

  it.each(['HS256', 'HS384', 'HS512'])('refuses %s with something public as its secret', async (alg) => {
    const published = (await importJWK(jwk, 'ES256', { extractable: true })) as Parameters<typeof exportSPKI>[0];
    const pem = await exportSPKI(published);
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const secrets: Record<string, string | Buffer> = {
      pem,
      'pem with a line end': `${pem}\n`,
      'pem without': pem.trim(),
      'pem with CRLF': pem.replace(/\n/g, '\r\n'),
      der,
      'der in base64': der.toString('base64'),
      jwk: JSON.stringify(jwk),
      'jwk set': JSON.stringify({ keys: [jwk] }),
      'bare jwk': JSON.stringify({ kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y }),
      x: jwk.x!,
      'x in bytes': Buffer.from(jwk.x!, 'base64url'),
      kid: header.kid,
      nothing: '',
    };
    const start = `${segment({ ...header, alg })}.${body}`;
    const hmac = (secret: string | Buffer) => createHmac(alg.replace('HS', 'sha'), secret).update(start);
    for (const [what, secret] of Object.entries(secrets))
      await refused(what, `${start}.${hmac(secret).digest('base64url')}`);
  });

  it.each(['RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'ES256'])('refuses %s of a foreign key', async (alg) => {
    await allRefused({ 'our kid': await strange(alg), 'no kid': await strange(alg, { kid: undefined }) });
  });

  it('refuses signatures that mean nothing', async () => {
    const bytes = Buffer.from(signature, 'base64url');
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
    const odd: Record<string, Buffer> = {
      zeros: Buffer.alloc(64),
      ones: Buffer.alloc(64, 0xff),
      'the order of the curve': Buffer.concat([order, order]),
      swapped: Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]),
      long: Buffer.concat([bytes, bytes]),
      'one byte more': Buffer.concat([bytes, Buffer.of(0)]),
      short: bytes.subarray(0, 63),
      half: bytes.subarray(0, 32),
      'an empty DER sequence': Buffer.from('3006020100020100', 'hex'),
    };
    for (const [what, each] of Object.entries(odd))
      await refused(what, `${head}.${body}.${each.toString('base64url')}`);
  });
});

describe('V9.1.3: keys that the token brings along', () => {
  it('fetches nothing and believes nothing', async () => {
    const mine = await generateKeyPair('ES256', { extractable: true });
    const publicJwk = { ...(await exportJWK(mine.publicKey)), kid: header.kid, alg: 'ES256', use: 'sig' };
    const x5c = [Buffer.from('a certificate').toString('base64')];
    const hints = {
      jwk: publicJwk,
      jku: `${trap.url}/jwks.json`,
      x5u: `${trap.url}/chain.pem`,
      x5c,
      x5t: 'AAAA',
      kid: `${trap.url}/kid`,
    };
    const sets: object[] = [...Object.entries(hints).map(([name, value]) => ({ [name]: value })), hints];
    for (const more of sets) {
      for (const kid of [header.kid, undefined]) {
        const jws = new SignJWT({ ...claims, iss: trap.url }).setProtectedHeader({ ...header, kid, ...more } as never);
        const same = new SignJWT(claims).setProtectedHeader({ ...header, kid, ...more } as never);
        const what = `${Object.keys(more).join()} ${kid ?? ''}`;
        await refused(what, await jws.sign(mine.privateKey));
        await refused(what, await same.sign(mine.privateKey));
      }
    }
    expect(trap.visits).toEqual([]);
  });

  it('looks odd kids up and nothing else', async () => {
    const odd: unknown[] = [undefined, null, 7, true, [], [header.kid], {}, { kid: header.kid }, '', ' ', '.'];
    odd.push(
      '../../../../dev/null',
      '/etc/passwd',
      'file:///etc/passwd',
      `${trap.url}/kid`,
      '%00',
      'nul\u0000',
      '\ud800',
    );
    odd.push(
      "' OR '1'='1",
      "x'; DROP TABLE signing_keys; --",
      "' UNION SELECT 'x",
      '$1',
      '*',
      '${kid}',
      'k'.repeat(8_000),
    );
    odd.push('__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'hs256', '0', 'undefined', 'null');
    odd.push(header.kid.toUpperCase(), ` ${header.kid}`, `${header.kid}\n`, header.kid.slice(1));
    for (const kid of odd.filter((each) => each !== header.kid))
      await refused(`kid ${JSON.stringify(kid)?.slice(0, 60)}`, `${segment({ ...header, kid })}.${body}.${signature}`);
    expect((await me(bearer(token))).status).toBe(200);
    expect((await house.service.get('/.well-known/jwks.json')).body.keys).toHaveLength(1);
    expect(trap.visits).toEqual([]);
  });
});

describe('V9.1.1: broken tokens', () => {
  it('are refused, cut at every tenth character', async () => {
    for (let length = 1; length < token.length; length += 10) await refused(`cut at ${length}`, token.slice(0, length));
  });

  it('are refused with other claims under our signature', async () => {
    const changes: object[] = [{ sub: victim.id }, { sid: victim.sid }, { sub: victim.id, sid: victim.sid }];
    changes.push({ role: 'ADMIN' }, { exp: 9_999_999_999 }, { aud: ['masuk'] });
    for (const change of changes)
      await refused(JSON.stringify(change), `${head}.${segment({ ...claims, ...change })}.${signature}`);
    const twice = JSON.stringify(claims).replace(/}$/, `,"sub":"${victim.id}","sid":"${String(victim.sid)}"}`);
    await refused('duplicate claims', `${head}.${segment(twice)}.${signature}`);
    await refused('duplicate headers', `${segment(JSON.stringify(header).replace(/}$/, ',"alg":"none"}'))}.${body}.`);
  });

  it('are refused as garbage of every kind', async () => {
    const texts = [
      '[]',
      'null',
      '"x"',
      '7',
      '{',
      '',
      '{"alg":"ES256"',
      '\u0000',
      '['.repeat(900),
      '{"__proto__":{"alg":"ES256"}}',
    ];
    for (const text of texts) {
      await refused(`header ${text.slice(0, 20)}`, `${segment(text)}.${body}.${signature}`);
      await refused(`payload ${text.slice(0, 20)}`, `${head}.${segment(text)}.${signature}`);
    }
    const latin = Buffer.from([0xff, 0xfe, 0x80]).toString('base64url');
    await allRefused({
      'no UTF-8': `${latin}.${latin}.${latin}`,
      dots: '...',
      'no JSON': 'a.b.c',
      'one word': 'x',
      'four segments': `${token}.x`,
      padded: `${token}=`,
      'a stray dot': `${token}.`,
      'a dot in front': `.${token}`,
      'as a text': `"${token}"`,
      'base64 signs': `${head}.${body}.${'+/'.repeat(43)}`,
    });
  });

  it('are refused when encrypted (five segments)', async () => {
    const published = await importJWK({ ...jwk, alg: 'ECDH-ES', use: 'enc' }, 'ECDH-ES');
    const wrap = { ...header, enc: 'A256GCM' };
    const forUs = new EncryptJWT(claims).setProtectedHeader({ ...wrap, alg: 'ECDH-ES' });
    const direct = new EncryptJWT(claims).setProtectedHeader({ ...wrap, alg: 'dir' });
    await allRefused({
      'ECDH-ES': await forUs.encrypt(published),
      dir: await direct.encrypt(new Uint8Array(32)),
      'five words': `${head}.${body}.${signature}.x.y`,
    });
  });

  it('are refused when huge, by the parser or unread', async () => {
    await allRefused({
      'a long word': 'A'.repeat(12_000),
      'a long payload': `${head}.${'A'.repeat(12_000)}.${signature}`,
    });
    for (const path of ['/api/auth/me', '/auth/me']) {
      const answer = await sendRaw(
        house.service.url,
        rawRequest('GET', path, [`Authorization: Bearer ${head}.${'A'.repeat(100_000)}.${signature}`]),
      ).catch(() => undefined);
      // The sender may still be writing when the answer comes and the connection ends.
      if (answer) expectFailure(answer, 431, 'headers_too_large');
    }
    const answer = await house.service.post('/api/auth/introspect', { token: 'A'.repeat(200_000) }, key);
    expectFailure(answer, 413, 'body_too_large');
    expect((await me(bearer(token))).status).toBe(200);
  });
});

it('V1.3.6, V16.2.5: none of it was fetched, failed or logged', () => {
  expect(trap.visits).toEqual([]);
  expectQuietLog(house.service, token);
});
