import { describe, expect, it } from '@jest/globals';
import { readAccountFields, type AccountFields } from '../users/account-fields.js';
import { AppError } from '../../platform/errors/app-error.js';
import { readPerson, type ReadingOptions } from './person-row.js';
import { type ForeignPerson } from './sources/source.js';

const accounts = {
  read: (field: keyof AccountFields, typed: unknown) => {
    try {
      return (readAccountFields({ [field]: typed }, ['ID'])[field] ?? null) as never;
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  },
};
const read = (given: ForeignPerson, options: Partial<ReadingOptions> = {}) =>
  readPerson(given, { withRoles: false, ...options }, accounts);
const BCRYPT = `$2b$10$${'a'.repeat(53)}`;

it('reads a person into the spelling of the service', () => {
  expect(
    read({
      id: 17,
      fullName: '  Ani   Wanggai ',
      email: ' Ani@K.Example',
      username: 'ANI',
      phone: 81234567890,
      role: 'admin',
      isActive: 'ya',
      passwordHash: BCRYPT,
    }),
  ).toEqual({
    legacyId: '17',
    fullName: 'Ani Wanggai',
    email: 'ani@k.example',
    username: 'ani',
    phone: '+6281234567890',
    role: 'USER',
    isActive: true,
    password: null,
    passwordHash: BCRYPT,
    passwordNote: null,
    leftOut: [],
  });
});

it.each<[string, ForeignPerson, string]>([
  ['nothing to log in by', { fullName: 'Ani' }, 'identity_missing'],
  ['a number that is none', { fullName: 'Ani', phone: '0967-521111', email: 'a@k.example' }, 'phone_invalid'],
  ['two numbers in one field', { fullName: 'Ani', phone: '081234567890 / 081234567891' }, 'phone_invalid'],
  ['an e-mail alone that is none', { fullName: 'Ani', email: 'ani@' }, 'email_invalid'],
  ['a username alone that is a number', { fullName: 'Ani', username: '198501012010' }, 'username_invalid'],
  ['no name, and only a number', { phone: '081234567890' }, 'name_missing'],
  ['a name of invisible characters', { fullName: '\u200b', phone: '081234567890' }, 'name_invalid'],
  ['a list as a number', { fullName: 'Ani', phone: ['081234567890'] }, 'phone_invalid'],
  ['an id with a NUL', { id: 'a\0b', fullName: 'Ani', phone: '081234567890' }, 'id_invalid'],
  ['an id without end', { id: 'x'.repeat(201), fullName: 'Ani', phone: '081234567890' }, 'id_invalid'],
  ['neither yes nor no', { fullName: 'Ani', phone: '081234567890', isActive: 'perhaps' }, 'active_invalid'],
])('refuses %s', (_, given, problem) => {
  expect(read(given)).toBe(problem);
});

it('does without an e-mail or a username that cannot be one, where another name is left', () => {
  expect(read({ fullName: 'Ani', phone: '081234567890', email: '-', username: '198501012010' })).toMatchObject({
    email: null,
    username: null,
    leftOut: ['email', 'username'],
  });
});

it.each([
  [{ username: 'ani' }, undefined, 'ani'],
  [{ email: 'ani@k.example' }, undefined, 'ani'],
  [{ phone: '081234567890' }, 'Warga', 'Warga'],
])('calls %j by another name than none', (given, defaultName, fullName) => {
  expect(read(given, { defaultName })).toMatchObject({ fullName });
});

describe('roles', () => {
  it.each([
    ['admin', 'ADMIN'],
    ['agent', 'KARYAWAN'],
    ['', 'USER'],
  ])('%j is %s, where they are wanted', (role, expected) => {
    const given = { fullName: 'Ani', phone: '081234567890', role };
    expect(read(given, { withRoles: true })).toMatchObject({ role: expected });
    expect(read(given)).toMatchObject({ role: 'USER' });
  });

  it('that nobody knows are refused, where they are wanted', () => {
    expect(read({ fullName: 'Ani', phone: '081234567890', role: 'root' }, { withRoles: true })).toBe('role_unknown');
  });
});

describe('passwords', () => {
  const person = { fullName: 'Ani', phone: '081234567890' };

  it('in plain text are told from hashes', () => {
    expect(read({ ...person, password: 'rahasia' })).toMatchObject({ password: 'rahasia', passwordHash: null });
    expect(read({ ...person, password: BCRYPT })).toMatchObject({ password: null, passwordHash: BCRYPT });
  });

  it('whose hash nobody can verify are left out, and the person stays', () => {
    expect(read({ ...person, passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' })).toMatchObject({
      phone: '+6281234567890',
      passwordHash: null,
      passwordNote: 'hash_unknown',
    });
  });

  it.each([undefined, null, '', ' ', []])('%j is none', (passwordHash) => {
    expect(read({ ...person, passwordHash })).toMatchObject({ password: null, passwordHash: null, passwordNote: null });
  });
});
