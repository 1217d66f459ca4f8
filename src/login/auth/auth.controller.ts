import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import {
  Authenticated,
  Caller,
  Public,
  TokenOptional,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { IDEMPOTENCY_FAILURES, Idempotent } from '../../platform/idempotency/idempotency.guard.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { loginAnswer, meAnswer, otpSentAnswer, registeredAnswer } from './answers.js';
import {
  LoginAnswerDto,
  MeAnswerDto,
  OtpSentAnswerDto,
  PasswordLoginDto,
  PhoneDto,
  RegisterAnswerDto,
  RegisterDto,
  VerifyOtpDto,
} from './auth.dto.js';
import { Auth } from './auth.service.js';
import { Registration } from './registration.js';

/** How sending a code fails. */
const SENDING: readonly ErrorCode[] = [
  'invalid_phone',
  'phone_not_registered',
  'otp_rate_limited',
  'whatsapp_unavailable',
  'busy',
  ...IDEMPOTENCY_FAILURES,
];

@ApiTags('Login')
@Controller('api/auth')
export class AuthController {
  constructor(
    private readonly auth: Auth,
    private readonly registration: Registration,
  ) {}

  @Post('otp/request')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_rate_limited', 'sends', 'failures')
  @Idempotent()
  @ApiOperation({ operationId: 'requestOtp', summary: 'Request a code on WhatsApp' })
  @ApiOkResponse({
    type: OtpSentAnswerDto,
    description: 'A code is on its way, or the newest one is still valid (`alreadySent`).',
  })
  @FailsWithBody(...SENDING)
  async requestOtp(@Body() body: PhoneDto, @Context() context: RequestContext): Promise<OtpSentAnswerDto> {
    return otpSentAnswer(await this.auth.requestCode(body.phone, false, context), context.language);
  }

  @Post('otp/resend')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_rate_limited', 'sends', 'failures')
  @Idempotent()
  @ApiOperation({ operationId: 'resendOtp', summary: 'Request a new code; the old one ends' })
  @ApiOkResponse({ type: OtpSentAnswerDto, description: 'A new code is on its way.' })
  @FailsWithBody(...SENDING)
  async resendOtp(@Body() body: PhoneDto, @Context() context: RequestContext): Promise<OtpSentAnswerDto> {
    return otpSentAnswer(await this.auth.requestCode(body.phone, true, context), context.language);
  }

  @Post('otp/verify')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_locked', 'failures')
  @ApiOperation({ operationId: 'verifyOtp', summary: 'Log in with a code' })
  @ApiOkResponse({ type: LoginAnswerDto, description: 'Logged in.' })
  @FailsWithBody('invalid_phone', 'validation_failed', 'invalid_otp', 'otp_locked', 'login_page_required')
  async verifyOtp(@Body() body: VerifyOtpDto, @Context() context: RequestContext): Promise<LoginAnswerDto> {
    return loginAnswer(
      await this.auth.loginByCode({ ...body, challengeId: body.sessionId }, context),
      context.language,
    );
  }

  @Post('login')
  @HttpCode(200)
  @Public()
  @AddressLimit('login_locked', 'failures')
  @ApiOperation({ operationId: 'loginWithPassword', summary: 'Log in with a password' })
  @ApiOkResponse({ type: LoginAnswerDto, description: 'Logged in.' })
  @FailsWithBody('invalid_credentials', 'login_locked', 'busy')
  async login(@Body() body: PasswordLoginDto, @Context() context: RequestContext): Promise<LoginAnswerDto> {
    return loginAnswer(await this.auth.loginByPassword(body, context), context.language);
  }

  @Post('register')
  @TokenOptional()
  @AddressLimit('rate_limited', 'failures')
  @ApiBearerAuth()
  @ApiOperation({
    operationId: 'register',
    summary: 'Create an account',
    description: 'Open to everybody when REGISTRATION is open; otherwise it needs the token of an ADMIN.',
    security: [{}, { bearer: [] }],
  })
  @ApiCreatedResponse({
    type: RegisterAnswerDto,
    description: 'The account was created; it can log in by code or password.',
  })
  @Fails(
    'validation_failed',
    'invalid_phone',
    'password_refused',
    'forbidden',
    'registration_by_phone_only',
    'registration_closed',
    'email_taken',
    'username_taken',
    'phone_taken',
    'rate_limited',
  )
  async register(
    @Body() body: RegisterDto,
    @Caller() caller: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<RegisterAnswerDto> {
    return registeredAnswer(await this.registration.register(body, caller, context), context.language);
  }

  @Get('me')
  @Authenticated()
  @ApiBearerAuth()
  @ApiOperation({ operationId: 'me', summary: 'Show the account of this token' })
  @ApiOkResponse({ type: MeAnswerDto, description: 'The account.' })
  @Fails('unauthenticated', 'invalid_token')
  async me(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<MeAnswerDto> {
    return meAnswer(await this.auth.me(caller.userId), context.language);
  }
}
