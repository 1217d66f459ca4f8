import { Body, Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Authenticated, Caller, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { AddressLimit } from '../../../platform/http/address-limit.guard.js';
import { IDEMPOTENCY_FAILURES, Idempotent } from '../../../platform/idempotency/idempotency.guard.js';
import { Fails, FailsWithBody } from '../../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../../platform/http/request-context.js';
import { meAnswer, otpSentAnswer, passwordChangedAnswer, personalDataAnswer } from '../answers.js';
import {
  ChangePasswordDto,
  DoneAnswerDto,
  MeAnswerDto,
  OtpSentAnswerDto,
  PhoneDto,
  TypedCodeDto,
} from '../auth.dto.js';
import { PasswordChange } from './password-change.js';
import { PersonalDataAnswerDto } from './personal-data.dto.js';
import { PhoneChange } from './phone-change.js';
import { PersonalData } from './personal-data.js';

@ApiTags('Own account')
@Controller('api/auth/me')
@ApiBearerAuth()
export class OwnAccountController {
  constructor(
    private readonly personalData: PersonalData,
    private readonly phoneChange: PhoneChange,
    private readonly passwordChange: PasswordChange,
  ) {}

  @Get('export')
  @Authenticated()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'exportMe', summary: 'Export everything stored about me' })
  @ApiOkResponse({ type: PersonalDataAnswerDto, description: 'The data.' })
  @Fails('unauthenticated', 'invalid_token')
  async export(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<PersonalDataAnswerDto> {
    const data = await this.personalData.export(caller.userId, caller.userId, context);
    return personalDataAnswer(data, context.language);
  }

  @Post('phone')
  @HttpCode(200)
  @Authenticated()
  @AddressLimit('otp_rate_limited', 'sends', 'failures')
  @Idempotent()
  @ApiOperation({
    operationId: 'requestPhoneChange',
    summary: 'Request a code on a new number, to make it the number of my account',
    description: 'The login must be at most ten minutes old.',
  })
  @ApiOkResponse({ type: OtpSentAnswerDto, description: 'A code is on its way to the new number.' })
  @Fails(
    'unauthenticated',
    'invalid_token',
    'fresh_login_required',
    'second_factor_required',
    'invalid_phone',
    'phone_taken',
    'otp_rate_limited',
    'whatsapp_unavailable',
    ...IDEMPOTENCY_FAILURES,
  )
  async requestPhoneChange(
    @Body() body: PhoneDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<OtpSentAnswerDto> {
    return otpSentAnswer(await this.phoneChange.request(body.phone, caller, context), context.language);
  }

  @Post('phone/verify')
  @HttpCode(200)
  @Authenticated()
  @AddressLimit('otp_locked', 'failures')
  @ApiOperation({
    operationId: 'verifyPhoneChange',
    summary: 'Confirm my new number; other sessions end, and both numbers are notified',
  })
  @ApiOkResponse({ type: MeAnswerDto, description: 'The account with its new number.' })
  @Fails(
    'unauthenticated',
    'invalid_token',
    'fresh_login_required',
    'second_factor_required',
    'invalid_phone',
    'validation_failed',
    'invalid_otp',
    'phone_taken',
    'otp_locked',
  )
  async verifyPhoneChange(
    @Body() body: TypedCodeDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<MeAnswerDto> {
    return meAnswer(
      await this.phoneChange.verify({ ...body, challengeId: body.sessionId }, caller, context),
      context.language,
    );
  }

  @Post('password')
  @HttpCode(200)
  @Authenticated()
  @AddressLimit('login_locked', 'failures')
  @ApiOperation({
    operationId: 'changePassword',
    summary: 'Change my password; other sessions end, and my number is notified',
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'The new password is set.' })
  @FailsWithBody(
    'unauthenticated',
    'invalid_token',
    'password_refused',
    'current_password_wrong',
    'password_not_set',
    'login_locked',
    'busy',
  )
  async changePassword(
    @Body() body: ChangePasswordDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.passwordChange.change(body, caller, context);
    return passwordChangedAnswer(context.language);
  }
}
