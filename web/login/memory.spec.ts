import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { memoryOf } from './memory.js';

const MINUTE = 60_000;
const STEP = { step: 'code', phone: '081234567890' };

let kept: Map<string, string>;
beforeEach(() => {
  jest.useFakeTimers();
  kept = new Map();
  // Node has no storage of a tab.
  const sessionStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  };
  Object.defineProperty(globalThis, 'sessionStorage', { value: sessionStorage, configurable: true });
});
afterEach(() => {
  jest.useRealTimers();
  Reflect.deleteProperty(globalThis, 'sessionStorage');
});

it('grows old however often the same is written, and is removed when it is read too late', () => {
  const memory = memoryOf('login', 'https://one.example');
  for (let minute = 0; minute < 30; minute += 1) {
    memory.write(STEP);
    jest.advanceTimersByTime(MINUTE);
  }
  expect(memory.read()).toMatchObject(STEP);
  jest.advanceTimersByTime(MINUTE);
  memory.write(STEP);
  expect(kept.size).toBe(1);
  expect(memory.read()).toBeNull();
  expect(kept.size).toBe(0);
});

it('is young again when something has changed', () => {
  const memory = memoryOf('login', 'https://one.example');
  memory.write(STEP);
  jest.advanceTimersByTime(29 * MINUTE);
  memory.write({ ...STEP, phone: '081234567891' });
  jest.advanceTimersByTime(29 * MINUTE);
  expect(memory.read()).toMatchObject({ step: 'code', phone: '081234567891' });
});

it('overwrites what others have stored', () => {
  const memory = memoryOf('login', 'https://one.example');
  kept.set(memory.key, '{nonsense');
  memory.write(STEP);
  expect(memory.read()).toMatchObject(STEP);
});
