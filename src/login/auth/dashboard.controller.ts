import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../../platform/errors/app-error.js';
import {
  Authenticated,
  Caller,
  Public,
  TokenOptional,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { type AccountRow } from '../../identity/users/account.js';
import { Auth } from './auth.service.js';
import {
  DashboardLoginAnswerDto,
  DashboardLoginDto,
  DashboardMeAnswerDto,
  DashboardRefreshDto,
  DashboardRegisterAnswerDto,
  DashboardRegisterDto,
  DashboardTokensDto,
  type DashboardUserDto,
} from './dashboard.dto.js';
import { Registration } from './registration.js';

/** The dashboard's routes: no envelope on success, roles in lower case (docs/contract/dashboard.md#accounts-and-tokens). */
@ApiTags('Dashboard')
@Controller('auth')
export class DashboardController {
  constructor(
    private readonly auth: Auth,
    private readonly sessions: Sessions,
    private readonly registration: Registration,
  ) {}

  @Post('register')
  @TokenOptional()
  @AddressLimit('rate_limited', 'failures')
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'dashboardRegister',
    summary: 'Create an account',
    description:
      'Open to everybody when REGISTRATION is open; otherwise, and for the role admin, it needs the token of an ADMIN.',
    security: [{}, { bearer: [] }],
  })
  @ApiCreatedResponse({ type: DashboardRegisterAnswerDto, description: 'The account was created.' })
  @Fails(
    'validation_failed',
    'password_refused',
    'forbidden',
    'registration_by_phone_only',
    'registration_closed',
    'email_taken',
    'username_taken',
    'rate_limited',
  )
  async register(
    @Body() { name, email, username, password, role }: DashboardRegisterDto,
    @Caller() caller: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<DashboardRegisterAnswerDto> {
    const registrant = {
      fullName: name,
      email,
      username,
      password,
      role: role === 'admin' ? 'ADMIN' : 'KARYAWAN',
    } as const;
    const { account } = await this.registration.register(registrant, caller, context).catch(inOwnWords);
    return {
      message: 'Register success',
      data: { ...dashboardUserOf(account), created_at: account.created_at.toISOString() },
    };
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @AddressLimit('login_locked', 'failures')
  @ApiOperation({ operationId: 'dashboardLogin', summary: 'Log in with a password' })
  @ApiOkResponse({ type: DashboardLoginAnswerDto, description: 'Logged in.' })
  @Fails('validation_failed', 'invalid_credentials', 'login_locked')
  async login(@Body() body: DashboardLoginDto, @Context() context: RequestContext): Promise<DashboardLoginAnswerDto> {
    const login = await this.auth.loginByPassword(body, context);
    return { message: 'Login success', data: dashboardUserOf(login.account), ...tokensOf(login) };
  }

  @Post('refresh')
  @HttpCode(200)
  @Public()
  @AddressLimit('rate_limited', 'failures')
  @ApiOperation({ operationId: 'dashboardRefresh', summary: 'Exchange a refresh token for new tokens' })
  @ApiOkResponse({
    type: DashboardTokensDto,
    description: 'New tokens; the presented refresh token cannot be used again.',
  })
  @Fails('validation_failed', 'invalid_refresh_token', 'rate_limited')
  async refresh(@Body() body: DashboardRefreshDto, @Context() context: RequestContext): Promise<DashboardTokensDto> {
    return tokensOf(await this.sessions.refresh(body.refresh_token, context));
  }

  @Get('me')
  @Authenticated()
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'dashboardMe', summary: 'Show the account of this token' })
  @ApiOkResponse({ type: DashboardMeAnswerDto, description: 'The account.' })
  @Fails('unauthenticated', 'invalid_token')
  async me(@Caller() caller: CurrentCaller): Promise<DashboardMeAnswerDto> {
    const account = await this.auth.me(caller.userId);
    const phone = account.phone === null ? null : nationalPhone(account.phone);
    return { data: { ...dashboardUserOf(account), phone, created_at: account.created_at.toISOString() } };
  }
}

/** The dashboard calls the full name `name`, so its refusals have to, too. */
function inOwnWords(error: unknown): never {
  if (!(error instanceof AppError) || error.code !== 'validation_failed') throw error;
  const { details } = error;
  if (typeof details !== 'function') throw error;
  throw new AppError('validation_failed', {
    details: (language) =>
      (details(language) as { field: string }[]).map((problem) =>
        problem.field === 'fullName' ? { ...problem, field: 'name' } : problem,
      ),
  });
}

function dashboardUserOf(account: AccountRow): DashboardUserDto {
  const { id, full_name: name, username, email, role } = account;
  return { id, name, username, email, role: role.toLowerCase() };
}

function tokensOf(tokens: { token: string; refreshToken: string; expiresIn: number }): DashboardTokensDto {
  return {
    access_token: tokens.token,
    token_type: 'bearer',
    refresh_token: tokens.refreshToken,
    expires_in: tokens.expiresIn,
  };
}
