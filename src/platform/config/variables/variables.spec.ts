import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { asInFile, readVariables } from './variables.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'masuk-variables-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a variable of the process', () => {
  it.each([
    ['OTP_EXPIRES_IN', '5          # Durasi dalam menit', '5'],
    ['OTP_EXPIRES_IN', ' 5 #menit', '5'],
    ['OTP_EXPIRES_IN', '# not set', ''],
    ['OTP_EXPIRES_IN', '"5" # "five"', '5'],
    ['DATABASE_URL', '"postgresql://u:p#w@db/masuk"', 'postgresql://u:p#w@db/masuk'],
    ['DATABASE_URL', 'postgresql://u:p#w@db/masuk', 'postgresql://u:p#w@db/masuk'],
    ['APP_NAME', 'Klinik #1', 'Klinik #1'],
    ['APP_NAME', 'Klinik #1   # the name', 'Klinik #1'],
    ['APP_NAME', "'Klinik # satu' # the name", 'Klinik # satu'],
    ['APP_NAME', '"Klinik" dan "Puskesmas"', '"Klinik" dan "Puskesmas"'],
    ['BOT_MENU_INFO', '"Halo\\nBuka 08.00"', 'Halo\nBuka 08.00'],
    ['BOT_MENU_INFO', 'Halo\n# Buka 08.00', 'Halo\n# Buka 08.00'],
    ['SMTP_FROM', 'Klinik #1 <a@b.example>', 'Klinik #1 <a@b.example>'],
    ['DB_PASSWORD', '#rahasia #1', '#rahasia #1'],
    ['DB_PASSWORD', 'rahasia # the password', 'rahasia'],
    ['SECRET_KEY', 'rahasia  #ganti', 'rahasia'],
    ['PORT', '', ''],
  ])('%s=%j means %j', (name, value, meaning) => expect(asInFile(name, value)).toBe(meaning));
});

describe('.env', () => {
  const TEXT = 'OTP_LENGTH=8\r\nAPP_NAME="Puskesmas Jayapura é" # the name\r\nexport PORT=5001\r\n';
  const MEANING = { OTP_LENGTH: '8', APP_NAME: 'Puskesmas Jayapura é', PORT: '5001' };
  const file = (name: string, bytes: Buffer) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const utf16 = Buffer.from(TEXT, 'utf16le');

  it.each<[string, Buffer]>([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${TEXT}`)],
    ['UTF-16 of PowerShell', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['UTF-16 in the other order', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
    ['UTF-16 without its mark', utf16],
    ['UTF-16 without its mark in the other order', Buffer.from(utf16).swap16()],
  ])('is read as %s', (name, bytes) => expect(readVariables({}, file(name, bytes))).toEqual(MEANING));

  it('in another encoding is refused by the names of its variables', () => {
    const bytes = Buffer.from('# é\nOTP_LENGTH=8\nAPP_NAME=rahasia é\n', 'latin1');
    expect(() => readVariables({}, file('latin1', bytes))).toThrow(/must be saved as UTF-8.*APP_NAME$/);
    expect(readVariables({}, file('comment', Buffer.from('# é\nOTP_LENGTH=8\n', 'latin1')))).toEqual({
      OTP_LENGTH: '8',
    });
  });

  it('that cannot be read is reported, and one that does not exist sets nothing', () => {
    mkdirSync(join(folder, 'a-folder'));
    expect(() => readVariables({}, join(folder, 'a-folder'))).toThrow(/can be read \(EISDIR\)/);
    expect(readVariables({}, join(folder, 'nothing'))).toEqual({});
  });

  it('gives way to variables of the process, also to empty ones', () => {
    const path = file('both', Buffer.from('OTP_LENGTH=8\nPORT=5001\nAPP_TEAM=Tim\n'));
    const process = { OTP_LENGTH: '6 # shorter', PORT: '', HOME: undefined };
    expect(readVariables(process, path)).toEqual({ OTP_LENGTH: '6', PORT: '', APP_TEAM: 'Tim' });
  });
});
