/** The part of `ws` that the specs use; the package brings no types. */
declare module 'ws' {
  import { type EventEmitter } from 'node:events';

  export class WebSocket extends EventEmitter {
    send(data: Uint8Array): void;
    close(): void;
    terminate(): void;
  }

  export class WebSocketServer extends EventEmitter {
    constructor(options: { host: string; port: number });
    address(): { port: number };
    close(done: () => void): void;
  }
}
