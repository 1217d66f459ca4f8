import { expect, it } from '@jest/globals';
import { databaseFailure, isConnectionError, isRepeatable } from './database-errors.js';

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
  [{ code: 'P2002', meta: { driverAdapterError: { cause: { originalCode: '23505' } } } }, { code: 'conflict' }],
  ...[
    '08006',
    '40001',
    '40P01',
    '40003',
    '25006',
    '25P03',
    '25P04',
    '53100',
    '53300',
    '55P03',
    '57014',
    '57P01',
    '57P05',
  ]
    .concat('58000', '58030', '58P01', '26000', '42P05', 'P2034')
    .map((code) => [{ code }, { code: 'database_unavailable' }] as const),
  [
    { code: 'P2039', meta: { driverAdapterError: { cause: { originalCode: '58030' } } } },
    { code: 'database_unavailable' },
  ],
  [{ code: '0A000', message: 'cached plan must not change result type' }, { code: 'database_unavailable' }],
  [{ code: '0A000', message: 'not supported' }, null],
  [{ code: '25P02' }, null],
  [{ code: '42P01' }, null],
  [{ code: 'ECONNREFUSED' }, { code: 'database_unavailable' }],
  [{ code: '23514', constraint: 'users_email_check' }, null],
])('%j is %j', (fields, failure) => {
  expect(databaseFailure(driverError(fields))).toEqual(failure);
});

it('looks at what an error was caused by', () => {
  const wrapped = new Error('no', { cause: driverError({ code: '23505', constraint: 'users_phone_key' }) });
  expect(databaseFailure(wrapped)?.code).toBe('phone_taken');
});

it.each([
  [{ code: '40001' }, true],
  [{ code: '40P01' }, true],
  [{ code: '0A000', message: 'cached plan must not change result type' }, true],
  // Whether these were done nobody knows, or trying again at once would change nothing.
  [{ code: '40003' }, false],
  [{ code: '57P01' }, false],
  [{ code: '57014' }, false],
  [{ code: '25006' }, false],
  [{ code: 'ECONNRESET' }, false],
  [{ code: '23505' }, false],
])('%j may be repeated at once: %s', (fields, repeatable) => {
  expect(isRepeatable(driverError(fields))).toBe(repeatable);
});

it.each([
  [{ code: '40P01', severity: 'ERROR' }, false],
  [{ code: '57014', severity: 'ERROR' }, false],
  [{ code: '23505', severity: 'ERROR' }, false],
  [{ code: '42P01', severity: 'ERROR' }, false],
  [{ code: 'not of the driver' }, false],
  [{ code: '26000', severity: 'ERROR' }, true],
  [{ code: '0A000', severity: 'ERROR', message: 'cached plan must not change result type' }, true],
  [{ code: '25P03', severity: 'FATAL' }, true],
  [{ code: '57P01', severity: 'FATAL' }, true],
  [{ code: 'ECONNRESET' }, true],
  [{ message: 'Query read timeout' }, true],
])('%j costs the connection: %s', (fields, lost) => {
  expect(isConnectionError(driverError(fields))).toBe(lost);
});

it('leaves other errors alone', () => {
  expect(databaseFailure(new Error('x'))).toBeNull();
  expect(databaseFailure('x')).toBeNull();
});
