import { beforeEach, describe, expect, it } from '@jest/globals';
import { type AuthenticationCreds } from '@whiskeysockets/baileys';
import { type Baileys } from '../baileys.js';
import { type SealedWrite } from './signal-keys.repository.js';
import { SignalKeys } from './signal-keys.js';

/** Plain JSON does for what these specs keep. */
const library = { BufferJSON: { replacer: (_: string, v: unknown) => v, reviver: (_: string, v: unknown) => v } };

const lease = { sessionId: '0190a000-0000-7000-8000-000000000001', owner: 'a', fence: 1 };
const session = (text: string) => ({ session: { '6281.0': text as unknown as Uint8Array } });

/** A database in the spec's hands. */
class Store {
  readonly rows = new Map<string, Buffer>();
  /** What was written, one list for each transaction. */
  readonly batches: (readonly SealedWrite[])[] = [];
  failures: Error[] = [];
  private held: (() => void)[] | undefined;

  holdWrites(): void {
    this.held = [];
  }

  releaseWrites(): void {
    for (const go of this.held?.splice(0) ?? []) go();
    this.held = undefined;
  }

  async write(_: unknown, writes: readonly SealedWrite[]): Promise<void> {
    if (this.held) await new Promise<void>((go) => this.held?.push(go));
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    this.batches.push(writes);
    for (const { nameHash, value } of writes) {
      if (value) this.rows.set(nameHash.toString('hex'), value);
      else this.rows.delete(nameHash.toString('hex'));
    }
  }

  async read(_: string, names: readonly Buffer[]): Promise<Map<string, Buffer>> {
    return new Map(
      names.flatMap((name) => {
        const value = this.rows.get(name.toString('hex'));
        return value ? [[name.toString('hex'), value] as const] : [];
      }),
    );
  }
}

let store: Store;
let keys: SignalKeys;
let failed: unknown[];

const open = (key = Buffer.alloc(32, 1), of = lease) =>
  new SignalKeys({
    library: library as unknown as Baileys,
    lease: of,
    key,
    repository: store,
    writer: store,
    onFailure: (error) => failed.push(error),
  });
const turn = () => new Promise((resolve) => setImmediate(resolve));
const read = async (from = keys) => (await from.get('session', ['6281.0']))['6281.0'];

beforeEach(() => {
  store = new Store();
  failed = [];
  keys = open();
});

describe('what is set', () => {
  it('is there for the next owner, and only with the key of this linked account', async () => {
    await keys.set(session('one'));
    expect(await read(open())).toBe('one');
    expect(await read(open(Buffer.alloc(32, 2)))).toBeUndefined();
    const elsewhere = { ...lease, sessionId: '0190a000-0000-7000-8000-000000000002' };
    expect(await read(open(Buffer.alloc(32, 1), elsewhere))).toBeUndefined();
  });

  it('is read before it is stored', async () => {
    store.holdWrites();
    const storing = keys.set(session('new'));
    expect(await read()).toBe('new');
    store.releaseWrites();
    await storing;
    expect(await read()).toBe('new');
  });

  it('with null is gone', async () => {
    await keys.set(session('one'));
    await keys.set({ session: { '6281.0': null } });
    expect(await read()).toBeUndefined();
    expect(store.rows.size).toBe(0);
  });

  it('is waited for by what leaves, whether anybody else waits or not', async () => {
    expect(keys.stored()).toBeUndefined();
    store.holdWrites();
    void keys.set(session('one'));
    let left = false;
    void keys.stored()?.then(() => (left = true));
    await turn();
    expect(left).toBe(false);
    store.releaseWrites();
    await turn();
    expect(left).toBe(true);
    expect(keys.stored()).toBeUndefined();
  });
});

describe('a step', () => {
  it('is written at once, and when it ends', async () => {
    await keys.transaction(async () => {
      await keys.set(session('one'));
      await keys.set({ 'pre-key': { 5: null } });
      expect(await read()).toBe('one');
      expect(store.batches).toEqual([]);
    }, 'a');
    expect(store.batches.map((writes) => writes.length)).toEqual([2]);
  });

  it('holds the credentials that change in it', async () => {
    await keys.transaction(async () => {
      await keys.set({ 'pre-key': { 6: {} as never } });
      void keys.keepCreds({ nextPreKeyId: 7 } as AuthenticationCreds);
    }, 'a');
    expect(store.batches.map((writes) => writes.length)).toEqual([2]);
    expect(await open().creds()).toMatchObject({ nextPreKeyId: 7 });
  });

  it('within another is stored before the outer one goes on: what it sends comes after it', async () => {
    const order: string[] = [];
    await keys.transaction(async () => {
      await keys.transaction(() => keys.set(session('encrypted')), 'b');
      order.push(store.batches.length === 1 ? 'stored' : 'not stored', 'sent');
    }, 'a');
    expect(order).toEqual(['stored', 'sent']);
  });

  it('is stored by what leaves from within it', async () => {
    await keys.transaction(async () => {
      await keys.set(session('one'));
      await keys.stored();
      expect(store.batches).toHaveLength(1);
    }, 'a');
    expect(store.batches).toHaveLength(1);
  });

  it('that fails does not turn a ratchet back', async () => {
    const work = keys.transaction(async () => {
      await keys.set(session('moved on'));
      throw new Error('no');
    }, 'a');
    await expect(work).rejects.toThrow('no');
    expect(await read(open())).toBe('moved on');
  });

  it('waits for another of its name, and for no other', async () => {
    const order: string[] = [];
    const slow = keys.transaction(async () => {
      await turn();
      order.push('slow');
    }, 'a');
    const second = keys.transaction(async () => void order.push('second'), 'a');
    const other = keys.transaction(async () => void order.push('other'), 'b');
    await Promise.all([slow, second, other]);
    expect(order).toEqual(['other', 'slow', 'second']);
  });

  it('does not cover work that outlives it', async () => {
    let late: Promise<void> = Promise.resolve();
    await keys.transaction(async () => {
      late = turn().then(() => keys.set(session('late')));
    }, 'a');
    await late;
    expect(await read(open())).toBe('late');
  });
});

describe('a write that fails', () => {
  it('is told, once, and ends everything: nothing is read, written or let out any more', async () => {
    store.failures = [new Error('disk full'), new Error('disk full')];
    await expect(keys.transaction(() => keys.set(session('one')), 'a')).rejects.toThrow('disk full');
    await expect(keys.set(session('two'))).rejects.toThrow('disk full');
    await expect(read()).rejects.toThrow('disk full');
    await expect(keys.stored()).rejects.toThrow('disk full');
    expect(failed).toEqual([new Error('disk full')]);
    expect(await read(open())).toBeUndefined();
  });
});
