import { Controller, Get, Header, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiExcludeEndpoint, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { Public } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { RawBody, rawBody } from '../../platform/http/bodies/raw-bodies.js';
import { readCloudApiWebhook } from '../../delivery/providers/cloud-api/webhook.js';
import { type IncomingBatch } from '../../delivery/providers/message-provider.js';
import { readTwilioStatus } from '../../delivery/providers/twilio/webhook.js';
import { readWhacenterWebhook } from '../../delivery/providers/whacenter/webhook.js';
import { readWhapiWebhook } from '../../delivery/providers/whapi/webhook.js';
import { Inbound } from '../bot/inbound.js';
import { WebhookTakenDto } from './provider-webhooks.dto.js';
import { parseForm, parseJson } from './webhook-bodies.js';
import { WebhookGuards } from './webhook-guards.js';

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * What providers call. Open to everybody, but nothing is read before its guard has been passed: each says in its first
 * line what protects it. The API's description has the one that the replaced dashboard had; the others have one caller
 * each, which knows them by its own settings.
 */
@ApiTags('Webhooks')
@Controller('webhook')
@Public()
export class ProviderWebhooksController {
  constructor(
    private readonly guards: WebhookGuards,
    private readonly inbound: Inbound,
  ) {}

  @Post('whapi')
  @HttpCode(200)
  @RawBody(JSON_TYPE)
  @ApiOperation({
    operationId: 'whapiWebhook',
    summary: 'Messages and receipts from Whapi',
    description: 'In the format of Whapi; a message needs only `from` and `text.body`.',
  })
  @ApiHeader({ name: 'X-Hook-Secret', required: false, description: '`WHAPI_WEBHOOK_SECRET`, when it is set' })
  @ApiBody({ schema: { type: 'object', additionalProperties: true } })
  @ApiOkResponse({
    type: WebhookTakenDto,
    description: 'Everything is stored; replies of the bot are sent afterwards.',
  })
  @Fails('invalid_json', 'body_too_large', 'unsupported_media_type', 'invalid_webhook_secret', 'not_found', 'busy')
  async whapi(@Req() request: FastifyRequest): Promise<WebhookTakenDto> {
    this.guards.whapi(request);
    return this.take(readWhapiWebhook(parseJson(rawBody(request))), request);
  }

  @Post('whacenter/:secret')
  @HttpCode(200)
  @RawBody(JSON_TYPE, FORM_TYPE)
  @ApiExcludeEndpoint()
  async whacenter(@Param('secret') secret: string, @Req() request: FastifyRequest): Promise<WebhookTakenDto> {
    this.guards.whacenter(secret);
    const isForm = request.headers['content-type']?.toLowerCase().startsWith(FORM_TYPE);
    return this.take(readWhacenterWebhook((isForm ? parseForm : parseJson)(rawBody(request))), request);
  }

  /** Meta asks whether the webhook is ours. */
  @Get('cloud-api')
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiExcludeEndpoint()
  verify(@Query() query: Record<string, unknown>): string {
    return this.guards.challenge(query);
  }

  @Post('cloud-api')
  @HttpCode(200)
  @RawBody(JSON_TYPE)
  @ApiExcludeEndpoint()
  async cloudApi(@Req() request: FastifyRequest): Promise<WebhookTakenDto> {
    this.guards.cloudApi(request);
    return this.take(readCloudApiWebhook(parseJson(rawBody(request))), request);
  }

  /** Twilio tells what became of a message. */
  @Post('sms')
  @HttpCode(200)
  @RawBody(FORM_TYPE)
  @ApiExcludeEndpoint()
  async sms(@Req() request: FastifyRequest): Promise<WebhookTakenDto> {
    const form = new URLSearchParams(rawBody(request).toString());
    this.guards.twilio(request, form);
    return this.take(readTwilioStatus(form), request);
  }

  private async take(batch: IncomingBatch, request: FastifyRequest): Promise<WebhookTakenDto> {
    await this.inbound.take(batch, request.id);
    return { status: 'ok' };
  }
}
