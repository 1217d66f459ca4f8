import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type FastifyRequest } from 'fastify';
import {
  type ProviderDefinition,
  type ProviderWebhook,
  type WebhookCall,
  type WebhookQuestion,
} from '../../delivery/providers/provider-definition.js';
import { providerSettings } from '../../delivery/providers/providers.js';
import { ModeSettings } from '../../platform/config/groups/mode.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { AppError } from '../../platform/errors/app-error.js';
import { rawBody } from '../../platform/http/bodies/raw-bodies.js';
import { TrustedProxies } from '../../platform/http/client-address.js';
import { isCalledFromHere } from '../../platform/http/local-calls.js';

/** Who may deliver to a webhook: whoever shows what was agreed with its provider. */
@Injectable()
export class WebhookDoor {
  private readonly proxies: TrustedProxies;

  constructor(
    private readonly serverSettings: ServerSettings,
    private readonly modeSettings: ModeSettings,
    private readonly module: ModuleRef,
  ) {
    this.proxies = new TrustedProxies(serverSettings.trustedProxies);
  }

  /**
   * Lets a call through, before anything of its body is read.
   *
   * @throws AppError `not_found` where nothing was agreed, `invalid_webhook_secret`
   */
  admit(provider: ProviderDefinition, webhook: ProviderWebhook, request: FastifyRequest): WebhookCall {
    const call = this.callOf(request);
    const secret = webhook.secret(providerSettings(provider, this.module));
    if (secret === undefined) {
      if (!webhook.isOpenToThisMachine || this.modeSettings.production || !this.isThisMachine(request))
        throw new AppError('not_found');
    } else if (!webhook.isGenuine(call, secret)) throw new AppError('invalid_webhook_secret');
    return call;
  }

  /**
   * What a provider is to be told that asks whether the webhook is ours.
   *
   * @throws AppError `not_found` where nothing was agreed, `forbidden`
   */
  answer(provider: ProviderDefinition, question: WebhookQuestion, query: unknown): string {
    const secret = question.secret(providerSettings(provider, this.module));
    if (secret === undefined) throw new AppError('not_found');
    const answer = question.answer(query, secret);
    if (answer === null) throw new AppError('forbidden');
    return answer;
  }

  private callOf(request: FastifyRequest): WebhookCall {
    const { secret: shown } = request.params as { secret?: string };
    const url = `${this.serverSettings.publicUrl}${request.originalUrl}`;
    return { headers: request.headers, bytes: rawBody(request), url, shown };
  }

  /** A call from this machine; one that a trusted proxy hands on counts where it says so of its client. */
  private isThisMachine(request: FastifyRequest): boolean {
    return isCalledFromHere(request, this.proxies.has(request.raw.socket.remoteAddress));
  }
}
