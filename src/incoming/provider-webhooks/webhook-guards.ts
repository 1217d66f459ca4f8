import { Injectable } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { Settings } from '../../platform/config/settings.js';
import { AppError } from '../../platform/errors/app-error.js';
import { TrustedProxies } from '../../platform/http/client-address.js';
import { isCalledFromHere } from '../../platform/http/loopback.js';
import { rawBody } from '../../platform/http/bodies/raw-bodies.js';
import { challengeAnswer, isFromCloudApi } from '../../delivery/providers/cloud-api/webhook.js';
import { isFromTwilio } from '../../delivery/providers/twilio/webhook.js';
import { sameSecret } from '../../delivery/providers/webhook-secret.js';
import { isFromWhapi } from '../../delivery/providers/whapi/webhook.js';

/**
 * Who may deliver to each webhook: whoever shows what was agreed with the provider. A webhook for which nothing was
 * agreed is not there.
 */
@Injectable()
export class WebhookGuards {
  private readonly proxies: TrustedProxies;

  constructor(private readonly settings: Settings) {
    this.proxies = new TrustedProxies(settings.trustedProxies);
  }

  /**
   * A secret in a header. Without one only this machine may deliver, and in production nobody:
   * docs/contract/dashboard.md#whapis-webhook.
   *
   * @throws AppError `invalid_webhook_secret`, `not_found`
   */
  whapi(request: FastifyRequest): void {
    const { webhookSecret } = this.settings.whapi;
    if (webhookSecret === undefined) {
      if (this.settings.production || !this.isThisMachine(request)) throw new AppError('not_found');
    } else if (!isFromWhapi(request.headers, webhookSecret)) throw new AppError('invalid_webhook_secret');
  }

  /** A secret in the address: Whacenter sends nothing else. @throws AppError `invalid_webhook_secret`, `not_found` */
  whacenter(shown: string): void {
    const { whacenterWebhookSecret } = this.settings;
    if (whacenterWebhookSecret === undefined) throw new AppError('not_found');
    if (!sameSecret(shown, whacenterWebhookSecret)) throw new AppError('invalid_webhook_secret');
  }

  /** A signature over the bytes. @throws AppError `invalid_webhook_secret`, `not_found` */
  cloudApi(request: FastifyRequest): void {
    const { appSecret } = this.settings.cloudApi;
    if (appSecret === undefined) throw new AppError('not_found');
    if (!isFromCloudApi(request.headers, rawBody(request), appSecret)) throw new AppError('invalid_webhook_secret');
  }

  /**
   * What Meta is to be answered when it asks whether the webhook is ours.
   *
   * @throws AppError `not_found`, `forbidden` when it shows another token
   */
  challenge(query: unknown): string {
    const { verifyToken } = this.settings.cloudApi;
    if (verifyToken === undefined) throw new AppError('not_found');
    const answer = challengeAnswer(query, verifyToken);
    if (answer === null) throw new AppError('forbidden');
    return answer;
  }

  /** A signature over address and fields. @throws AppError `invalid_webhook_secret`, `not_found` */
  twilio(request: FastifyRequest, form: URLSearchParams): void {
    const { authToken } = this.settings.twilio;
    if (authToken === undefined) throw new AppError('not_found');
    if (!isFromTwilio(request.headers, `${this.settings.publicUrl}${request.originalUrl}`, form, authToken))
      throw new AppError('invalid_webhook_secret');
  }

  /** A call from this machine; one that a trusted proxy hands on counts where it says so of its client. */
  private isThisMachine(request: FastifyRequest): boolean {
    return isCalledFromHere(request, this.proxies.has(request.raw.socket.remoteAddress));
  }
}
