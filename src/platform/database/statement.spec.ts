import { describe, expect, it } from '@jest/globals';
import { inOrder, statement } from './statement.js';

describe('statement', () => {
  it('numbers named parameters by first use and leaves casts alone', () => {
    const prepared = statement('s', `SELECT :b::text, now()::date, :a::int[], :b::text WHERE x = ':' || :a`);
    expect(prepared.text).toBe(`SELECT $1::text, now()::date, $2::int[], $1::text WHERE x = ':' || $2`);
    expect(inOrder(prepared, { a: [1], b: 'x' })).toEqual(['x', [1]]);
  });

  it('refuses a forgotten value instead of sending NULL', () => {
    expect(() => inOrder(statement('s', 'SELECT :a::int'), {})).toThrow('statement s needs :a');
    expect(inOrder(statement('s', 'SELECT :a::int'), { a: null })).toEqual([null]);
  });

  it('refuses a name that PostgreSQL would cut', () => {
    expect(() => statement('x'.repeat(64), 'SELECT 1')).toThrow('longer than 63');
  });
});
