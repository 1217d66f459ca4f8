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
  private readonly listeners = new Set<TokensListener>();
  /** Counts logins and logouts, so that a refresh can tell whether its session is still the one. */
  private era = 0;

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

  get currentEra(): number {
    return this.era;
  }

  listen(listener: TokensListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Reads the store, the first time it is called. */
  load(): Promise<void> {
    this.loading ??= this.readAll();
    return this.loading;
  }

  /** A login or a logout: whatever was under way for the session before is over. */
  async begin(tokens: Tokens | null, deviceToken?: string): Promise<void> {
    this.era += 1;
    if (deviceToken !== undefined) {
      this.device = deviceToken;
      await this.write((store) => store.setDeviceToken?.(deviceToken));
    }
    await this.keep(tokens);
  }

  /** Other tokens of the same session. */
  async keep(tokens: Tokens | null): Promise<void> {
    this.hold(tokens);
    await this.write((store) => store.set(tokens));
  }

  /** Takes over what another program with the same store has put there. */
  adopt(tokens: Tokens | null): void {
    this.hold(tokens);
  }

  /** What the store holds at this moment; what memory holds where there is no store, or it fails. */
  async stored(): Promise<Tokens | null> {
    if (!this.store) return this.current;
    await this.writing;
    try {
      const found: unknown = await this.store.get();
      return isTokens(found) ? found : null;
    } catch {
      return this.current;
    }
  }

  private async readAll(): Promise<void> {
    const era = this.era;
    const tokens = await this.stored();
    const deviceToken: unknown = await Promise.resolve(this.store?.getDeviceToken?.()).catch(() => null);
    this.device ??= isText(deviceToken) ? deviceToken : null;
    if (era === this.era && tokens !== this.current) this.hold(tokens);
  }

  private hold(tokens: Tokens | null): void {
    const before = this.current;
    this.current = tokens;
    if (before === tokens || before?.token === tokens?.token) return;
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

  /** One write after another, in the order of events. */
  private async write(work: (store: TokenStore) => unknown): Promise<void> {
    const { store } = this;
    if (!store) return;
    this.writing = this.writing
      .then(() => work(store))
      .then(
        () => undefined,
        () => undefined,
      );
    await this.writing;
  }
}
