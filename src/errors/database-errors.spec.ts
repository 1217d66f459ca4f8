import { expect, it } from '@jest/globals';
import { databaseFailure } from './database-errors.js';

const driverError = (fields: object) => Object.assign(new Error('from the driver'), fields);

it.each([
  [
    { code: '23505', constraint: 'users_email_key' },
    { code: 'email_taken', details: { field: 'email' } },
  ],
  [
    { code: '23505', constraint: 'users_username_key' },
    { code: 'username_taken', details: { field: 'username' } },
  ],
  [
    { code: '23505', constraint: 'users_phone_key' },
    { code: 'phone_taken', details: { field: 'phone' } },
  ],
  [{ code: '23505', constraint: 'another_key' }, { code: 'conflict' }],
  [{ code: '23505', constraint: 'toString' }, { code: 'conflict' }],
  [{ code: 'P2002' }, { code: 'conflict' }],
  [{ code: '22021' }, { code: 'validation_failed' }],
  [{ code: '57P01' }, { code: 'database_unavailable' }],
  [{ code: 'ECONNREFUSED' }, { code: 'database_unavailable' }],
  [{ code: '23514', constraint: 'users_email_check' }, null],
])('%j is %j', (fields, failure) => {
  expect(databaseFailure(driverError(fields))).toEqual(failure);
});

it('looks at what an error was caused by', () => {
  const wrapped = new Error('no', { cause: driverError({ code: '23505', constraint: 'users_phone_key' }) });
  expect(databaseFailure(wrapped)?.code).toBe('phone_taken');
});

it('leaves other errors alone', () => {
  expect(databaseFailure(new Error('x'))).toBeNull();
  expect(databaseFailure('x')).toBeNull();
});
