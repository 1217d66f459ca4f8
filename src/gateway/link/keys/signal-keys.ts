import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import {
  type AuthenticationCreds,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStoreWithTransaction,
} from '@whiskeysockets/baileys';
import { seal, unseal } from '../../../platform/secrets/sealing.js';
import { type Baileys } from '../baileys.js';
import { type GatewayKeysRepository } from './signal-keys.repository.js';
import { type AccountLease } from '../linked-account-state.js';
import { type KeyWriter } from './signal-key-writer.js';

/** A value that is on its way to the database; null: it goes. */
interface Entry {
  readonly text: string | null;
}

/** One atomic step: what is set within it is written together when it ends. */
interface Step {
  readonly entries: Map<string, Entry>;
  readonly outer: Step | undefined;
  ended: boolean;
}

/** What a linked account's keys need to be read and written. */
export interface KeyAccess {
  readonly library: Baileys;
  readonly lease: AccountLease;
  /** 32 bytes of the linked account's own; keys for values and for names are derived from it. */
  readonly key: Buffer;
  readonly repository: Pick<GatewayKeysRepository, 'read'>;
  readonly writer: Pick<KeyWriter, 'write'>;
  /** Told once, when a write failed: what is in memory is not what is stored, so this linked account must end. */
  readonly onFailure: (error: unknown) => void;
}

/** The name of the credentials; no type of Baileys' is called so. */
const CREDS = 'creds';

/**
 * The Signal state of one linked account: credentials, ratchets, pre-keys. It takes the place of Baileys' own layer of
 * transactions, which writes when a message is already on the wire: a crash in between would use a key of the ratchet
 * twice. Here a step is stored when it ends, and `stored()` is what everything that leaves waits for.
 */
export class SignalKeys implements SignalKeyStoreWithTransaction {
  /** Newest values that are not stored yet: reads see them. */
  private readonly pending = new Map<string, Entry>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly locks = new Map<string, Promise<unknown>>();
  private readonly steps = new AsyncLocalStorage<Step>();
  private readonly valueKey: KeyObject;
  private readonly nameKey: KeyObject;
  /** Names that are stored, but that a read under way may have missed. */
  private readonly settled = new Map<string, Entry>();
  private reading = 0;
  private failure: unknown;

  constructor(private readonly access: KeyAccess) {
    const derived = (use: string) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', access.key, access.lease.sessionId, use, 32)));
    this.valueKey = derived('value');
    this.nameKey = derived('name');
  }

  // Baileys takes these off the object, so they are bound to it.
  readonly get = async <T extends keyof SignalDataTypeMap>(
    type: T,
    ids: string[],
  ): Promise<{ [id: string]: SignalDataTypeMap[T] }> => {
    const found: { [id: string]: SignalDataTypeMap[T] } = {};
    const texts = await this.read(ids.map((id) => nameOf(type, id)));
    for (const id of ids) {
      const text = texts.get(nameOf(type, id));
      if (text != null) found[id] = this.revived(type, text);
    }
    return found;
  };

  readonly set = async (data: SignalDataSet): Promise<void> => {
    const entries = new Map<string, Entry>();
    for (const [type, values] of Object.entries(data))
      for (const [id, value] of Object.entries(values)) entries.set(nameOf(type, id), this.entry(value));
    await this.put(entries);
  };

  readonly isInTransaction = (): boolean => this.currentStep() !== undefined;

  /** Work on the same `name` comes one after the other; within it, a step of its own for each nested call. */
  readonly transaction = async <Result>(work: () => Promise<Result>, name: string): Promise<Result> =>
    this.currentStep() ? this.step(work) : this.alone(name, () => this.step(work));

  /** The credentials of a linked account; null before it is linked. */
  async creds(): Promise<AuthenticationCreds | null> {
    const text = (await this.read([CREDS])).get(CREDS);
    if (text == null) return null;
    return JSON.parse(text, this.access.library.BufferJSON.reviver) as AuthenticationCreds;
  }

  /** Stores the credentials, within the step under way if there is one. */
  async keepCreds(creds: AuthenticationCreds): Promise<void> {
    await this.put(new Map([[CREDS, this.entry(creds)]]));
  }

  /**
   * What has to come before anything leaves: everything that was set until now, also in the step that the caller is in.
   *
   * @returns undefined when all of it is stored; else a promise that is kept when it is, and broken when it cannot be
   */
  stored(): Promise<unknown> | undefined {
    for (let step = this.currentStep(); step; step = step.outer) void this.release(step);
    if (this.failure !== undefined) return Promise.reject(asError(this.failure));
    return this.underWay.size === 0 ? undefined : Promise.all(this.underWay);
  }

