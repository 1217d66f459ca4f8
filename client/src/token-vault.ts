import { isText, isTokens, type Tokens, type TokensListener, type TokenStore } from './tokens.js';

/**
 * Holds the tokens in memory and keeps the store in step. Memory is what counts: a store that fails never ends a login,
 * it only forgets it with the program.
 */
export class TokenVault {
  private current: Tokens | null = null;
  private device: string | null;
  private loading: Promise<void> | undefined;
  private writing: Promise<void> = Promise.resolve();
  /** The last write failed: what the store holds is older than memory, and presenting it would look like theft. */
  private isBehind = false;
  private readonly listeners = new Set<TokensListener>();

  constructor(
    private readonly store: TokenStore | undefined,
    deviceToken: string | undefined,
  ) {
    this.device = deviceToken ?? null;
  }

  held(): Tokens | null {
    return this.current;
  }

  get deviceToken(): string | null {
    return this.device;
  }

  listen(listener: TokensListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Reads the store, the first time it is called. Comes before everything else: what it finds is older. */
  load(): Promise<void> {
    this.loading ??= this.readAll();
    return this.loading;
  }

  /** Holds these from now on, and stores them. */
  async keep(tokens: Tokens | null): Promise<void> {
    this.hold(tokens);
    const { store } = this;
    if (!store) return;
    // One write after another, in the order of events.
    this.writing = this.writing.then(async () => {
      try {
        await store.set(tokens);
        this.isBehind = false;
      } catch {
        this.isBehind = true;
      }
    });
    await this.writing;
  }

  /** Its loss costs a comfort, not a login. */
  async keepDeviceToken(deviceToken: string): Promise<void> {
    this.device = deviceToken;
    try {
      await this.store?.setDeviceToken?.(deviceToken);
    } catch {
      // Memory has it.
    }
  }

  /** Takes over what another program with the same store has put there. */
  adopt(tokens: Tokens | null): void {
    this.hold(tokens);
  }

  /** What the store holds at this moment; what memory holds where there is no store, or it fails. */
  async stored(): Promise<Tokens | null> {
    await this.writing;
    if (!this.store || this.isBehind) return this.current;
    try {
      const found: unknown = await this.store.get();
      return isTokens(found) ? found : null;
    } catch {
      return this.current;
    }
  }

  private async readAll(): Promise<void> {
    this.device ??= await this.storedDeviceToken();
    this.hold(await this.stored());
  }

  private async storedDeviceToken(): Promise<string | null> {
    try {
      const found: unknown = await this.store?.getDeviceToken?.();
      return isText(found) ? found : null;
    } catch {
      return null;
    }
  }

  private hold(tokens: Tokens | null): void {
    const before = this.current;
    this.current = tokens;
    if (before?.token === tokens?.token) return;
    for (const listener of [...this.listeners]) {
      try {
        listener(tokens);
      } catch (error) {
        // The listener's fault is shown as such; it must not end the login that it was told of.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}
