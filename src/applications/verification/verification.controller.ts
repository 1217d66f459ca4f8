import { Body, Controller, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CallingKey, WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { type UsedApiKey } from '../../identity/api-keys/api-keys.service.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';
import { KeylessFromLoopback, Scopes } from '../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { IDEMPOTENCY_FAILURES, Idempotent } from '../../platform/idempotency/idempotency.guard.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { sentVerificationAnswer, statusAnswer, verifiedAnswer } from './answers.js';
import { mayReadCodes } from './code-readers.js';
import {
  CheckVerificationDto,
  SentVerificationAnswerDto,
  VerificationPhoneDto,
  VerificationStatusAnswerDto,
  VerifiedAnswerDto,
} from './verification.dto.js';
import { Verification } from './verification.service.js';

/** Failures of every route of the service. */
const KEY_FAILURES = [
  'unauthenticated',
  'invalid_token',
  'invalid_api_key',
  'forbidden',
  'rate_limited',
  'invalid_phone',
] as const;

/** Failures of the routes that send a code. */
export const SEND_FAILURES = [
  ...KEY_FAILURES,
  ...IDEMPOTENCY_FAILURES,
  'gateway_unavailable',
  'session_not_found',
  'session_id_ambiguous',
  'session_not_connected',
  'not_on_whatsapp',
  'session_restricted',
  'session_warming_up',
  'message_refused',
  'message_not_sent',
  'message_unconfirmed',
  'otp_rate_limited',
  'busy',
] as const;

@ApiTags('Verification service')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/otp')
@Scopes('otp')
@KeylessFromLoopback()
export class VerificationController {
  constructor(
    private readonly codeSettings: CodeSettings,
    private readonly regionSettings: RegionSettings,
    private readonly verification: Verification,
  ) {}

  @Post('verify')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'checkVerification',
    summary: 'Check a code; it works once, and for the API key that sent it',
  })
  @ApiOkResponse({ type: VerifiedAnswerDto, description: 'The code is right. A wrong code is 400 `invalid_otp`.' })
  @FailsWithBody(...KEY_FAILURES, 'invalid_otp', 'otp_locked')
  async verify(
    @Body() body: CheckVerificationDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<VerifiedAnswerDto> {
    await this.verification.verify(this.phoneOf(body.phone), body.otp, caller);
    return verifiedAnswer(context.language);
  }

  @Get('status/:phone')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'verificationStatus', summary: 'Show the state of the newest code for a number' })
  @ApiOkResponse({ type: VerificationStatusAnswerDto, description: 'Without the code.' })
  @Fails(...KEY_FAILURES, 'verification_not_found')
  async status(
    @Param('phone') phone: string,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<VerificationStatusAnswerDto> {
    return statusAnswer(await this.verification.status(this.phoneOf(phone), caller), 'status', context.language);
  }

  @Post('resend')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Idempotent(({ gatewaySendTimeout }) => gatewaySendTimeout)
  @ApiOperation({
    operationId: 'resendVerification',
    summary: 'Send a new code by the same linked account, under the same name',
    description: 'The old code ends. A resend gives no guesses back, and the limits of the number stay the same.',
  })
  @ApiOkResponse({ type: SentVerificationAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES, 'verification_not_found')
  async resend(
    @Body() body: VerificationPhoneDto,
    @WhoCalls() caller: Calling,
    @CallingKey() key: UsedApiKey | undefined,
    @Context() context: RequestContext,
  ): Promise<SentVerificationAnswerDto> {
    const sent = await this.verification.resend(this.phoneOf(body.phone), context.language, caller);
    return sentVerificationAnswer(sent, mayReadCodes(this.codeSettings, key), context.language);
  }

  @Post('expire')
  @HttpCode(200)
  @ApiOperation({ operationId: 'expireVerification', summary: 'End a code before it expires' })
  @ApiOkResponse({ type: VerificationStatusAnswerDto, description: 'The code can no longer be used.' })
  @FailsWithBody(...KEY_FAILURES, 'verification_not_found')
  async expire(
    @Body() body: VerificationPhoneDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<VerificationStatusAnswerDto> {
    const ended = await this.verification.expire(this.phoneOf(body.phone), caller);
    return statusAnswer(ended, 'expired', context.language);
  }

  private phoneOf(typed: string): string {
    const phone = parsePhone(typed, this.regionSettings.allowedCountries);
    if (phone === null) throw new AppError('invalid_phone');
    return phone;
  }
}
