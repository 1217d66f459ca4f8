import { describe, expect, it } from '@jest/globals';
import { afterClose } from './close-codes.js';

describe('after a connection has ended', () => {
  it.each([401, 403, 411])('with %i the account has to be linked anew', (code) => {
    expect(afterClose(code, 1, 0.5)).toEqual({ kind: 'forget' });
  });

  it('with 440 nobody fights for it', () => {
    expect(afterClose(440, 1, 0.5)).toEqual({ kind: 'stop' });
  });

  it('with 515 it is opened again at once, but not for ever', () => {
    expect(afterClose(515, 1, 0.5)).toEqual({ kind: 'again', after: 0 });
    expect(afterClose(515, 3, 1)).toEqual({ kind: 'again', after: 4_000 });
  });

  it.each([408, 428, 503, 405, 400, 599])('with %i the pauses double, up to five minutes', (code) => {
    const pauses = [1, 2, 3, 9, 10, 40].map((failures) => afterClose(code, failures, 1));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000].map((after) => ({ kind: 'again', after })));
    expect(afterClose(code, 10, 0)).toEqual({ kind: 'again', after: 150_000 });
  });

  it('with 500 it gives up in the end, and keeps the credentials', () => {
    expect(afterClose(500, 7, 1)).toEqual({ kind: 'again', after: 64_000 });
    expect(afterClose(500, 8, 1)).toEqual({ kind: 'stop' });
  });
});
