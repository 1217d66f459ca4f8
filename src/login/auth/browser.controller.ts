import { Body, Controller, Get, Header, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { AccountSettings } from '../../platform/config/groups/accounts.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { NameSettings } from '../../platform/config/groups/names.js';
import { PasswordSettings } from '../../platform/config/groups/passwords.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { OwnPagesOnly, Public, type CallerRequest, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { sessionCookie, setBrowserCookies } from '../../platform/http/browser-cookies.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { browserLoginAnswer, loginOptionsAnswer } from './answers.js';
import { PasswordLoginDto, VerifyOtpDto } from './auth.dto.js';
import { Auth, type BrowserLogin } from './auth.service.js';
import { BrowserLoginAnswerDto, LoginOptionsAnswerDto } from './browser.dto.js';

/** For our own pages: they log in without ever holding a token, and the browser keeps the session in a cookie. */
@ApiTags('Own pages')
@Controller('api/auth')
export class BrowserController {
  constructor(
    private readonly sessionSettings: SessionSettings,
    private readonly accountSettings: AccountSettings,
    private readonly codeSettings: CodeSettings,
    private readonly nameSettings: NameSettings,
    private readonly passwordSettings: PasswordSettings,
    private readonly regionSettings: RegionSettings,
    private readonly auth: Auth,
  ) {}

  @Get('options')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  // Its message is in the caller's language, and the CORS headers are for one origin: a cache must keep them apart.
  @Header('vary', 'Origin, Accept-Language')
  @ApiOperation({ operationId: 'loginOptions', summary: 'Settings that a login screen needs' })
  @ApiOkResponse({ type: LoginOptionsAnswerDto, description: 'The options; they are the same for everybody.' })
  @Fails()
  options(@Context() context: RequestContext): LoginOptionsAnswerDto {
    const { accountSettings, codeSettings, nameSettings, passwordSettings, regionSettings } = this;
    const options = { ...accountSettings, ...codeSettings, ...nameSettings, ...passwordSettings, ...regionSettings };
    return loginOptionsAnswer(options, context.language);
  }

  @Post('browser/verify')
  @HttpCode(200)
  @OwnPagesOnly()
  @AddressLimit('otp_locked', 'failures')
  @ApiOperation({
    operationId: 'verifyOtpInBrowser',
    summary: 'Log in with a code; the session is kept in a cookie',
    description:
      'The `HttpOnly` cookie `__Host-masuk` then takes the place of an access token on calls from the same origin.',
  })
  @ApiOkResponse({ type: BrowserLoginAnswerDto, description: 'Logged in.' })
  @FailsWithBody('foreign_origin', 'invalid_phone', 'invalid_otp', 'otp_locked')
  async verify(
    @Body() body: VerifyOtpDto,
    @Context() context: RequestContext,
    @Req() request: CallerRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BrowserLoginAnswerDto> {
    return this.loggedIn(
      await this.auth.loginBrowserByCode({ ...body, challengeId: body.sessionId }, sessionBefore(request), context),
      context,
      reply,
    );
  }

  @Post('browser/login')
  @HttpCode(200)
  @OwnPagesOnly()
  @AddressLimit('login_locked', 'failures')
  @ApiOperation({
    operationId: 'loginWithPasswordInBrowser',
    summary: 'Log in with a password; the session is kept in a cookie',
  })
  @ApiOkResponse({ type: BrowserLoginAnswerDto, description: 'Logged in.' })
  @FailsWithBody('foreign_origin', 'invalid_credentials', 'login_locked', 'busy')
  async login(
    @Body() body: PasswordLoginDto,
    @Context() context: RequestContext,
    @Req() request: CallerRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BrowserLoginAnswerDto> {
    return this.loggedIn(await this.auth.loginBrowserByPassword(body, sessionBefore(request), context), context, reply);
  }

  private loggedIn(login: BrowserLogin, context: RequestContext, reply: FastifyReply): BrowserLoginAnswerDto {
    const { cookie: session, deviceToken: device } = login;
    setBrowserCookies(reply, { session, device, maxAge: this.sessionSettings.sessionMaxAge });
    return browserLoginAnswer(login.account, context.language);
  }
}

/** The session that the browser has had until now. */
function sessionBefore(request: CallerRequest): CurrentCaller | undefined {
  return sessionCookie(request) === null ? undefined : request.caller;
}
