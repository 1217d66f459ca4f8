import { Body, Controller, Delete, Get, Header, HttpCode, Param, ParseUUIDPipe, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { AppError } from '../../platform/errors/app-error.js';
import {
  Authenticated,
  Caller,
  Public,
  TokenOptional,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { clearSessionCookie, replaceSessionCookie } from '../../platform/http/browser-cookies.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { ProvedAnswerDto } from '../second-factor/second-factor.dto.js';
import { LoginRenewal } from './own-account/login-renewal.js';
import { loggedOutAnswer, refreshedAnswer, renewedAnswer, sessionsAnswer } from './answers.js';
import {
  DoneAnswerDto,
  LogoutDto,
  RefreshDto,
  RefreshedAnswerDto,
  RenewLoginDto,
  SessionsAnswerDto,
} from './auth.dto.js';

/** An id in another format is answered like one of a session that is gone: 404. */
function SessionId() {
  return Param('id', new ParseUUIDPipe({ exceptionFactory: () => new AppError('session_not_found') }));
}

@ApiTags('Sessions')
@Controller('api/auth')
export class SessionsController {
  constructor(
    private readonly settings: SessionSettings,
    private readonly sessions: Sessions,
    private readonly renewal: LoginRenewal,
  ) {}

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @AddressLimit('rate_limited', 'failures')
  @ApiOperation({ operationId: 'refresh', summary: 'Exchange a refresh token for new tokens' })
  @ApiOkResponse({
    type: RefreshedAnswerDto,
    description: 'New tokens; the presented refresh token cannot be used again.',
  })
  @Fails('validation_failed', 'invalid_refresh_token', 'rate_limited')
  async refresh(@Body() body: RefreshDto, @Context() context: RequestContext): Promise<RefreshedAnswerDto> {
    return refreshedAnswer(await this.sessions.refresh(body.refreshToken, context), context.language);
  }

  @Post('logout')
  @HttpCode(200)
  @TokenOptional()
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'logout',
    summary: 'End this session',
    description:
      'Identified by its access token or, when that has expired, by its refresh token. A session that has already ended is not an error.',
    security: [{}, { bearer: [] }],
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'Its tokens are no longer accepted.' })
  @Fails('unauthenticated')
  async logout(
    @Caller() caller: CurrentCaller | undefined,
    @Body() body: LogoutDto,
    @Context() context: RequestContext,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DoneAnswerDto> {
    if (!caller && !body.refreshToken) throw new AppError('unauthenticated');
    if (caller) {
      await this.sessions.end(caller.sessionId, caller.userId, 'logout', context);
      clearSessionCookie(request, reply);
    }
    if (body.refreshToken) await this.sessions.endByRefreshToken(body.refreshToken, 'logout', context);
    return loggedOutAnswer(context.language);
  }

  @Post('fresh-login')
  @HttpCode(200)
  @Authenticated()
  @AddressLimit('otp_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'renewLogin',
    summary: 'Make this login fresh again, with a login code or the password',
    description:
      'For what answers `fresh_login_required`. Whoever has a second factor proves that one instead (`/api/auth/second-factor`).',
  })
  @ApiOkResponse({ type: ProvedAnswerDto, description: 'This session has proved again who its owner is.' })
  @FailsWithBody(
    'unauthenticated',
    'invalid_token',
    'second_factor_required',
    'phone_required',
    'invalid_otp',
    'otp_locked',
    'password_not_set',
    'current_password_wrong',
    'login_locked',
    'busy',
  )
  async renew(
    @Body() body: RenewLoginDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProvedAnswerDto> {
    const session = await this.renewal.renew(body, caller, context);
    if (session.cookie !== null) replaceSessionCookie(reply, session.cookie, this.settings.sessionMaxAge);
    return renewedAnswer(session, context.language);
  }

  @Get('sessions')
  @Authenticated()
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'listSessions', summary: 'List the devices where this account is logged in' })
  @ApiOkResponse({ type: SessionsAnswerDto, description: 'Active sessions, most recently used first.' })
  @Fails('unauthenticated', 'invalid_token')
  async list(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<SessionsAnswerDto> {
    return sessionsAnswer(await this.sessions.list(caller.userId), caller.sessionId, context.language);
  }

  @Delete('sessions/:id')
  @Authenticated()
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'endSession', summary: 'Log out another device' })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'Its tokens are no longer accepted.' })
  @Fails('unauthenticated', 'invalid_token', 'session_not_found')
  async end(
    @SessionId() id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    const ended = await this.sessions.end(id, caller.userId, 'revoked', context);
    if (!ended) throw new AppError('session_not_found');
    return loggedOutAnswer(context.language);
  }
}
