import { expect, it } from '@jest/globals';
import { deviceLabel } from '../../src/login/auth/device-label.js';
import { id } from '../texts/id.js';
import { deviceName } from './device-name.js';

it('translates what the service calls a device that it cannot name', () => {
  expect(deviceName(deviceLabel(null), id)).toBe('Perangkat tidak dikenal');
});

it('translates a browser and its system, and leaves other names alone', () => {
  expect(deviceName('Chrome on Android', id)).toBe('Chrome di Android');
  expect(deviceName('Firefox', id)).toBe('Firefox');
});
