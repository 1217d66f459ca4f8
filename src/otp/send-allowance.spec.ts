import { describe, expect, it } from '@jest/globals';
import { secondsUntilAllowed } from './send-allowance.js';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const limits = { sendsPerHour: 2, sendsPerDay: 3, guessBudget: 2 };
const row = {
  known: false,
  sends: [] as Date[],
  known_sends: [] as Date[],
  failed_sends: [] as Date[],
  guesses: [] as Date[],
  known_guesses: [] as Date[],
  failures: 0,
  known_failures: 0,
  closed: false,
  now,
};

describe('secondsUntilAllowed', () => {
  it('is 0 while a window has room', () => {
    expect(secondsUntilAllowed({ ...row, sends: [ago(10)] }, limits, 10)).toBe(0);
  });

  it('is the rest of the hour of the oldest send that fills it', () => {
    expect(secondsUntilAllowed({ ...row, sends: [ago(600), ago(60)] }, limits, 10)).toBe(3000);
  });

  it('is the rest of the day when the day is full', () => {
    expect(secondsUntilAllowed({ ...row, sends: [ago(80_000), ago(70_000), ago(60_000)] }, limits, 10)).toBe(6_400);
  });

  it('looks at the lane of a known device only', () => {
    expect(secondsUntilAllowed({ ...row, known: true, sends: [ago(1), ago(1), ago(1)] }, limits, 10)).toBe(0);
  });

  it('is the rest of the lock when the guesses are used up', () => {
    expect(secondsUntilAllowed({ ...row, guesses: [ago(600), ago(1)] }, limits, 10)).toBe(300);
    expect(secondsUntilAllowed({ ...row, known: true, guesses: [ago(600), ago(1)] }, limits, 10)).toBe(0);
  });

  it.each([
    [1, 900],
    [2, 900],
    [3, 900],
    [4, 1_800],
    [5, 900],
    [6, 3_600],
    [50, 3_600],
  ])('is longer the more budgets were used up in a row: %i wrong guesses', (failures, window) => {
    expect(secondsUntilAllowed({ ...row, failures, guesses: [ago(600), ago(1)] }, limits, 10)).toBe(window - 600);
  });

  it('is an hour while the number is closed', () => {
    expect(secondsUntilAllowed({ ...row, closed: true }, limits, 10)).toBe(3_600);
  });

  it('counts failed sends over ten minutes', () => {
    expect(secondsUntilAllowed({ ...row, failed_sends: [ago(500), ago(2)] }, limits, 2)).toBe(100);
  });
});
