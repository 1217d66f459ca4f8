import { describe, expect, it } from '@jest/globals';
import { AppError } from '../errors/app-error.js';
import { COMMON_PASSWORDS } from './common-passwords.js';
import { PasswordPolicy, type PasswordOwner } from './password-policy.js';

const strict = { passwordMinLength: 15, passwordMaxLength: 128, passwordBlocklist: true };
const compat = { passwordMinLength: 6, passwordMaxLength: 72, passwordBlocklist: false };
const listed = { ...compat, passwordBlocklist: true };
const siti: PasswordOwner = {
  fullName: 'Siti Nurhaliza Wanggai',
  email: 'sn.wanggai@papua.example',
  username: 'stnw88',
  phone: '+6281234567890',
};

function refusals(settings: typeof strict, password: string, owner: PasswordOwner = {}, language: 'id' | 'en' = 'id') {
  try {
    new PasswordPolicy(settings).check(password, owner);
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || typeof error.details !== 'function') throw error;
    expect(error.code).toBe('password_refused');
    return error.details(language) as { rule: string; problem: string }[];
  }
}
const rules = (...given: Parameters<typeof refusals>) => refusals(...given).map(({ rule }) => rule);

describe('length', () => {
  it('counts characters, not bytes and not halves of characters', () => {
    expect(rules(compat, '😀😀😀😀😀😀')).toEqual([]);
    expect(rules(compat, '😀😀😀😀😀')).toEqual(['too_short']);
    expect(rules(compat, 'é'.normalize('NFD').repeat(5))).toEqual(['too_short']);
    expect(rules(compat, 'é'.normalize('NFD').repeat(72))).toEqual([]);
  });

  it.each([
    [compat, 5, ['too_short']],
    [compat, 6, []],
    [compat, 72, []],
    [compat, 73, ['too_long']],
    [strict, 14, ['too_short']],
    [strict, 15, []],
    [strict, 128, []],
    [strict, 129, ['too_long']],
  ])('%j lets %d characters end as %j', (settings, length, expected) => {
    expect(rules(settings, 'kx7Lq2mVz9Ow4RtY'.repeat(9).slice(3, 3 + length))).toEqual(
      // A repeated pattern is another rule's business.
      settings === strict && length > 32 && expected.length === 0 ? ['monotone'] : expected,
    );
  });

  it('takes no more than 1024 bytes', () => {
    const long = { ...compat, passwordMaxLength: 1024 };
    expect(rules(long, '😀'.repeat(256))).toEqual([]);
    expect(rules(long, '😀'.repeat(257))).toEqual(['too_long']);
  });

  it('says what the limit is, in the language of the answer', () => {
    expect(refusals(strict, 'kx7Lq2m', {}, 'en')).toEqual([
      { rule: 'too_short', problem: 'The password must have at least 15 characters.' },
    ]);
    expect(refusals(strict, 'kx7Lq2m')[0]?.problem).toBe('Kata sandi harus paling sedikit 15 karakter.');
  });
});

describe('common passwords', () => {
  it('are a list of some thousands, written as they are looked up', () => {
    expect(COMMON_PASSWORDS.size).toBeGreaterThan(1000);
    for (const entry of COMMON_PASSWORDS) expect(entry).toBe(entry.normalize('NFKC').toLowerCase());
  });

  it.each([
    'password123',
    'PASSWORD123',
    'P@ssw0rd',
    'Indonesia2024!!',
    'indonesia17081945',
    'Bismillah 123456',
    'passwordpassword',
    'Katasandi-1234',
    '123rahasia!',
    'p a s s w o r d',
    'ｐａｓｓｗｏｒｄ',
    'thequickbrownfoxjumps',
  ])('%p is one', (password) => {
    expect(rules(listed, password)).toContain('common');
  });

  it.each(['indonesia-kx7Lq2mV', 'empat kuda lari ke pasar baru', 'rahasia82751930', 'ñandúñandó', 'кошка на окне'])(
    '%p is none',
    (password) => {
      expect(rules(listed, password)).toEqual([]);
    },
  );

  it('are allowed when the list is off', () => {
    expect(rules(compat, 'password123', siti)).toEqual([]);
  });
});

describe('rows and repetitions', () => {
  it.each([
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabca',
    '90123456789012',
    'zyxwvutsrqponmlk',
    'QWERTYUIOPASDFGHJ',
    '😀😀😀😀😀😀😀😀',
    'kx7Lq2mkx7Lq2m',
  ])('%p is refused', (password) => {
    expect(rules(listed, password)).toContain('monotone');
  });

  it('a row inside of something else is not', () => {
    expect(rules(listed, 'kx7Lq2mVabcdefgh')).toEqual([]);
  });
});

describe('the own name', () => {
  it.each([
    'nurhalizakx7Lq2mV',
    'kx7-WANGGAI-Lq2mV',
    'stnw88kx7Lq2mVz9',
    'sn.wanggai!kx7Lq2',
    'kx081234567890Lq',
    'kx6281234567890Lq',
    'kx 0812 3456 7890 Lq',
    'kx81234567890Lq2',
  ])('%p is refused', (password) => {
    expect(rules(strict, password, siti)).toContain('personal');
  });

  it('names of three letters and absent ones forbid nothing', () => {
    expect(rules(strict, 'kx7-ani-Lq2mVz9Ow', { fullName: 'Ani', email: null, username: null, phone: null })).toEqual(
      [],
    );
  });
});

it('names every broken rule at once', () => {
  expect(rules(strict, 'sitisiti', siti)).toEqual(['too_short', 'monotone', 'personal']);
});
