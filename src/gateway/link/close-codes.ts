/** What is done when a connection to WhatsApp has ended. */
export type AfterClose =
  /** Connect again after so many ms. */
  | { readonly kind: 'again'; readonly after: number }
  /** The credentials are worth nothing any more: they go, and the account has to be linked anew. */
  | { readonly kind: 'forget' }
  /** Wait for a person. The credentials stay. */
  | { readonly kind: 'stop' };

/** Codes that WhatsApp and Baileys end a connection with: docs/wire/baileys.md#close-codes. */
export const CLOSE = {
  loggedOut: 401,
  forbidden: 403,
  connectionLost: 408,
  multideviceMismatch: 411,
  connectionReplaced: 440,
  badSession: 500,
  restartRequired: 515,
} as const;

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;

/** So many `badSession` in a row mean that the credentials are broken, and not WhatsApp. */
const BAD_SESSIONS = 8;

/**
 * @param code what the connection ended with
 * @param failures connections in a row, this one included, that did not last
 * @param random from 0 to 1: instances that lost WhatsApp together must not come back in step
 */
export function afterClose(code: number, failures: number, random: number): AfterClose {
  switch (code) {
    case CLOSE.restartRequired:
      // Part of linking a device. A server that says nothing else gets pauses like any other failure.
      return { kind: 'again', after: failures > 2 ? backOff(failures, random) : 0 };
    case CLOSE.loggedOut:
    case CLOSE.forbidden:
    case CLOSE.multideviceMismatch:
      return { kind: 'forget' };
    case CLOSE.connectionReplaced:
      // Somebody else has logged in with these credentials; coming back would end that connection, and so on.
      return { kind: 'stop' };
    case CLOSE.badSession:
      return failures >= BAD_SESSIONS ? { kind: 'stop' } : { kind: 'again', after: backOff(failures, random) };
    default:
      return { kind: 'again', after: backOff(failures, random) };
  }
}

/** Doubles from a second to five minutes, the upper half of each drawn. */
function backOff(failures: number, random: number): number {
  const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, failures - 1));
  return Math.round(longest / 2 + (longest / 2) * random);
}
