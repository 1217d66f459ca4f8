/** How a linked account is, as its holder says. */
export type LinkedAccountState = 'CONNECTING' | 'QR' | 'CONNECTED' | 'DISCONNECTED' | 'LOGGED_OUT';

/** Who leases a linked account: writes count only while this is true. */
export interface AccountLease {
  readonly sessionId: string;
  /** Id of the instance. */
  readonly owner: string;
  readonly fence: number;
}
