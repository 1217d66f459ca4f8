import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { AppError } from '../../platform/errors/app-error.js';
import { FreshLogin, KeylessFromLoopback, Scopes, ScopesOrSupervisor } from '../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { PageByIdDto } from '../../platform/http/validation/page.dto.js';
import { createdAnswer, deletedAnswer, deliveriesAnswer, replayedAnswer, webhooksAnswer } from './answers.js';
import { WEBHOOK_EVENTS } from './webhook-events.js';
import {
  CreateWebhookDto,
  CreatedWebhookAnswerDto,
  DeliveriesAnswerDto,
  DeliveryPageDto,
  ReplayDto,
  ReplayedAnswerDto,
  WebhookGoneAnswerDto,
  WebhooksAnswerDto,
} from './webhooks.dto.js';
import { Webhooks } from './webhooks.service.js';

/** An id in another format is answered like an unknown one: 404. */
const WebhookId = () => Param('id', new ParseUUIDPipe({ exceptionFactory: () => new AppError('webhook_not_found') }));

const DEFAULT_PAGE = 50;

const KEY_FAILURES = ['unauthenticated', 'invalid_token', 'invalid_api_key', 'forbidden', 'rate_limited'] as const;

const STATES = { pending: 'PENDING', delivered: 'DELIVERED', failed: 'FAILED' } as const;

@ApiTags('Webhooks')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/webhooks')
@KeylessFromLoopback()
export class WebhooksController {
  constructor(private readonly webhooks: Webhooks) {}

  @Get()
  @ScopesOrSupervisor('webhooks')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listWebhooks', summary: 'List the webhooks of the caller; for an admin, all webhooks' })
  @ApiOkResponse({
    type: WebhooksAnswerDto,
    description:
      'Newest first, without their secrets. A person gets addresses without the values of a query, which may be secrets; an API key its own whole.',
  })
  @Fails('validation_failed', ...KEY_FAILURES)
  async list(
    @Query() page: PageByIdDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<WebhooksAnswerDto> {
    const found = await this.webhooks.list(caller, page.cursor ?? null, page.limit ?? DEFAULT_PAGE);
    return webhooksAnswer(found, caller.apiKeyId !== null, context.language);
  }

  @Post()
  @Scopes('webhooks')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'createWebhook',
    summary: 'Subscribe a webhook to events',
    description:
      'An API key gets events of its own linked accounts and codes, an admin those of everybody. Deliveries are signed according to Standard Webhooks.',
  })
  @ApiCreatedResponse({ type: CreatedWebhookAnswerDto, description: 'With its secret, which is shown only once.' })
  @FailsWithBody('fresh_login_required', ...KEY_FAILURES, 'webhook_url_refused', 'webhook_limit_reached')
  async create(
    @Body() body: CreateWebhookDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<CreatedWebhookAnswerDto> {
    const { row, secret } = await this.webhooks.create(body.url, body.events ?? WEBHOOK_EVENTS, caller, context);
    return createdAnswer(row, secret, context.language);
  }

  @Delete(':id')
  @Scopes('webhooks')
  @FreshLogin()
  @ApiOperation({ operationId: 'deleteWebhook', summary: 'Delete a webhook' })
  @ApiOkResponse({ type: WebhookGoneAnswerDto, description: 'The webhook and its undelivered events are deleted.' })
  @Fails('fresh_login_required', ...KEY_FAILURES, 'webhook_not_found')
  async delete(
    @WebhookId() id: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<WebhookGoneAnswerDto> {
    await this.webhooks.delete(id, caller, context);
    return deletedAnswer(context.language);
  }

  @Get(':id/deliveries')
  @ScopesOrSupervisor('webhooks')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listWebhookDeliveries', summary: 'List the deliveries of a webhook, newest first' })
  @ApiOkResponse({ type: DeliveriesAnswerDto, description: 'Without their contents.' })
  @Fails('validation_failed', ...KEY_FAILURES, 'webhook_not_found')
  async deliveries(
    @WebhookId() id: string,
    @Query() { status, cursor, limit }: DeliveryPageDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<DeliveriesAnswerDto> {
    const page = { state: status ? STATES[status] : null, cursor: cursor ?? null, limit: limit ?? DEFAULT_PAGE };
    return deliveriesAnswer(await this.webhooks.deliveriesOf(id, page, caller), context.language);
  }

  @Post(':id/replay')
  @Scopes('webhooks')
  @FreshLogin()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'replayWebhook',
    summary: 'Deliver again: one delivery, or all failed ones, at most a thousand',
    description: 'Each delivery keeps its `webhook-id`. A disabled webhook is enabled again.',
  })
  @ApiOkResponse({ type: ReplayedAnswerDto, description: 'The deliveries are queued.' })
  @FailsWithBody('fresh_login_required', ...KEY_FAILURES, 'webhook_not_found')
  async replay(
    @WebhookId() id: string,
    @Body() body: ReplayDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<ReplayedAnswerDto> {
    return replayedAnswer(await this.webhooks.replay(id, body, caller), context.language);
  }
}
