import { describe, expect, it } from '@jest/globals';
import { type KnownAccountRow } from '../users/imported/imported-accounts.js';
import { judge, type JudgedRow, type Rival } from './judge.js';

const row = (given: Partial<JudgedRow> = {}): JudgedRow => ({
  line: 5,
  digest: 'five',
  originKey: 'k5',
  phone: '+6281100000005',
  email: 'siti@k.example',
  username: 'siti',
  fullName: 'Siti',
  role: 'USER',
  isActive: true,
  hasPassword: false,
  ...given,
});

const account = (given: Partial<KnownAccountRow> = {}): KnownAccountRow => ({
  id: 'a1',
  full_name: 'Siti',
  email: null,
  username: null,
  phone: '+6281100000005',
  role: 'USER',
  is_active: true,
  phone_claimed: false,
  email_claimed: false,
  has_password: false,
  ...given,
});

const rival = (given: Partial<Rival>): Rival => ({
  line: 9,
  digest: 'nine',
  originKey: 'k9',
  phone: null,
  email: null,
  username: null,
  ...given,
});

const alone = { origin: undefined, accounts: [], rivals: [] };
const beside = (...accounts: KnownAccountRow[]) => ({ ...alone, accounts });

it('whose names nobody has is new', () => {
  expect(judge(row(), alone)).toEqual({ outcome: 'new' });
  expect(judge(row(), { ...alone, rivals: [row()] })).toEqual({ outcome: 'new' });
});

describe('with a role above USER', () => {
  it.each<[string, Partial<JudgedRow>, object]>([
    ['and a number', {}, { outcome: 'new' }],
    ['and a password', { phone: null, hasPassword: true }, { outcome: 'new' }],
    ['and neither', { phone: null }, { outcome: 'conflict', reason: 'role_without_login', otherLine: null }],
  ])('%s', (_, given, expected) => {
    for (const role of ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN'])
      expect(judge(row({ ...given, role }), alone)).toEqual(expected);
    expect(judge(row(given), alone)).toEqual({ outcome: 'new' });
  });

  it('and neither, beside an account: a merge gives no role', () => {
    const known = account({ phone: null, email: 'siti@k.example' });
    expect(judge(row({ phone: null, role: 'ADMIN' }), beside(known))).toMatchObject({
      outcome: 'merged',
      kept: ['role'],
    });
  });
});

describe('imported before', () => {
  it('is left as it is, whatever became of the account', () => {
    const origin = { userId: 'a1', isErased: false };
    expect(judge(row(), { ...alone, origin })).toMatchObject({ outcome: 'unchanged', userId: 'a1' });
    expect(judge(row(), { ...beside(account({ id: 'a2' })), origin })).toMatchObject({
      outcome: 'unchanged',
      userId: 'a1',
    });
  });

  it('and erased since does not come back', () => {
    expect(judge(row(), { ...alone, origin: { userId: 'a1', isErased: true } })).toEqual({
      outcome: 'refused',
      reason: 'erased',
    });
  });
});

describe('beside an account with its number', () => {
  it('gives it the names that it lacks', () => {
    expect(judge(row(), beside(account()))).toEqual({
      outcome: 'merged',
      userId: 'a1',
      fill: { email: 'siti@k.example', username: 'siti' },
      kept: [],
    });
  });

  it('replaces nothing, and says what it did not bring', () => {
    const other = account({
      full_name: 'Bu Siti',
      email: 'lain@k.example',
      username: 'lain',
      role: 'ADMIN',
      has_password: true,
    });
    expect(judge(row({ role: 'OPERATOR', isActive: false, hasPassword: true }), beside(other))).toEqual({
      outcome: 'merged',
      userId: 'a1',
      fill: { email: null, username: null },
      kept: ['fullName', 'email', 'username', 'role', 'isActive', 'password'],
    });
  });

  it('brings no password to one that has none, either', () => {
    expect(judge(row({ hasPassword: true }), beside(account()))).toMatchObject({ kept: ['password'] });
  });

  it('which nobody has proven is left to somebody who decides', () => {
    expect(judge(row(), beside(account({ phone_claimed: true })))).toMatchObject({ reason: 'unproven_registration' });
  });
});

describe('beside an account with its e-mail', () => {
  const known = { phone: null, email: 'siti@k.example' };

  it.each([
    ['the row has no number', { phone: null }, known, { outcome: 'merged', fill: { email: null, username: 'siti' } }],
    ['the account has none', {}, known, { outcome: 'conflict', reason: 'account_without_number' }],
    [
      'the account has another',
      {},
      { ...known, phone: '+6281100000001' },
      { outcome: 'conflict', reason: 'number_differs' },
    ],
    [
      'a registrant typed it',
      { phone: null },
      { ...known, email_claimed: true },
      { outcome: 'conflict', reason: 'unproven_registration' },
    ],
  ])('%s', (_, given, has, expected) => {
    expect(judge(row(given), beside(account(has)))).toMatchObject(expected);
  });
});

it('is nobody because of a username', () => {
  expect(judge(row({ phone: null, email: null }), beside(account({ phone: null, username: 'siti' })))).toMatchObject({
    outcome: 'conflict',
    reason: 'username_taken',
  });
});

it('with names of two accounts is a conflict', () => {
  const both = beside(account(), account({ id: 'a2', phone: null, email: 'siti@k.example' }));
  expect(judge(row(), both)).toMatchObject({ outcome: 'conflict', reason: 'several_accounts' });
});

describe('beside another row', () => {
  it.each([
    ['its id', { originKey: 'k5' }],
    ['its number', { phone: '+6281100000005' }],
    ['its e-mail', { email: 'siti@k.example' }],
    ['its username', { username: 'siti' }],
  ])('with %s, neither is imported', (_, shared) => {
    const other = rival(shared);
    expect(judge(row(), { ...alone, rivals: [other] })).toEqual({
      outcome: 'conflict',
      reason: 'same_in_file',
      otherLine: 9,
    });
    const mirrored = judge({ ...row(), ...other }, { ...alone, rivals: [row()] });
    expect(mirrored).toEqual({ outcome: 'conflict', reason: 'same_in_file', otherLine: 5 });
  });

  it('that would come to the same account, neither is imported', () => {
    const both = account({ email: 'lama@k.example' });
    const byEmail = { phone: null, email: 'lama@k.example', username: null };
    expect(judge(row({ email: null, username: null }), { ...beside(both), rivals: [rival(byEmail)] })).toMatchObject({
      reason: 'same_in_file',
    });
    expect(
      judge(row({ ...byEmail, line: 9, digest: 'nine' }), {
        ...beside(both),
        rivals: [rival({ line: 5, digest: 'five', phone: both.phone })],
      }),
    ).toMatchObject({ reason: 'same_in_file' });
  });

  it('that says the same, the first one counts', () => {
    const same = rival({ ...row(), line: 9 });
    expect(judge(row(), { ...alone, rivals: [same] })).toEqual({ outcome: 'new' });
    expect(judge(row({ line: 9 }), { ...alone, rivals: [row()] })).toEqual({ outcome: 'repeated', otherLine: 5 });
  });
});
