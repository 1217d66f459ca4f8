import { Injectable } from '@nestjs/common';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { unseal } from '../../platform/secrets/sealing.js';

/** What webhooks keep sealed under `AUTH_SECRET`, each thing for its row alone. */
@Injectable()
export class WebhookSeal {
  constructor(private readonly secret: AuthSecret) {}

  secretOf(sealed: Buffer, webhookId: string): string {
    return this.secret.open('webhook-secret', sealed, webhookId).toString();
  }

  sealSecret(secret: string, webhookId: string): Buffer {
    return this.secret.seal('webhook-secret', secret, webhookId);
  }

  body(sealed: Buffer, deliveryId: string): string {
    return this.secret.open('webhook-body', sealed, deliveryId).toString();
  }

  /** Sealed because it may hold what people wrote. */
  sealBody(body: string, deliveryId: string): Buffer {
    return this.secret.seal('webhook-body', body, deliveryId);
  }

  /** Whether `AUTH_SECRET` is being replaced. */
  get replacing(): boolean {
    return this.secret.previous !== undefined;
  }

  /** A secret as it is under the new `AUTH_SECRET`; null when it is already. */
  anew(sealed: Buffer, webhookId: string): Buffer | null {
    try {
      unseal(this.secret.key('webhook-secret'), sealed, webhookId);
      return null;
    } catch {
      return this.sealSecret(this.secretOf(sealed, webhookId), webhookId);
    }
  }
}
