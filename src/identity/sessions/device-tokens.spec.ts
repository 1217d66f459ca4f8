import { describe, expect, it } from '@jest/globals';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { DeviceTokens } from './device-tokens.js';

const devices = new DeviceTokens(new AuthSecret('a secret of the tests, long enough for them'));
const deviceId = '0b9f7a52-53b7-4a0e-9c0f-3a1d1b0f6f11';
const userId = '01a1f71c-7a00-737c-987a-18415fe2a709';
const now = new Date('2026-11-20T04:00:00.123Z');

describe('DeviceTokens', () => {
  it('reads what it issued', () => {
    const token = devices.issue(deviceId, userId, now);
    expect(token).toMatch(/^[\w-]{95}$/);
    expect(devices.read(token)).toEqual({ deviceId, userId, issuedAt: now });
  });

  it('reads nothing that was changed, cut, made up or made under another secret', () => {
    const bytes = Buffer.from(devices.issue(deviceId, userId, now), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(devices.read(changed.toString('base64url'))).toBeNull();
    }
    const other = new DeviceTokens(new AuthSecret('another secret, as long as the first one'));
    for (const token of [
      null,
      '',
      'x',
      'a'.repeat(95),
      bytes.subarray(1).toString('base64url'),
      other.issue(deviceId, userId, now),
    ]) {
      expect(devices.read(token)).toBeNull();
    }
  });
});
