import { setTimeout as pause } from 'node:timers/promises';
import { type LinkedAccount } from '../link/linked-account.js';

/** How often a message that waits looks whether its linked account is free, in ms. */
const LOOK_EVERY = 10;

/** A message's turn with its linked account, which sends one at a time. It begins with it and may give it away. */
export class SendTurn {
  private held = true;

  /** @param session that was marked as busy for this message */
  constructor(private readonly session: LinkedAccount) {}

  end(): void {
    if (!this.held) return;
    this.held = false;
    this.session.busy = false;
  }

  /** Waits until the account is free again, before what is still in its queue. @returns whether it can send at all */
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
