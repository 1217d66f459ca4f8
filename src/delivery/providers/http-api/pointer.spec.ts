import { describe, expect, it } from '@jest/globals';
import { pointerOf, valueAt } from './pointer.js';

// RFC 6901, section 5, and what it leaves to the reader.

describe('a JSON pointer', () => {
  const document = JSON.parse(
    '{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\\\j":5,"k\\"l":6," ":7,"m~n":8,"__proto__":9}',
  ) as unknown;

  it.each<[string, unknown]>([
    ['/foo', ['bar', 'baz']],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/c%d', 2],
    ['/e^f', 3],
    ['/g|h', 4],
    ['/i\\j', 5],
    ['/k"l', 6],
    ['/ ', 7],
    ['/m~0n', 8],
    ['/__proto__', 9],
    ['/foo/2', undefined],
    ['/foo/00', undefined],
    ['/foo/-', undefined],
    ['/foo/length', undefined],
    ['/foo/constructor', undefined],
    ['/constructor', undefined],
    ['/foo/0/0', undefined],
  ])('%s is %j', (text, expected) => {
    const pointer = pointerOf(text);
    expect(pointer).toBeDefined();
    expect(valueAt(document, pointer ?? [])).toEqual(expected);
  });

  it.each(['', 'foo', '#/foo', '/a~', '/a~2', `/${'x'.repeat(200)}`])('is not %j', (text) => {
    expect(pointerOf(text)).toBeUndefined();
  });

  it.each([[undefined], [null], ['text'], [7], [[]]])('finds nothing in %j', (value) => {
    expect(valueAt(value, ['a', 'b'])).toBeUndefined();
  });
});
