import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { unseal } from '../../platform/secrets/sealing.js';
import { phoneDigits } from '../../platform/phone/phone.js';

/** What the gateway keeps sealed under `AUTH_SECRET`, each thing for its row alone. */
@Injectable()
export class LinkedAccountSeal {
  constructor(private readonly secret: AuthSecret) {}

  /** A new key of a linked account: all its credentials are sealed under it. */
  newKey(sessionId: string): Buffer {
    return this.key(randomBytes(32), sessionId);
  }

  key(key: Buffer, sessionId: string): Buffer {
    return this.secret.seal('gateway-session', key, sessionId);
  }

  /** @throws when it is under no secret that this instance has */
  openKey(sealed: Buffer, sessionId: string): Buffer {
    return this.secret.open('gateway-session', sealed, sessionId);
  }

  /** Whether `AUTH_SECRET` is being replaced: what the old one sealed has to be sealed anew. */
  get replacing(): boolean {
    return this.secret.previous !== undefined;
  }

  /** A key as it is under the new secret; null when it is already. */
  anew(sealed: Buffer, sessionId: string): Buffer | null {
    try {
      unseal(this.secret.key('gateway-session'), sealed, sessionId);
      return null;
    } catch {
      return this.key(this.openKey(sealed, sessionId), sessionId);
    }
  }

  qr(text: string, sessionId: string): Buffer {
    return this.secret.seal('gateway-session', text, `${sessionId} qr`);
  }

  openQr(sealed: Buffer, sessionId: string): string {
    return this.secret.open('gateway-session', sealed, `${sessionId} qr`).toString();
  }

  /** What a message says, for its row. */
  content(content: unknown, messageId: string): Buffer {
    return this.secret.seal('gateway-message', JSON.stringify(content), messageId);
  }

  openContent(sealed: Buffer, messageId: string): unknown {
    return JSON.parse(this.secret.open('gateway-message', sealed, messageId).toString());
  }

  result(result: string, commandId: string): Buffer {
    return this.secret.seal('gateway-message', result, `${commandId} result`);
  }

  openResult(sealed: Buffer, commandId: string): string {
    return this.secret.open('gateway-message', sealed, `${commandId} result`).toString();
  }

  /** A number, E.164, as the table of contacts has it. */
  contact(phone: string): Buffer {
    return this.secret.mac('gateway-contact', phoneDigits(phone));
  }

  /** The forms that the table may have a number in while `AUTH_SECRET` is replaced. */
  contacts(phone: string): Buffer[] {
    return this.secret.acceptedMacs('gateway-contact', phoneDigits(phone));
  }
}
