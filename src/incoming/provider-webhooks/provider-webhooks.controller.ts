import { Controller, Get, Header, HttpCode, Post, Query, Req, applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiExcludeEndpoint, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import {
  type ProviderDefinition,
  type ProviderWebhook,
  type WebhookQuestion,
} from '../../delivery/providers/provider-definition.js';
import { Public } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { RawBody } from '../../platform/http/bodies/raw-bodies.js';
import { Inbound } from '../bot/inbound.js';
import { WebhookTakenDto } from './provider-webhooks.dto.js';
import { WebhookDoor } from './webhook-door.js';

/**
 * What a provider calls: none, one or two routes. Open to everybody, but nothing is read before the call has come through
 * the door.
 */
export function webhookRoutes(provider: ProviderDefinition): Type[] {
  const { webhook } = provider;
  if (!webhook) return [];
  return [deliveries(provider, webhook), ...(webhook.question ? [questions(provider, webhook.question)] : [])];
}

function deliveries(provider: ProviderDefinition, webhook: ProviderWebhook): Type {
  @ApiTags('Webhooks')
  @Controller('webhook')
  @Public()
  class ProviderWebhookController {
    constructor(
      private readonly door: WebhookDoor,
      private readonly inbound: Inbound,
    ) {}

    @Post(webhook.hasSecretInAddress ? `${provider.name}/:secret` : provider.name)
    @HttpCode(200)
    @RawBody(...webhook.bodies)
    @Described(webhook)
    async take(@Req() request: FastifyRequest): Promise<WebhookTakenDto> {
      const batch = webhook.read(this.door.admit(provider, webhook, request));
      await this.inbound.take(batch, request.id);
      return { status: 'ok' };
    }
  }
  return ProviderWebhookController;
}

function questions(provider: ProviderDefinition, question: WebhookQuestion): Type {
  @Controller('webhook')
  @Public()
  class ProviderQuestionController {
    constructor(private readonly door: WebhookDoor) {}

    @Get(provider.name)
    @Header('content-type', 'text/plain; charset=utf-8')
    @ApiExcludeEndpoint()
    answer(@Query() query: Record<string, unknown>): string {
      return this.door.answer(provider, question, query);
    }
  }
  return ProviderQuestionController;
}

function Described({ description }: ProviderWebhook): MethodDecorator {
  if (!description) return ApiExcludeEndpoint();
  const { header, ...operation } = description;
  return applyDecorators(
    ApiOperation(operation),
    ApiHeader({ ...header, required: false }),
    ApiBody({ schema: { type: 'object', additionalProperties: true } }),
    ApiOkResponse({
      type: WebhookTakenDto,
      description: 'Everything is stored; replies of the bot are sent afterwards.',
    }),
    Fails('invalid_json', 'body_too_large', 'unsupported_media_type', 'invalid_webhook_secret', 'not_found', 'busy'),
  );
}
