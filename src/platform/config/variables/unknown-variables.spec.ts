import { describe, expect, it } from '@jest/globals';
import { unknownVariables, warningOf } from './unknown-variables.js';

const KNOWN = new Set(['PORT', 'HOST', 'SECRET_KEY', 'AUTH_SECRET', 'WHATSAPP_DEVICE_ID', 'OTP_LENGTH', 'SMTP_HOST']);
const resembling = (...names: string[]) => unknownVariables(names, new Set(), KNOWN);

describe('a variable of the process', () => {
  it.each([
    ['WHATAPP_DEVICE_ID', 'WHATSAPP_DEVICE_ID'],
    ['WHATSAPP_DEVICEID', 'WHATSAPP_DEVICE_ID'],
    ['whatsapp_device_id', 'WHATSAPP_DEVICE_ID'],
    ['AUTH_SERCET', 'AUTH_SECRET'],
    ['OTP_LENGHT', 'OTP_LENGTH'],
    ['SMTP-HOST', 'SMTP_HOST'],
  ])('%s is named beside the setting that it resembles, %s', (name, resembles) =>
    expect(resembling(name)).toEqual([{ name, resembles }]),
  );

  it.each([
    'HOME',
    'SORT',
    'POSTS',
    'SHLVL',
    'AUTH_TOKEN',
    'GATEWAY_PORT_5000_TCP',
    'NODE_OPTIONS',
    'AUTH_SECRET',
    'PORT',
  ])('%s is no mistake', (name) => expect(resembling(name)).toEqual([]));
});

it('in .env every variable is named that is not a setting, except those of Compose, Node and PostgreSQL', () => {
  const names = [
    'OTP_LENGTH',
    'JWT_COOKIE',
    'OTP_LENGHT',
    'POSTGRES_PASSWORD',
    'PGSSLMODE',
    'NODE_EXTRA_CA_CERTS',
    'TZ',
  ];
  expect(unknownVariables([...names, 'EDITOR'], new Set(names), KNOWN).map(warningOf)).toEqual([
    'JWT_COOKIE in .env is not a setting and has no effect',
    'OTP_LENGHT is not a setting and has no effect: did you mean OTP_LENGTH?',
  ]);
});
