/** The part of a WebSocket that bytes leave by. */
export interface RawSocket {
  send(data: Uint8Array, sent?: (error?: Error) => void): void;
  terminate(): void;
}

/**
 * Lets nothing leave before what it rests on is stored: each frame waits, in its turn, for what `stored` says when it
 * is sent. What cannot be stored never leaves.
 *
 * @param stored undefined when nothing has to be waited for
 */
export function holdBack(socket: RawSocket, stored: () => Promise<unknown> | undefined): void {
  const send = socket.send.bind(socket);
  let last: Promise<void> | undefined;
  socket.send = (data, sent) => {
    const before = stored();
    if (!before && !last) {
      send(data, sent);
      return;
    }
    const turn: Promise<void> = Promise.all([last, before])
      .then(
        () => send(data, sent),
        (error: unknown) => sent?.(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        if (last === turn) last = undefined;
      });
    last = turn;
  };
}
