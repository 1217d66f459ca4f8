import { setTimeout as pause } from 'node:timers/promises';
import { type LinkedAccount } from '../link/linked-account.js';

/** How often a message that waits looks whether its session is free, in ms. */
const LOOK_EVERY = 10;

/** A message's turn to be sent by its session, which sends one at a time: it begins with it, and may give it away for a while. */
export class SendTurn {
  private held = true;

  /** @param session that was marked as busy for this message */
  constructor(private readonly session: LinkedAccount) {}

  end(): void {
    if (!this.held) return;
    this.held = false;
    this.session.busy = false;
  }

  /** Waits until the session is free again, before what is still in its queue. @returns whether it can send at all */
  async again(): Promise<boolean> {
    const { session } = this;
    session.ready += 1;
    try {
      while (session.canSend && (session.busy || session.freeAt > performance.now())) await pause(LOOK_EVERY);
    } finally {
      session.ready -= 1;
    }
    if (!session.canSend) return false;
    session.busy = true;
    this.held = true;
    return true;
  }
}
