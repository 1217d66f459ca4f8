/** How a linked account is, as its holder says. */
export type LinkedAccountState = 'CONNECTING' | 'QR' | 'CONNECTED' | 'DISCONNECTED' | 'LOGGED_OUT';
