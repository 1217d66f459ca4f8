import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { AuthSecret, loadAuthSecret } from './auth-secret.js';

const secret = new AuthSecret('a secret of the tests, long enough for them');

describe('AuthSecret', () => {
  it('derives another key for each label, the same one each time', () => {
    expect(secret.key('otp-code').equals(secret.key('signing-key'))).toBe(false);
    expect(
      secret.key('otp-code').equals(new AuthSecret('a secret of the tests, long enough for them').key('otp-code')),
    ).toBe(true);
  });

  it('opens what it sealed, in its context only', () => {
    const sealed = secret.seal('message-content', 'kode 123456', 'row-1');
    expect(secret.open('message-content', sealed, 'row-1').toString()).toBe('kode 123456');
    expect(sealed.toString('latin1')).not.toContain('123456');
    expect(() => secret.open('message-content', sealed, 'row-2')).toThrow();
    expect(() => secret.open('signing-key', sealed, 'row-1')).toThrow();
    expect(() =>
      new AuthSecret('another secret, as long as the first one').open('message-content', sealed, 'row-1'),
    ).toThrow();
  });

  it('refuses what was changed or cut', () => {
    const sealed = secret.seal('message-content', 'kode', 'row');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => secret.open('message-content', changed, 'row')).toThrow();
      expect(() => secret.open('message-content', sealed.subarray(0, at), 'row')).toThrow();
    }
  });

  it('never seals twice alike', () => {
    expect(secret.seal('message-content', 'x', 'row').equals(secret.seal('message-content', 'x', 'row'))).toBe(false);
  });
});

describe('loadAuthSecret', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'masuk-secret-'));
  afterAll(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('makes one on the first start, keeps it, and lets nobody else read it', () => {
    const first = loadAuthSecret({ authSecret: undefined, authSecretPrevious: undefined, dataDir });
    const second = loadAuthSecret({ authSecret: undefined, authSecretPrevious: undefined, dataDir });
    expect(second.key('check-value').equals(first.key('check-value'))).toBe(true);
    expect(statSync(join(dataDir, 'auth-secret')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dataDir, 'auth-secret'), 'utf8').length).toBeGreaterThanOrEqual(64);
  });
});
