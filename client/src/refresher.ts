import type { RefreshedTokens } from './api.js';
import { MasukError, ownError } from './masuk-error.js';
import type { Service } from './service.js';
import type { TokenVault } from './token-vault.js';
import type { Tokens } from './tokens.js';

/** Each try of a refresh, in ms: three of them fit into the 30 s in which the service repeats a lost answer. */
const TRY_TIMEOUT = 8_000;

/** The service will never take this token again. */
const REFUSED = new Set(['invalid_refresh_token', 'validation_failed']);

/** Exchanges refresh tokens: one exchange for all who ask at the same time. */
export class Refresher {
  private running: Promise<void> | undefined;
  /** Never rejects. */
  private replacing: Promise<void> | undefined;
  /** How the last session ended, until there is another one. */
  private end: { readonly userId: string; readonly error: unknown } | undefined;

  constructor(
    private readonly service: Service,
    private readonly vault: TokenVault,
  ) {
    vault.listen((tokens) => {
      if (tokens) this.end = undefined;
    });
  }

  /**
   * Resolves when a new access token is held.
   *
   * @throws MasukError `invalid_refresh_token` or `unauthenticated` when there is no session any more: the tokens are
   *   forgotten, the listeners told
   */
  refresh(): Promise<void> {
    this.running ??= this.renew().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Tokens for a call; renewed first when they are about to end. Null when nobody is logged in. */
  async current(): Promise<Tokens | null> {
    await this.vault.load();
    const tokens = this.vault.held();
    if (!tokens || !isEnding(tokens)) return tokens;
    await this.refresh().catch((error: unknown) => {
      // The old token may still be good; if not, the call will say so.
      if (this.vault.held() === null) throw error;
    });
    return this.ofSameUser(tokens);
  }

  /**
   * Other tokens than those that were refused. Null when somebody has logged out, or in as another user.
   *
   * @throws MasukError as `refresh` does, also when that was a moment ago: a refusal may come late
   */
  async replacementFor(refused: Tokens): Promise<Tokens | null> {
    const held = this.vault.held();
    if (held?.token === refused.token) await this.refresh();
    else if (!held && this.end?.userId === refused.userId) throw this.end.error;
    return this.ofSameUser(refused);
  }

  /**
   * Tokens that a call gives in place of those that are held. No refresh runs beside it: it would show a refresh token that the call has
   * used up, which ends the session.
   *
   * @param ask the call, with tokens that are not about to end
   * @throws MasukError what the call throws, `unauthenticated` when nobody is logged in
   */
  async replacedBy(ask: (tokens: Tokens) => Promise<RefreshedTokens | null>): Promise<void> {
    const tokens = await this.current();
    if (!tokens) throw this.nobody();
    while (this.running ?? this.replacing) await (this.running ?? this.replacing)?.catch(() => undefined);
    const replaced = this.replace(ask);
    this.replacing = replaced
      .catch(() => undefined)
      .finally(() => {
        this.replacing = undefined;
      });
    await replaced;
  }

  private async replace(ask: (tokens: Tokens) => Promise<RefreshedTokens | null>): Promise<void> {
    const presented = this.vault.held();
    if (!presented) throw this.nobody();
    const next = await ask(presented);
    // Otherwise somebody logged out or in anew here, while the answer was on its way.
    if (next && this.vault.held() === presented) await this.vault.keep(tokensOf(next, presented.userId));
  }

  /** What one user began must not be done in the name of another who has logged in meanwhile. */
  private ofSameUser({ userId }: Tokens): Tokens | null {
    const held = this.vault.held();
    return held?.userId === userId ? held : null;
  }

  private async renew(): Promise<void> {
    await this.replacing;
    await this.vault.load();
    const before = this.vault.held();
    if (!before) throw this.nobody();
    try {
      await this.renewed(before);
    } catch (error) {
      if (!this.vault.held()) this.end = { userId: before.userId, error };
      throw error;
    }
  }

  private async renewed(before: Tokens): Promise<void> {
    if (await this.adoptedFromStore(before)) return;
    // A second round only when the store shows that another program was quicker.
    for (let round = 0; ; round += 1) {
      const presented = this.vault.held();
      if (!presented) throw this.nobody();
      try {
        await this.exchange(presented);
        return;
      } catch (error) {
        if (!(error instanceof MasukError) || !REFUSED.has(error.code)) throw error;
        if (round === 0 && (await this.successorInStore(presented))) {
          if (!isEnding(this.vault.held())) return;
          continue;
        }
        if (this.vault.held()?.refreshToken === presented.refreshToken) await this.vault.keep(null);
        throw error;
      }
    }
  }

  private async exchange(presented: Tokens): Promise<void> {
    const { data } = await this.service.call({
      method: 'POST',
      path: '/api/auth/refresh',
      body: { refreshToken: presented.refreshToken },
      timeout: TRY_TIMEOUT,
      again: 'lost',
      needs: TOKEN_FIELDS,
    });
    const next = tokensOf(data, presented.userId);
    const stored = await this.vault.stored();
    // Otherwise somebody logged out or in anew here, while the answer was on its way.
    if (this.vault.held() === presented) {
      const isOurs = [presented.refreshToken, next.refreshToken].includes(stored?.refreshToken ?? '');
      if (isOurs) return this.vault.keep(next);
      this.vault.adopt(stored);
    }
    if (!this.vault.held()) throw this.nobody();
  }

  /** Whether another program with the same store has other tokens, good to go on with. */
  private async adoptedFromStore(held: Tokens): Promise<boolean> {
    const stored = await this.vault.stored();
    if (stored?.refreshToken === held.refreshToken || this.vault.held() !== held) return false;
    this.vault.adopt(stored);
    if (!stored) throw this.nobody();
    return !isEnding(stored);
  }

  private async successorInStore(presented: Tokens): Promise<boolean> {
    const stored = await this.vault.stored();
    if (!stored || stored.refreshToken === presented.refreshToken) return false;
    this.vault.adopt(stored);
    return true;
  }

  private nobody(): MasukError {
    return ownError('unauthenticated', this.service.language, { status: 401 });
  }
}

/** What tokens are made of. */
export const TOKEN_FIELDS = ['token', 'refreshToken', 'expiresIn'];

/** Tokens as they are held, from an answer of this moment. */
export function tokensOf(answer: Omit<RefreshedTokens, 'tokenType'>, userId: string): Tokens {
  const { token, refreshToken, expiresIn } = answer;
  return { token, refreshToken, expiresAt: Date.now() + expiresIn * 1000, userId };
}

/** So near its end, in ms, that a call might arrive after it. */
const MARGIN = 10_000;

function isEnding(tokens: Tokens | null): boolean {
  return tokens !== null && tokens.expiresAt - Date.now() < MARGIN;
}
