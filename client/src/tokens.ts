/** What the program holds of a login. */
export interface Tokens {
  /** Access token, for `Authorization: Bearer`. */
  readonly token: string;
  /** Opens the next pair, once. */
  readonly refreshToken: string;
  /** When the access token ends, in milliseconds since 1970 by this device's clock. */
  readonly expiresAt: number;
  /** Whose they are. */
  readonly userId: string;
}

type MayWait<Value> = Value | Promise<Value>;

/** Where tokens outlive the program: a secure storage, a file, `localStorage`. */
export interface TokenStore {
  /** What `set` was given last; null for nothing. */
  get(): MayWait<Tokens | null>;
  /** Keeps the tokens; null forgets them. */
  set(tokens: Tokens | null): MayWait<void>;
  /** The device token is kept also when the tokens are forgotten: it opens nothing and helps the next login. */
  getDeviceToken?(): MayWait<string | null>;
  setDeviceToken?(deviceToken: string): MayWait<void>;
}

export type TokensListener = (tokens: Tokens | null) => void;

/** Whether the value can be what a store was given; anything else in it counts as nothing. */
export function isTokens(value: unknown): value is Tokens {
  const { token, refreshToken, expiresAt, userId } = (value ?? {}) as Partial<Tokens>;
  return isText(token) && isText(refreshToken) && isText(userId) && typeof expiresAt === 'number';
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
