import { describe, expect, it } from '@jest/globals';
import { hash as argon2 } from '@node-rs/argon2';
import { AuthSecret } from '../../../platform/secrets/auth-secret.js';
import { readForeignHash } from './foreign-hashes.js';
import { Passwords } from './passwords.js';

const passwords = new Passwords(new AuthSecret('a secret of the specs, thirty-two bytes'));
const bcrypt = (cost: string, version = '2b') => `$${version}$${cost}$${'a'.repeat(53)}`;
const pbkdf2 = (rounds: number) => `pbkdf2_sha256$${rounds}$garam$${'A'.repeat(43)}=`;

const keycloak = (algorithm: string, hashIterations: number, value: string, parameters = {}) => [
  { type: 'otp', secretData: '{"value":"x"}', credentialData: '{}' },
  {
    type: 'password',
    secretData: JSON.stringify({
      value,
      salt: Buffer.from('garam dapur bersih').toString('base64'),
      additionalParameters: {},
    }),
    credentialData: JSON.stringify({ hashIterations, algorithm, additionalParameters: parameters }),
  },
];

describe('are taken', () => {
  it.each([bcrypt('04'), bcrypt('12'), bcrypt('10', '2a'), bcrypt('10', '2y')])('as they are: %s', (hash) => {
    expect(readForeignHash(hash)).toEqual({ hash });
  });

  // Python's hashlib.pbkdf2_hmac('sha256', b'password', b'salt1234', 1200), as Django writes it.
  it('of Django, and fit', async () => {
    const { pbkdf2Sync } = await import('node:crypto');
    const derived = pbkdf2Sync('kata sandi', 'garam', 1_200, 32, 'sha256').toString('base64');
    const read = readForeignHash(`pbkdf2_sha256$1200$garam$${derived}`);
    expect(await fits(read, 'kata sandi')).toBe(true);
    expect(await fits(read, 'kata sandu')).toBe(false);
  });

  it.each([
    ['pbkdf2-sha256', 27_500, 64],
    ['pbkdf2-sha512', 210_000, 64],
  ])('of Keycloak with %s, and fit', async (algorithm, rounds, length) => {
    const { pbkdf2Sync } = await import('node:crypto');
    const derived = pbkdf2Sync('kata sandi', 'garam dapur bersih', rounds, length, algorithm.slice(7)).toString(
      'base64',
    );
    const read = readForeignHash(keycloak(algorithm, rounds, derived));
    expect(await fits(read, 'kata sandi')).toBe(true);
    // A column of a CSV file has it as text.
    expect(readForeignHash(JSON.stringify(keycloak(algorithm, rounds, derived)))).toEqual(read);
  });

  it('of Keycloak with argon2, and fit', async () => {
    const parameters = { memoryCost: 7_168, timeCost: 5, parallelism: 1, salt: Buffer.from('garam dapur bersih') };
    const phc = await argon2('kata sandi', parameters);
    const value = Buffer.from(phc.split('$').at(-1)!, 'base64').toString('base64');
    const read = readForeignHash(
      keycloak('argon2', 5, value, {
        hashLength: ['32'],
        memory: ['7168'],
        type: ['id'],
        version: ['1.3'],
        parallelism: ['1'],
      }),
    );
    expect(read).toEqual({ hash: phc });
    expect(await fits(read, 'kata sandi')).toBe(true);
  });
});

describe('are refused', () => {
  it.each([
    [bcrypt('13'), 'hash_too_costly'],
    [bcrypt('31'), 'hash_too_costly'],
    [bcrypt('03'), 'hash_malformed'],
    [bcrypt('10').slice(0, -1), 'hash_malformed'],
    [pbkdf2(600_001), 'hash_too_costly'],
    [pbkdf2(999), 'hash_too_weak'],
    ['$argon2id$v=19$m=65536,t=4,p=1$c2FsdHNhbHQ$cmVzdWx0cmVzdWx0cmVzdWx0', 'hash_too_costly'],
    ['$argon2id$v=19$m=1048576,t=1,p=1$c2FsdHNhbHQ$cmVzdWx0cmVzdWx0cmVzdWx0', 'hash_too_costly'],
    ['$argon2i$v=19$m=4096,t=3,p=1$c2FsdHNhbHQ$cmVzdWx0cmVzdWx0cmVzdWx0', 'hash_unknown'],
    ['5f4dcc3b5aa765d61d8327deb882cf99', 'hash_unknown'],
    ['$6$rounds=5000$salt$hash', 'hash_unknown'],
    ['sha1$salt$hash', 'hash_unknown'],
    [{ type: 'password' }, 'hash_unknown'],
    [keycloak('pbkdf2', 20_000, 'AAAA'), 'hash_unknown'],
    [keycloak('pbkdf2-sha512', 900_000, Buffer.alloc(64).toString('base64')), 'hash_too_costly'],
    [42, 'hash_unknown'],
  ])('%j: %s', (given, problem) => {
    expect(readForeignHash(given)).toEqual({ problem });
  });
});

async function fits(read: ReturnType<typeof readForeignHash>, password: string): Promise<boolean> {
  if (!('hash' in read)) throw new Error(`refused: ${read.problem}`);
  return (await passwords.compare(read.hash, password)).matched;
}
