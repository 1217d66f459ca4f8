import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { IDEMPOTENCY_FAILURES, Idempotent } from '../../platform/idempotency/idempotency.guard.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { Messaging } from '../../delivery/outbox/messaging.service.js';
import { doneAnswer, requestedAnswer, verifiedAnswer } from './answers.js';
import { botState } from './bot-state.js';
import {
  BotStatusAnswerDto,
  RequestResetDto,
  ResetDoneAnswerDto,
  ResetPasswordDto,
  ResetRequestedAnswerDto,
  ResetVerifiedAnswerDto,
  VerifyResetDto,
} from './forgot-password.dto.js';
import { ForgotPassword } from './forgot-password.service.js';

@ApiTags('Forgot password')
@Controller('api/forgot-password')
export class ForgotPasswordController {
  constructor(
    private readonly forgotPassword: ForgotPassword,
    private readonly messaging: Messaging,
  ) {}

  @Post('request-otp')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_rate_limited', 'sends', 'failures')
  @Idempotent()
  @ApiOperation({ operationId: 'requestReset', summary: 'Step 1: request a code, by name and number' })
  @ApiOkResponse({ type: ResetRequestedAnswerDto, description: 'A code is on its way.' })
  @FailsWithBody(
    'name_required',
    'phone_number_required',
    'invalid_phone',
    'user_not_found',
    'otp_active',
    'otp_rate_limited',
    'whatsapp_unavailable',
    'busy',
    ...IDEMPOTENCY_FAILURES,
  )
  async request(@Body() body: RequestResetDto, @Context() context: RequestContext): Promise<ResetRequestedAnswerDto> {
    const code = await this.forgotPassword.request({ name: body.nama, phone: body.noHp }, context);
    return requestedAnswer(code, context.language);
  }

  @Post('verify-otp')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_locked', 'failures')
  @ApiOperation({ operationId: 'verifyReset', summary: 'Step 2: verify the code' })
  @ApiOkResponse({
    type: ResetVerifiedAnswerDto,
    description: 'The code is right; it can now be used to set a password.',
  })
  @FailsWithBody('phone_number_required', 'invalid_phone', 'invalid_otp', 'otp_locked')
  async verify(@Body() body: VerifyResetDto, @Context() context: RequestContext): Promise<ResetVerifiedAnswerDto> {
    const otpId = await this.forgotPassword.verify({ phone: body.noHp, code: body.otp }, context);
    return verifiedAnswer(otpId, context.language);
  }

  @Post('reset-password')
  @HttpCode(200)
  @Public()
  @AddressLimit('otp_locked', 'failures')
  @ApiOperation({
    operationId: 'resetPassword',
    summary: 'Step 3: set the new password with the verified code',
    description: 'Every session of the account ends, and the owner is notified on WhatsApp.',
  })
  @ApiOkResponse({ type: ResetDoneAnswerDto, description: 'The new password is set.' })
  @FailsWithBody(
    'phone_number_required',
    'invalid_phone',
    'passwords_differ',
    'password_refused',
    'otp_not_verified',
    'invalid_otp',
    'otp_locked',
    'busy',
  )
  async reset(@Body() body: ResetPasswordDto, @Context() context: RequestContext): Promise<ResetDoneAnswerDto> {
    const { noHp: phone, otp: code, otpId, newPassword, confirmPassword, registrationToken } = body;
    const typed = { phone, code, otpId: otpId ?? undefined, newPassword, confirmPassword, registrationToken };
    await this.forgotPassword.reset(typed, context);
    return doneAnswer(context.language);
  }

  @Get('bot-status')
  @Public()
  @ApiOperation({ operationId: 'botStatus', summary: 'Check whether codes can be sent' })
  @ApiOkResponse({ type: BotStatusAnswerDto, description: 'The state of the device, at most a second old.' })
  @Fails()
  async status(): Promise<BotStatusAnswerDto> {
    return { success: true, data: botState(await this.messaging.whatsAppDevices()) };
  }
}
