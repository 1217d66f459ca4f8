import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../platform/errors/app-error.js';
import { COMMON_PASSWORDS } from './common-passwords.js';
import { PasswordPolicy, type PasswordOwner } from './password-policy.js';

const names = { appName: 'SiKesKoja - Sistem Kesehatan Kota Jayapura', appTeam: 'Tim Dinkes' };
const strict = { passwordMinLength: 15, passwordMaxLength: 128, passwordBlocklist: true, ...names };
const compat = { passwordMinLength: 6, passwordMaxLength: 72, passwordBlocklist: false, ...names };
const listed = { ...compat, passwordBlocklist: true };
const siti: PasswordOwner = {
  fullName: 'Siti Nurhaliza Wanggai',
  email: 'sn.wanggai@papua.example',
  username: 'stnw88',
  phone: '+6281234567890',
};

function refusals(settings: typeof strict, password: string, owner: PasswordOwner = {}, language: 'id' | 'en' = 'id') {
  try {
    new PasswordPolicy(settings, settings).check(password, owner);
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
    expect(refusals(strict, 'kx7Lq2m')[0]?.problem).toBe('Kata sandi harus minimal 15 karakter.');
  });
});

describe('what is not seen', () => {
  const invisible = [
    '\u200b',
    '\u2060',
    '\u00ad',
    '\u3164',
    '\u2800',
    '\u00a0',
    '\ue000',
    '\u0007',
    '\u180e',
    '\ufe0f',
  ];

  it.each([' ', '\t', '\u3000', ...invisible])('is not a password, however long: %j', (character) => {
    for (const settings of [strict, compat]) {
      expect(rules(settings, character.repeat(20))).toEqual(['too_short', 'blank']);
      expect(rules(settings, ` ${character} `.repeat(7))).toEqual(['too_short', 'blank']);
    }
  });

  it('makes a short password no longer', () => {
    expect(rules(strict, `kx7Lq2m${' '.repeat(20)}Vz9Ow`)).toEqual(['too_short']);
    expect(rules(strict, `k${'\u200b'.repeat(20)}x7Lq2mV`)).toEqual(['too_short']);
    expect(rules(compat, `abc${' '.repeat(6)}`)).toEqual(['too_short']);
    expect(rules(strict, 'empat kuda lari')).toEqual([]);
  });

  it('hides no common word, name or row', () => {
    expect(rules(listed, 'pass\u2800word')).toContain('common');
    expect(rules(strict, `nurha\u200bliza kx7Lq2mV`, siti)).toContain('personal');
    expect(rules(listed, `a${'\u2800'.repeat(3)}b`)).toContain('monotone');
  });
});

describe('the names of the service', () => {
  it.each([
    'SiKesKoja-SiKesKoja',
    'sikeskoja 2026!!',
    's.i.k.e.s.k.o.j.a.1.2.3.4',
    'Sistem_Kesehatan/Kota+Jayapura',
    'Kota Jayapura, Kesehatan!',
    'S1K3sK0j@_S1K3sK0j@',
    'MASUK|sikeskoja|masuk',
    'Tim-Dinkes-Tim-Dinkes',
    'ｓｉｋｅｓｋｏｊａ　ｄｉｎｋｅｓ',
    'sikeskoja password123',
  ])('%p is nothing else', (password) => {
    expect(rules(strict, password)).toContain('service_name');
  });

  it.each(['kuda di jayapura lari', 'sikeskoja-kx7Lq2mV', 'masuk angin terus ya'])(
    '%p is something else',
    (password) => {
      expect(rules(strict, password)).toEqual([]);
    },
  );

  it.each([
    'masukmasuk',
    'SiKesKoja',
    's i k e s k o j a',
    'Kota-Jayapura',
    'Dinkes_Dinkes',
    'T1m.D1nk3s',
    'sïkèskojâ',
    'jayapurä kotä',
  ])('%p is nothing else, and refused also where common passwords are allowed', (password) => {
    for (const settings of [strict, listed, compat]) expect(rules(settings, password)).toContain('service_name');
  });

  it.each(['sikeskoja2026', 'sikeskoja password', 'jayapura kx7'])(
    '%p is more, where common ones are allowed',
    (more) => {
      expect(rules(compat, more)).toEqual([]);
    },
  );

  it('are found with any accents on them, and in words that are short alone', () => {
    const hospital = { appName: 'RSUD Jayapura', appTeam: 'RS Dok II' };
    for (const settings of [strict, compat])
      for (const password of ['rsüd jayapurä rsud', 'RS Dok II, RS Dok II!', 'rs.dok.ii.rsud.jayapura'])
        expect(rules({ ...settings, ...hospital }, password)).toContain('service_name');
    expect(rules({ ...strict, appName: 'Kafé Papua Sehat' }, 'kafe papua sehat')).toEqual(['service_name']);
  });

  it('are those that the operator has set', () => {
    const other = { ...strict, appName: 'Antrean RSUD Abepura', appTeam: 'RSUD' };
    expect(rules(other, 'antrean-rsud-abepura')).toContain('service_name');
    expect(rules(other, 'SiKesKoja-Dinkes-9')).toEqual([]);
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
    'p-a-s-s-w-o-r-d',
    'r.a.h.a.s.i.a_2024',
    'ｐａｓｓｗｏｒｄ',
    'thequickbrownfoxjumps',
  ])('%p is one', (password) => {
    expect(rules(listed, password)).toContain('common');
  });

  it.each(['indonesia-kx7Lq2mV', 'empat kuda lari ke pasar baru', 'rahasia82751930', 'ñandúñandó', 'кошка на окне'])(
    'refuses %p',
    (password) => {
      expect(rules(listed, password)).toEqual([]);
    },
  );

  it('are common with accents, too', () => {
    expect(rules(listed, 'pässwörd123')).toContain('common');
    expect(rules(listed, 'nürhàlizakx7Lq2mV', siti)).toContain('personal');
  });

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
    'a-b-c-d-e-f-g-h-i',
    '1.2.3.4.5.6.7.8',
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
    'kx-n.u.r.h.a.l.i.z.a',
    'sn_wanggai!kx7Lq2',
    'kx-0812-3456-7890-Lq',
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
