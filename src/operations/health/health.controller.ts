import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { DatabaseHealth } from '../../platform/database/database-health.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LinkedAccounts } from '../../gateway/accounts/linked-accounts.service.js';
import { KeylessFromLoopback, Public, Scopes } from '../../platform/http/access.decorators.js';
import { GracefulShutdown } from '../../platform/http/server/graceful-shutdown.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import {
  DbConnectAnswerDto,
  HealthAnswerDto,
  LiveAnswerDto,
  ReadyAnswerDto,
  SessionsHealthAnswerDto,
  type SessionHealthDto,
} from './health.dto.js';
import { within } from '../../platform/background/timers.js';

const NOT_READY = 'The database does not answer or does not accept writes, or this instance is stopping.';

const BROWSERS_GO_TO = '/login';

/** In ms. */
const PROVIDER_PATIENCE = 1_000;

@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    private readonly database: DatabaseHealth,
    private readonly messaging: Messaging,
    private readonly sessions: LinkedAccounts,
    private readonly shutdown: GracefulShutdown,
  ) {}

  /** A browser at the front door is sent to the login page. */
  @Get()
  @Public()
  @ApiOperation({
    operationId: 'root',
    summary: 'Check that the service responds; browsers are redirected to the login page',
  })
  @ApiOkResponse({ type: LiveAnswerDto, description: 'The service responds.' })
  root(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): LiveAnswerDto {
    void reply.header('vary', 'accept');
    if (request.headers.accept?.includes('text/html')) void reply.code(302).header('location', BROWSERS_GO_TO);
    return { status: 'ok' };
  }

  @Get('db-connect')
  @Public()
  @ApiOperation({ operationId: 'dbConnect', summary: 'Check whether the database answers' })
  @ApiOkResponse({ type: DbConnectAnswerDto, description: 'The database answers.' })
  @Fails()
  async dbConnect(): Promise<DbConnectAnswerDto> {
    if ((await this.database.state()) === 'disconnected') throw new AppError('database_unavailable');
    return { database: 'postgresql', status: 'connected' };
  }

  @Get('health/live')
  @Public()
  @ApiOperation({ operationId: 'live', summary: 'Check whether the process answers' })
  @ApiOkResponse({ type: LiveAnswerDto, description: 'The process answers; nothing else is checked.' })
  live(): LiveAnswerDto {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @ApiOperation({ operationId: 'ready', summary: 'Check whether requests can be served' })
  @ApiOkResponse({
    type: ReadyAnswerDto,
    description: 'The database answers and accepts writes; WhatsApp is not checked.',
  })
  @ApiResponse({ status: 503, type: ReadyAnswerDto, description: NOT_READY })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadyAnswerDto> {
    return this.databaseState(reply);
  }

  @Get('api/health')
  @Public()
  @ApiOperation({ operationId: 'health', summary: 'Check the database and WhatsApp' })
  @ApiOkResponse({ type: HealthAnswerDto, description: 'The database answers and accepts writes.' })
  @ApiResponse({ status: 503, type: HealthAnswerDto, description: NOT_READY })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthAnswerDto> {
    const [state, connected] = await Promise.all([
      this.databaseState(reply),
      within(PROVIDER_PATIENCE, this.messaging.isWhatsAppConnected(), false),
    ]);
    return { ...state, whatsapp: connected ? 'connected' : 'disconnected' };
  }

  @Get('api/health/sessions')
  @Scopes('sessions', 'analytics')
  @KeylessFromLoopback()
  @Header('cache-control', 'no-store')
  @ApiBearerAuth()
  @ApiSecurity('apiKey')
  @ApiOperation({
    operationId: 'sessionsHealth',
    summary: 'List the state of each linked account of the caller; for an admin, of all',
  })
  @ApiOkResponse({ type: SessionsHealthAnswerDto, description: 'Ordered by id; 200 also when none is connected.' })
  @Fails('unauthenticated', 'invalid_token', 'invalid_api_key', 'forbidden', 'rate_limited')
  async sessionsHealth(@WhoCalls() caller: Calling): Promise<SessionsHealthAnswerDto> {
    const states = await this.sessions.states(caller);
    const connected = states.filter(({ state }) => state === 'CONNECTED').length;
    const data = states.map(({ name, state, last_connected_at: at }) => ({
      sessionId: name,
      status: state.toLowerCase() as SessionHealthDto['status'],
      lastConnectedAt: at?.toISOString() ?? null,
    }));
    const status = connected === states.length ? 'ok' : 'degraded';
    return { success: true, status, total: states.length, connected, data };
  }

  private async databaseState(reply: FastifyReply): Promise<ReadyAnswerDto> {
    const database = await this.database.state();
    void reply.header('cache-control', 'no-store');
    if (database === 'connected' && !this.shutdown.hasBegun) return { success: true, status: 'ok', database };
    void reply.code(503).header('retry-after', '5');
    return { success: false, status: this.shutdown.hasBegun ? 'stopping' : 'unavailable', database };
  }
}
