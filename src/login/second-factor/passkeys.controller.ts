import { Body, Controller, Delete, Header, HttpCode, Param, ParseUUIDPipe, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
import { AppError } from '../../platform/errors/app-error.js';
import {
  Caller,
  FreshLogin,
  StaffBeforeSecondFactor,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { AddressLimit } from '../../platform/http/address-limit.guard.js';
import { replaceSessionCookie } from '../../platform/http/browser-cookies.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { doneAnswer, enrolledAnswer, optionsAnswer, provedAnswer } from './answers.js';
import { SecondFactorEnrolment } from './enrolment.service.js';
import { Passkeys } from './passkeys.service.js';
import {
  EnrolledAnswerDto,
  NewPasskeyDto,
  PasskeyOptionsAnswerDto,
  PasskeyProofDto,
  ProvedAnswerDto,
  SecondFactorDoneAnswerDto,
} from './second-factor.dto.js';

/** Passkeys of staff, as a second factor. They work on pages of PUBLIC_URL's origin only. */
@ApiTags('Second factor')
@Controller('api/auth/second-factor/passkeys')
@ApiBearerAuth()
@StaffBeforeSecondFactor()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class PasskeysController {
  constructor(
    private readonly settings: SessionSettings,
    private readonly passkeys: Passkeys,
    private readonly enrolment: SecondFactorEnrolment,
  ) {}

  @Post('options')
  @HttpCode(200)
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'beginPasskey', summary: 'What a browser needs to make a passkey' })
  @ApiOkResponse({ type: PasskeyOptionsAnswerDto, description: 'PublicKeyCredentialCreationOptionsJSON.' })
  @Fails('fresh_login_required', 'second_factor_required', 'second_factor_off', 'passkey_limit_reached')
  async options(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<PasskeyOptionsAnswerDto> {
    return optionsAnswer(await this.passkeys.enrolmentOptions(caller), context.language);
  }

  @Post()
  @HttpCode(200)
  @FreshLogin()
  @AddressLimit('second_factor_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'enrolPasskey',
    summary: 'Enrol a passkey that the browser has made',
    description: 'This session has then proved the factor. An account may have ten passkeys.',
  })
  @ApiOkResponse({ type: EnrolledAnswerDto, description: 'Enrolled; the owner is told.' })
  @FailsWithBody(
    'fresh_login_required',
    'second_factor_required',
    'second_factor_off',
    'second_factor_setup_expired',
    'invalid_second_factor',
    'passkey_limit_reached',
    'second_factor_locked',
  )
  async enrol(
    @Body() { response, name }: NewPasskeyDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnrolledAnswerDto> {
    const enrolled = await this.passkeys.enrol(response, name.trim(), caller, context);
    const { cookie } = enrolled.session;
    if (cookie !== null) replaceSessionCookie(reply, cookie, this.settings.sessionMaxAge);
    return enrolledAnswer(enrolled, context.language);
  }

  @Post('verify/options')
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'beginPasskeyProof', summary: 'What a browser needs to sign with a passkey' })
  @ApiOkResponse({ type: PasskeyOptionsAnswerDto, description: 'PublicKeyCredentialRequestOptionsJSON.' })
  @Fails('second_factor_not_enrolled')
  async proofOptions(
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<PasskeyOptionsAnswerDto> {
    return optionsAnswer(await this.passkeys.proofOptions(caller), context.language);
  }

  @Post('verify')
  @HttpCode(200)
  @AddressLimit('second_factor_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'provePasskey',
    summary: 'Prove the second factor with a passkey',
    description: 'Answers the last challenge of this session, once.',
  })
  @ApiOkResponse({ type: ProvedAnswerDto, description: 'This session has proved it.' })
  @FailsWithBody('invalid_second_factor', 'second_factor_locked')
  async verify(
    @Body() { response }: PasskeyProofDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProvedAnswerDto> {
    const session = await this.passkeys.prove(response, caller, context);
    if (session.cookie !== null) replaceSessionCookie(reply, session.cookie, this.settings.sessionMaxAge);
    return provedAnswer(session, context.language);
  }

  @Delete(':id')
  @FreshLogin()
  @ApiOperation({ operationId: 'removePasskey', summary: 'Remove a passkey' })
  @ApiOkResponse({ type: SecondFactorDoneAnswerDto, description: 'Removed; the owner is told.' })
  @Fails('fresh_login_required', 'second_factor_required', 'passkey_not_found', 'last_second_factor')
  async remove(
    @Param('id', new ParseUUIDPipe({ exceptionFactory: () => new AppError('passkey_not_found') })) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<SecondFactorDoneAnswerDto> {
    await this.enrolment.removePasskey(id, caller, context);
    return doneAnswer('removed', context.language);
  }
}
