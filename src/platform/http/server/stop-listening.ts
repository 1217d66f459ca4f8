import { Server } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A turn of the event loop that took less, in ms, had next to nothing to do. */
const SHORT = 0.05;

/** How long a turn in which nobody came, and then a short one, is waited for; in ms. */
const PATIENCE = 250;

/**
 * Stops accepting connections. The kernel takes them before we do, and resets those that wait when the socket closes. So it
 * closes at the end of a short turn that took nobody in: whoever came before it was seen. Under a load that leaves no such
 * turn it closes after a short one, or in the end after any.
 *
 * @returns once the socket is closed; connections that were accepted go on
 */
export async function stopListening(server: Server): Promise<void> {
  let taken = 0;
  const count = () => taken++;
  server.on('connection', count);
  const begun = performance.now();
  // The turn that runs now may have looked at the network already.
  await nextTurn();
  for (let isOver = false; !isOver;) {
    const before = { at: performance.now(), taken };
    await nextTurn();
    const at = performance.now();
    const isShort = at - before.at < SHORT;
    const waited = at - begun;
    isOver = (isShort && (taken === before.taken || waited > PATIENCE)) || waited > 2 * PATIENCE;
  }
  server.off('connection', count);
  // Not the server's own way: HTTP first ends idle connections, and meanwhile others come.
  Server.prototype.close.call(server);
}
