import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { csvFile, wantsCsv } from './csv-answers.js';

describe('wantsCsv', () => {
  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['text/csv', true],
    ['TEXT/CSV; charset=utf-8', true],
    ['text/csv, */*;q=0.1', true],
    ['text/csv;q=0', false],
    ['application/json, text/csv;q=0.5', false],
    ['application/json;q=0.5, text/csv', true],
    ['application/json, text/csv', false],
    ['text/csvx', false],
  ])('of %p says %p', (accept, wanted) => {
    expect(wantsCsv(accept)).toBe(wanted);
  });
});

type Value = string | number | null;

async function* rows(...values: Value[]) {
  for (const value of values) yield { name: value, last: 'x' };
}

const fileOf = (...values: Value[]) => text(csvFile(rows(...values), ['name', 'last'], 'x.csv').getStream());

describe('csvFile', () => {
  it('quotes what has to be, and ends each line as RFC 4180 wants', async () => {
    expect(await fileOf(-5, 'a,b', 'a"b', 'a\nb', 'a\rb', '', null)).toBe(
      'name,last\r\n-5,x\r\n"a,b",x\r\n"a""b",x\r\n"a\nb",x\r\n"a\rb",x\r\n,x\r\n,x\r\n',
    );
  });

  it.each(['=1+1', '+62812', '-1', '@SUM(A1)', '\t=1', '\r=1', '＝1', '＋1', '－1', '＠A1'])(
    'makes %j no formula of anybody’s spreadsheet',
    async (value) => {
      const line = (await fileOf(value)).slice('name,last\r\n'.length);
      expect(line.replace(/^"/, '').startsWith(`'${value}`)).toBe(true);
    },
  );

  it('names its columns when there is nothing in them', async () => {
    expect(await fileOf()).toBe('name,last\r\n');
  });

  it('ends in the middle when its rows do, so that nobody takes it for whole', async () => {
    async function* broken() {
      yield { name: 'a' };
      throw new Error('the database is gone');
    }
    await expect(text(csvFile(broken(), ['name'], 'x.csv').getStream())).rejects.toThrow('the database is gone');
  });

  it('reads no more rows than its reader takes', async () => {
    let read = 0;
    let ended = false;
    async function* endless() {
      try {
        for (;;) {
          read += 1;
          yield { name: 'x'.repeat(1_000) };
        }
      } finally {
        ended = true;
      }
    }
    const stream = csvFile(endless(), ['name'], 'x.csv').getStream();
    await once(stream, 'readable');
    // Nobody takes anything, however often the event loop turns: far more than a buffer would need.
    for (let turn = 0; turn < 5_000; turn++) await setImmediate();
    expect(read).toBeLessThan(1_000);
    expect(ended).toBe(false);
    stream.destroy();
    while (!ended) await setImmediate();
  });
});