  private async read(names: readonly string[]): Promise<Map<string, string | null>> {
    this.refuseWhenBroken();
    const { repository, lease } = this.access;
    const missing = names.filter((name) => !this.pending.has(name));
    const hashes = missing.map((name) => this.hashOf(name));
    this.reading += 1;
    try {
      const rows = missing.length === 0 ? new Map<string, Buffer>() : await repository.read(lease.sessionId, hashes);
      const stored = new Map(missing.map((name, at) => [name, rows.get(hashes[at]?.toString('hex') ?? '')]));
      // What was set while the database was read is newer than what it said.
      return new Map(
        names.map((name) => [name, this.pending.has(name) ? this.pendingText(name) : this.opened(name, stored)]),
      );
    } finally {
      this.reading -= 1;
      this.forgetSettled();
    }
  }

  private pendingText(name: string): string | null {
    return this.pending.get(name)?.text ?? null;
  }

  private opened(name: string, stored: ReadonlyMap<string, Buffer | undefined>): string | null {
    const sealed = stored.get(name);
    return sealed ? unseal(this.valueKey, sealed, name).toString() : null;
  }

  private forgetSettled(): void {
    if (this.reading > 0) return;
    for (const [name, entry] of this.settled) if (this.pending.get(name) === entry) this.pending.delete(name);
    this.settled.clear();
  }

  private async put(entries: Map<string, Entry>): Promise<void> {
    this.refuseWhenBroken();
    for (const [name, entry] of entries) this.pending.set(name, entry);
    const step = this.currentStep();
    if (!step) await this.store(entries);
    else for (const [name, entry] of entries) step.entries.set(name, entry);
  }

  private async step<Result>(work: () => Promise<Result>): Promise<Result> {
    const step: Step = { entries: new Map(), outer: this.currentStep(), ended: false };
    let result: Result;
    try {
      result = await this.steps.run(step, work);
    } catch (error) {
      step.ended = true;
      // A ratchet that has moved on must not move back, even where the message behind it was given up.
      await this.release(step)?.catch(() => undefined);
      throw error;
    }
    step.ended = true;
    await this.release(step);
    return result;
  }

  /** Hands what a step has set so far to the writer. */
  private release(step: Step): Promise<void> | undefined {
    if (step.entries.size === 0) return undefined;
    const entries = new Map(step.entries);
    step.entries.clear();
    return this.store(entries);
  }

  private store(entries: ReadonlyMap<string, Entry>): Promise<void> {
    const { writer, lease, onFailure } = this.access;
    const writes = [...entries].map(([name, { text }]) => ({
      nameHash: this.hashOf(name),
      value: text === null ? null : seal(this.valueKey, text, name),
    }));
    const storing = writer.write(lease, writes).then(
      () => {
        for (const [name, entry] of entries) this.settled.set(name, entry);
        this.forgetSettled();
        this.underWay.delete(storing);
      },
      (error: unknown) => {
        this.underWay.delete(storing);
        const first = this.failure === undefined;
        this.failure ??= error;
        if (first) onFailure(error);
        throw error;
      },
    );
    this.underWay.add(storing);
    // Who does not wait for it is told by `onFailure`.
    storing.catch(() => undefined);
    return storing;
  }

  /** The innermost step that is still open; work that outlives its step is on its own. */
  private currentStep(): Step | undefined {
    let step = this.steps.getStore();
    while (step?.ended) step = step.outer;
    return step;
  }

  private async alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.locks.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => undefined);
    this.locks.set(name, tail);
    try {
      return await mine;
    } finally {
      if (this.locks.get(name) === tail) this.locks.delete(name);
    }
  }

  private refuseWhenBroken(): void {
    if (this.failure !== undefined) throw asError(this.failure);
  }

  private entry(value: unknown): Entry {
    return { text: value == null ? null : JSON.stringify(value, this.access.library.BufferJSON.replacer) };
  }

  private revived<T extends keyof SignalDataTypeMap>(type: T, text: string): SignalDataTypeMap[T] {
    const { BufferJSON, proto } = this.access.library;
    const value = JSON.parse(text, BufferJSON.reviver) as SignalDataTypeMap[T];
    if (type !== 'app-state-sync-key') return value;
    return proto.Message.AppStateSyncKeyData.fromObject(value as object) as unknown as SignalDataTypeMap[T];
  }

  /** Names hold numbers that the account has written to: the database gets their HMAC. */
  private hashOf(name: string): Buffer {
    return createHmac('sha256', this.nameKey).update(name).digest();
  }
}

const nameOf = (type: string, id: string) => `${type}/${id}`;

function asError(failure: unknown): Error {
  return failure instanceof Error ? failure : new Error(String(failure));
}
