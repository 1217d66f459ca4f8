import { Body, Controller, Delete, Get, Header, HttpCode, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { AppError } from '../../platform/errors/app-error.js';
import {
  Caller,
  FreshLogin,
  isFresh,
  KeylessFromLoopback,
  Scopes,
  ScopesOrSupervisor,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { goneAnswer, pairingCodeAnswer, sessionAnswer, sessionsAnswer, ticketAnswer } from './answers.js';
import {
  CreateGatewaySessionDto,
  GatewayPairingCodeAnswerDto,
  GatewaySessionAnswerDto,
  GatewaySessionGoneAnswerDto,
  GatewaySessionPageDto,
  GatewaySessionsAnswerDto,
  PairingCodeDto,
  QrTicketAnswerDto,
} from './linked-accounts.dto.js';
import { LinkedAccounts } from './linked-accounts.service.js';
import { QrTickets } from './qr-tickets.js';
import { GATEWAY_FAILURES, LINKED_ACCOUNT_FAILURES, LinkedAccountName } from './linked-account-routes.js';

const DEFAULT_PAGE = 50;

@ApiTags('WhatsApp gateway')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/sessions')
@KeylessFromLoopback()
export class LinkedAccountsController {
  constructor(
    private readonly serverSettings: ServerSettings,
    private readonly regionSettings: RegionSettings,
    private readonly sessions: LinkedAccounts,
    private readonly tickets: QrTickets,
  ) {}

  @Post('create')
  @Scopes('sessions')
  @ApiOperation({ operationId: 'createGatewaySession', summary: 'Create a session, which then shows a QR code' })
  @ApiCreatedResponse({
    type: GatewaySessionAnswerDto,
    description: 'The linked account is created and waits for its QR code to be scanned.',
  })
  @FailsWithBody(...GATEWAY_FAILURES, 'session_id_taken', 'session_limit_reached')
  async create(
    @Body() body: CreateGatewaySessionDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionAnswerDto> {
    const row = await this.sessions.create(body.sessionId, caller, context);
    return sessionAnswer(row, null, 'created', context.language);
  }

  @Get()
  @ScopesOrSupervisor('sessions')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listGatewaySessions',
    summary: 'List the linked accounts of the caller; for an admin, all of them',
    description:
      'Names are unique for each API key. Of accounts that API keys have linked an admin also gets `id`, which can take the place of the name in every path.',
  })
  @ApiOkResponse({ type: GatewaySessionsAnswerDto, description: 'Ordered by id, without QR codes.' })
  @Fails('validation_failed', ...GATEWAY_FAILURES)
  async list(
    @Query() page: GatewaySessionPageDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionsAnswerDto> {
    const found = await this.sessions.list(caller, page.cursor ?? '', page.limit ?? DEFAULT_PAGE);
    const holds = caller.apiKeyId === null ? await this.sessions.holds(found.rows.map(({ id }) => id)) : null;
    return sessionsAnswer(found, holds, context.language);
  }

  @Get(':id/status')
  @Scopes('sessions')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'gatewaySessionStatus', summary: 'Show the state of a linked account' })
  @ApiOkResponse({
    type: GatewaySessionAnswerDto,
    description: 'With its QR code while one waits to be scanned; to a person only while their login is fresh.',
  })
  @Fails(...LINKED_ACCOUNT_FAILURES)
  async status(
    @LinkedAccountName() name: string,
    @WhoCalls() caller: Calling,
    @Caller() person: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionAnswerDto> {
    const { row, qr } = await this.sessions.shown(name, caller);
    // As `qr` says it, without refusing the state.
    const shownQr = person === undefined || isFresh(person) ? qr : null;
    return sessionAnswer(row, shownQr, 'session', context.language);
  }

  @Get(':id/qr')
  @Scopes('sessions')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'gatewaySessionQr', summary: 'Get the QR code to scan' })
  @ApiOkResponse({ type: GatewaySessionAnswerDto, description: '`data.qr` is a PNG as a data URL.' })
  @Fails('fresh_login_required', ...LINKED_ACCOUNT_FAILURES, 'qr_not_available')
  async qr(
    @LinkedAccountName() name: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionAnswerDto> {
    const { row, qr } = await this.sessions.qr(name, caller);
    return sessionAnswer(row, qr, 'qr', context.language);
  }

  @Post(':id/qr-ticket')
  @Scopes('sessions')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'createQrTicket',
    summary: 'Create a link that opens the QR page once, without a login',
  })
  @ApiCreatedResponse({ type: QrTicketAnswerDto, description: 'Valid for five minutes.' })
  @Fails('fresh_login_required', ...LINKED_ACCOUNT_FAILURES)
  async qrTicket(
    @LinkedAccountName() name: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<QrTicketAnswerDto> {
    const { id } = await this.sessions.get(name, caller);
    const ticket = await this.tickets.issue(id, caller.apiKeyId);
    return ticketAnswer({ sessionId: name, ...ticket }, this.serverSettings.publicUrl, context.language);
  }

  @Post(':id/pairing-code')
  @Scopes('sessions')
  @FreshLogin()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'gatewayPairingCode',
    summary: 'Get a code to type into WhatsApp instead of scanning the QR code',
    description: 'At most three in five minutes, because each one makes the phone ring.',
  })
  @ApiOkResponse({ type: GatewayPairingCodeAnswerDto, description: 'Eight characters.' })
  @FailsWithBody(
    'fresh_login_required',
    ...LINKED_ACCOUNT_FAILURES,
    'invalid_phone',
    'session_already_linked',
    'message_not_sent',
    'busy',
  )
  async pairingCode(
    @LinkedAccountName() name: string,
    @Body() body: PairingCodeDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewayPairingCodeAnswerDto> {
    const phone = parsePhone(body.phone, this.regionSettings.allowedCountries);
    if (phone === null) throw new AppError('invalid_phone');
    const code = await this.sessions.pairingCode(name, phone, caller, context);
    return pairingCodeAnswer(name, code, context.language);
  }

  @Put(':id/restart')
  @Scopes('sessions')
  @ApiOperation({
    operationId: 'restartGatewaySession',
    summary: 'Reconnect a linked account; an unlinked one shows new QR codes',
  })
  @ApiOkResponse({ type: GatewaySessionAnswerDto, description: 'The linked account is connecting.' })
  @Fails(...LINKED_ACCOUNT_FAILURES)
  async restart(
    @LinkedAccountName() name: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionAnswerDto> {
    const row = await this.sessions.restart(name, caller, context);
    return sessionAnswer(row, null, 'restarted', context.language);
  }

  @Delete(':id')
  @Scopes('sessions')
  @FreshLogin()
  @ApiOperation({
    operationId: 'deleteGatewaySession',
    summary: 'Unlink an account and delete it here',
  })
  @ApiOkResponse({
    type: GatewaySessionGoneAnswerDto,
    description: 'The linked account, its queue and its keys are deleted.',
  })
  @Fails('fresh_login_required', ...LINKED_ACCOUNT_FAILURES)
  async delete(
    @LinkedAccountName() name: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GatewaySessionGoneAnswerDto> {
    await this.sessions.delete(name, caller, context);
    return goneAnswer(context.language);
  }
}
