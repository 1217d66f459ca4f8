import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { AuthSecret } from '../../../platform/secrets/auth-secret.js';
import { AppError } from '../../../platform/errors/app-error.js';
import { Passwords, needsRehash } from './passwords.js';

const passwords = new Passwords(new AuthSecret('a secret of the specs, thirty-two bytes'));
/** The three differ in their name only, since 2b mended what 2a did with passwords of over 255 bytes. */
const old = async (password: string, version: '2a' | '2b' | '2y' = '2b') =>
  (await bcrypt(password, 4)).replace(/^\$2b/, `$${version}`);
const matched = async (stored: string | null, typed: string) => (await passwords.compare(stored, typed)).matched;

describe('a hash of ours', () => {
  it('fits its password however it was composed, and no other', async () => {
    const stored = await passwords.hash('pässwörd'.normalize('NFD'));
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.compare(stored, 'pässwörd'.normalize('NFC'))).toEqual({ matched: true, stronger: null });
    expect(await matched(stored, 'passwörd')).toBe(false);
  });

  it('is different each time', async () => {
    expect(await passwords.hash('same')).not.toBe(await passwords.hash('same'));
  });

  it('is not needed to say no', async () => {
    expect(await passwords.compare(null, 'password123')).toEqual({ matched: false, stronger: null });
  });
});

describe('a bcrypt hash of a replaced system', () => {
  // Vectors of jBCrypt.
  it.each([
    ['$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.', ''],
    ['$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe', 'a'],
    ['$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i', 'abc'],
  ])('%s fits %p', async (stored, password) => {
    expect(await matched(stored, password)).toBe(true);
    expect(await matched(stored, `${password}x`)).toBe(false);
  });

  it.each(['2a', '2b', '2y'] as const)('is hashed anew as $%s$ is met', async (version) => {
    const { matched: fits, stronger } = await passwords.compare(await old('kata sandi', version), 'kata sandi');
    expect(fits).toBe(true);
    expect(needsRehash(stronger!)).toBe(false);
    expect(await matched(stronger, 'kata sandi')).toBe(true);
  });

  it('counts 72 bytes, as the old system did', async () => {
    expect(await matched(await old('x'.repeat(80)), 'x'.repeat(72))).toBe(true);
    expect(await matched(await old('x'.repeat(80)), 'x'.repeat(71))).toBe(false);
    expect(await matched(await old('é'.repeat(40)), 'é'.repeat(36))).toBe(true);
  });

  it('was made of the bytes as typed, or of the composed ones', async () => {
    const [composed, apart] = ['sandí'.normalize('NFC'), 'sandí'.normalize('NFD')];
    expect(await matched(await old(apart), apart)).toBe(true);
    expect(await matched(await old(composed), apart)).toBe(true);
    expect(await matched(await old(composed), composed)).toBe(true);
  });

  it('of a wrong password is not hashed anew', async () => {
    expect(await passwords.compare(await old('kata sandi'), 'kata sandu')).toEqual({ matched: false, stronger: null });
  });
});

describe('needsRehash', () => {
  it.each([
    [{ memoryCost: 19_456, timeCost: 2, parallelism: 1 }, false],
    [{ memoryCost: 65_536, timeCost: 3, parallelism: 4 }, false],
    [{ memoryCost: 9_216, timeCost: 4, parallelism: 1 }, true],
    [{ memoryCost: 19_456, timeCost: 1, parallelism: 1 }, true],
    [{ memoryCost: 19_456, timeCost: 2, parallelism: 1, algorithm: 1 }, true],
  ])('of argon2 with %j is %p', async (parameters, expected) => {
    expect(needsRehash(await argon2('x', parameters))).toBe(expected);
  });
});

it('does the work of both kinds for a refusal while bcrypt hashes are stored', async () => {
  const mixed = new Passwords(new AuthSecret('another secret of the specs, of 32 bytes'));
  await mixed.compare(null, 'warm-up');
  const strong = await bcrypt('x', 11);
  mixed.expectForeign([strong]);
  // CPU time, taken in turns and by the best of them: others use this machine too.
  let [unknown, legacy] = [Infinity, Infinity];
  for (let i = 0; i < 6; i++) {
    unknown = Math.min(unknown, await milliseconds(() => mixed.compare(null, 'wrong')));
    legacy = Math.min(legacy, await milliseconds(() => mixed.compare(strong, 'wrong')));
  }
  // Without the second piece of work one of them would take a fifth of the other.
  expect(unknown / legacy).toBeGreaterThan(0.5);
  expect(unknown / legacy).toBeLessThan(2);
});

describe('a PBKDF2 hash of another system', () => {
  const stored = (digest: 'sha256' | 'sha512', password: string, iterations = 1_000) => {
    const salt = Buffer.from('garam dapur bersih');
    const bare = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
    const derived = pbkdf2Sync(password, salt, iterations, 64, digest);
    return `$pbkdf2-${digest}$i=${iterations}$${bare(salt)}$${bare(derived)}`;
  };

  it.each(['sha256', 'sha512'] as const)('with %s fits its password, and is hashed anew', async (digest) => {
    const { matched: fits, stronger } = await passwords.compare(stored(digest, 'kata sandi'), 'kata sandi');
    expect(fits).toBe(true);
    expect(await matched(stronger, 'kata sandi')).toBe(true);
    expect(await matched(stored(digest, 'kata sandi'), 'kata sandu')).toBe(false);
  });

  it('makes a refusal as long as its own, whoever is refused', async () => {
    const mixed = new Passwords(new AuthSecret('one more secret of the specs, of 32 bytes'));
    await mixed.compare(null, 'warm-up');
    const strong = stored('sha512', 'x', 300_000);
    mixed.expectForeign([strong]);
    let [unknown, foreign] = [Infinity, Infinity];
    for (let i = 0; i < 6; i++) {
      unknown = Math.min(unknown, await milliseconds(() => mixed.compare(null, 'wrong')));
      foreign = Math.min(foreign, await milliseconds(() => mixed.compare(strong, 'wrong')));
    }
    expect(unknown / foreign).toBeGreaterThan(0.5);
    expect(unknown / foreign).toBeLessThan(2);
  });
});

async function milliseconds(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

it('lets fifty wait and sends the rest away', async () => {
  const all = await Promise.allSettled(Array.from({ length: 60 }, () => passwords.hash('x')));
  const refused = all.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[];
  expect(refused).toHaveLength(8);
  expect(refused.every(({ reason }) => reason instanceof AppError && reason.code === 'busy')).toBe(true);
  await expect(passwords.hash('afterwards')).resolves.toMatch(/^\$argon2id/);
});
