import { beforeEach, describe, expect, it } from '@jest/globals';
import { holdBack } from './outgoing-gate.js';

const frame = (text: string) => Buffer.from(text);

let left: string[];
let socket: { send(data: Uint8Array, sent?: (error?: Error) => void): void; terminate(): void };

beforeEach(() => {
  left = [];
  socket = {
    send: (data, sent) => {
      left.push(Buffer.from(data).toString());
      sent?.();
    },
    terminate: () => undefined,
  };
});

/** A promise in the test's hands. */
function held() {
  let keep = () => {};
  let fail = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    keep = resolve;
    fail = () => reject(new Error('disk full'));
  });
  promise.catch(() => undefined);
  return { promise, keep, fail };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('what leaves', () => {
  it('leaves at once when everything is stored', () => {
    holdBack(socket, () => undefined);
    socket.send(frame('a'));
    expect(left).toEqual(['a']);
  });

  it('waits until what it rests on is stored, and keeps its order', async () => {
    const [first, second] = [held(), held()];
    const waits = [first.promise, undefined, second.promise];
    holdBack(socket, () => waits.shift());
    for (const name of ['a', 'b', 'c']) socket.send(frame(name));
    second.keep();
    await turn();
    expect(left).toEqual([]);
    first.keep();
    await turn();
    expect(left).toEqual(['a', 'b', 'c']);
    socket.send(frame('d'));
    expect(left).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never leaves when it cannot be stored, and its sender is told', async () => {
    const write = held();
    holdBack(socket, () => write.promise);
    const told = new Promise((resolve) => socket.send(frame('a'), resolve));
    write.fail();
    expect(await told).toEqual(new Error('disk full'));
    expect(left).toEqual([]);
  });
});
