import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync, verify } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';

import { AccessTokens } from './access-tokens.js';
import { type SigningKeys } from './signing-keys.js';

describe('AccessTokens', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const settings = {
    jwtSecret: undefined,
    jwtAlgorithm: 'ES256',
    jwtExpiresIn: 900,
    jwtIssuer: 'https://login.example',
    jwtAudience: 'clinic',
    jwtRoleCase: 'upper',
  } as const;
  const keys = { signing: () => ({ kid: 'one', key: privateKey }) } as unknown as SigningKeys;
  const tokens = new AccessTokens(settings, keys, new JwtService());

  const provedAt = new Date('2026-11-20T04:00:00.987Z');
  const session = { id: 'session', method: 'OTP', secondFactor: null, provedAt } as const;

  // One signature in 128 or so has a number that is shorter than 32 bytes: 600 of them have several.
  it('signs with ES256 as RFC 7518 has it, whatever the length of the two numbers', () => {
    for (let made = 0; made < 600; made++) {
      const { token } = tokens.sign({ id: `user-${made}`, role: 'USER' }, session);
      const [header, claims, signature] = token.split('.') as [string, string, string];
      const raw = Buffer.from(signature, 'base64url');
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(raw).toHaveLength(64);
      expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, raw)).toBe(true);
    }
  });

  it('says in the header what it is, and in the claims who, until when and for whom', () => {
    const { token, expiresIn } = tokens.sign({ id: 'user', role: 'ADMIN' }, session);
    const [header, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url').toString());
    expect(JSON.parse(header ?? '')).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: 'one' });
    const { iat, exp, jti, ...rest } = JSON.parse(claims ?? '') as Record<string, unknown>;
    const how = { acr: 'urn:masuk:otp', amr: ['otp'], auth_time: Date.UTC(2026, 10, 20, 4) / 1000 };
    const whose = { sub: 'user', role: 'ADMIN', sid: 'session' };
    expect(rest).toEqual({ ...whose, ...how, iss: 'https://login.example', aud: 'clinic' });
    expect([expiresIn, Number(exp) - Number(iat)]).toEqual([900, 900]);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each([
    ['OTP', 'TOTP', ['otp', 'mfa']],
    ['OTP', 'RECOVERY_CODE', ['otp', 'mfa']],
    ['OTP', 'PASSKEY', ['otp', 'pop', 'mfa']],
    ['PASSWORD', 'TOTP', ['pwd', 'otp', 'mfa']],
    ['PASSWORD', 'PASSKEY', ['pwd', 'pop', 'mfa']],
  ] as const)('says of a login by %s that it proved %s', (method, secondFactor, amr) => {
    const { token } = tokens.sign({ id: 'user', role: 'ADMIN' }, { ...session, method, secondFactor });
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown;
    expect(claims).toMatchObject({ acr: 'urn:masuk:mfa', amr });
  });
});
