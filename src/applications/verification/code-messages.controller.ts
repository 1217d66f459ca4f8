import { Body, Controller, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { CallingKey, WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { type UsedApiKey } from '../../identity/api-keys/api-keys.service.js';
import { CodeSettings } from '../../platform/config/groups/codes.js';
import { NameSettings } from '../../platform/config/groups/names.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';
import { LinkedAccounts } from '../../gateway/accounts/linked-accounts.service.js';
import { linkedAccountName } from '../../gateway/accounts/linked-account-routes.js';
import { KeylessFromLoopback, Scopes } from '../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { Idempotent } from '../../platform/idempotency/idempotency.guard.js';
import { isHarmlessCompany } from '../../delivery/templates/verification-template.js';
import { newCode } from '../../login/codes/code.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { formattedAnswer, generatedAnswer, sentVerificationAnswer } from './answers.js';
import { mayReadCodes } from './code-readers.js';
import {
  FormattedPhoneAnswerDto,
  GenerateOtpDto,
  GeneratedOtpAnswerDto,
  SendVerificationDto,
  SentVerificationAnswerDto,
} from './verification.dto.js';
import { SEND_FAILURES } from './verification.controller.js';
import { Verification } from './verification.service.js';

/** In seconds. */
const DEFAULT_LIFE = 300;

const SessionName = () => Param('sessionId', linkedAccountName);

@ApiTags('Verification service')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/messages')
@KeylessFromLoopback()
export class CodeMessagesController {
  constructor(
    private readonly regionSettings: RegionSettings,
    private readonly codeSettings: CodeSettings,
    private readonly nameSettings: NameSettings,
    private readonly verification: Verification,
    private readonly sessions: LinkedAccounts,
  ) {}

  @Post(':sessionId/otp')
  @Scopes('otp')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @Idempotent(({ gatewaySendTimeout }) => gatewaySendTimeout)
  @ApiOperation({
    operationId: 'sendVerification',
    summary: 'Create a code and send it; check it with `POST /api/otp/verify`',
    description: 'A number has at most one valid code for each API key: a new code ends the one before.',
  })
  @ApiOkResponse({ type: SentVerificationAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES)
  async otp(
    @SessionName() name: string,
    @Body() body: SendVerificationDto,
    @WhoCalls() caller: Calling,
    @CallingKey() key: UsedApiKey | undefined,
    @Context() context: RequestContext,
  ): Promise<SentVerificationAnswerDto> {
    const phone = parsePhone(body.to, this.regionSettings.allowedCountries);
    if (phone === null) throw new AppError('invalid_phone');
    const wanted = {
      phone,
      company: body.companyName ?? this.nameOf(key),
      length: body.length ?? this.codeSettings.otpLength,
      minutes: (body.expiresIn ?? DEFAULT_LIFE) / 60,
      language: context.language,
    };
    const sent = await this.verification.send(name, wanted, caller);
    return sentVerificationAnswer(sent, mayReadCodes(this.codeSettings, key), wanted.language);
  }

  @Get(':sessionId/generate-otp')
  @Scopes('otp', 'messages')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'generateOtp', summary: 'Generate random digits, which are neither stored nor sent' })
  @ApiOkResponse({ type: GeneratedOtpAnswerDto, description: 'From a cryptographic generator.' })
  @Fails(
    'validation_failed',
    'unauthenticated',
    'invalid_token',
    'invalid_api_key',
    'forbidden',
    'rate_limited',
    'gateway_unavailable',
    'session_not_found',
    'session_id_ambiguous',
  )
  async generate(
    @SessionName() name: string,
    @Query() { length }: GenerateOtpDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<GeneratedOtpAnswerDto> {
    await this.sessions.get(name, caller);
    return generatedAnswer(newCode(length ?? this.codeSettings.otpLength), context.language);
  }

  @Get('format-phone/:number')
  @Scopes('messages', 'otp')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'formatPhone', summary: 'Convert a number to E.164 and to a WhatsApp id' })
  @ApiOkResponse({ type: FormattedPhoneAnswerDto, description: 'Also for an invalid number: then `valid` is false.' })
  @Fails('unauthenticated', 'invalid_token', 'invalid_api_key', 'forbidden', 'rate_limited')
  format(@Param('number') typed: string, @Context() context: RequestContext): FormattedPhoneAnswerDto {
    return formattedAnswer(typed, parsePhone(typed, this.regionSettings.allowedCountries), context.language);
  }

  /** An admin gave the key its name. */
  private nameOf(key: UsedApiKey | undefined): string {
    return key && isHarmlessCompany(key.name) ? key.name : this.nameSettings.appName;
  }
}
