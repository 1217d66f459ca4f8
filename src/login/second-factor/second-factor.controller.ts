import { Body, Controller, Delete, Get, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { SessionSettings } from '../../platform/config/groups/sessions.js';
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
import { type ProvedSession } from '../../identity/sessions/sessions.service.js';
import { codesAnswer, doneAnswer, enrolledAnswer, provedAnswer, setupAnswer, stateAnswer } from './answers.js';
import { SecondFactorEnrolment } from './enrolment.service.js';
import { SecondFactorProofs } from './proofs.service.js';
import {
  EnrolledAnswerDto,
  ProvedAnswerDto,
  RecoveryCodeDto,
  RecoveryCodesAnswerDto,
  SecondFactorAnswerDto,
  SecondFactorDoneAnswerDto,
  TotpCodeDto,
  TotpSetupAnswerDto,
} from './second-factor.dto.js';
import { SecondFactors } from './second-factors.service.js';

/** Own second factors of staff; open to a session that is still to prove one. */
@ApiTags('Second factor')
@Controller('api/auth/second-factor')
@ApiBearerAuth()
@StaffBeforeSecondFactor()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class SecondFactorController {
  constructor(
    private readonly settings: SessionSettings,
    private readonly factors: SecondFactors,
    private readonly enrolment: SecondFactorEnrolment,
    private readonly proofs: SecondFactorProofs,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'showSecondFactor', summary: 'My second factors, and what this session still needs' })
  @ApiOkResponse({ type: SecondFactorAnswerDto, description: 'No secret.' })
  async state(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<SecondFactorAnswerDto> {
    return stateAnswer(await this.factors.of(caller.userId), this.factors.mode, caller, context.language);
  }

  @Post('totp/setup')
  @HttpCode(200)
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'beginTotp',
    summary: 'Make a key for an authenticator app',
    description: 'Nothing changes before it is confirmed. A key that was made before and not confirmed ends.',
  })
  @ApiOkResponse({ type: TotpSetupAnswerDto, description: 'The key; it is shown only here.' })
  @Fails('fresh_login_required', 'second_factor_required', 'second_factor_off')
  async setup(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<TotpSetupAnswerDto> {
    return setupAnswer(await this.enrolment.beginTotp(caller), context.language);
  }

  @Post('totp')
  @HttpCode(200)
  @FreshLogin()
  @AddressLimit('second_factor_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'enrolTotp',
    summary: 'Enrol the authenticator app, with a code that it shows',
    description: 'An app that was enrolled before stops working. This session has then proved the factor.',
  })
  @ApiOkResponse({ type: EnrolledAnswerDto, description: 'Enrolled; the owner is told.' })
  @FailsWithBody(
    'fresh_login_required',
    'second_factor_required',
    'second_factor_off',
    'second_factor_setup_expired',
    'invalid_second_factor',
    'second_factor_locked',
  )
  async enrol(
    @Body() body: TotpCodeDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<EnrolledAnswerDto> {
    const enrolled = await this.enrolment.confirmTotp(body.code, caller, context);
    this.hold(enrolled.session, reply);
    return enrolledAnswer(enrolled, context.language);
  }

  @Delete('totp')
  @FreshLogin()
  @ApiOperation({ operationId: 'removeTotp', summary: 'Remove the authenticator app' })
  @ApiOkResponse({ type: SecondFactorDoneAnswerDto, description: 'Removed; the owner is told.' })
  @Fails('fresh_login_required', 'second_factor_required', 'second_factor_not_enrolled', 'last_second_factor')
  async remove(
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<SecondFactorDoneAnswerDto> {
    await this.enrolment.removeTotp(caller, context);
    return doneAnswer('removed', context.language);
  }

  @Post('totp/verify')
  @HttpCode(200)
  @AddressLimit('second_factor_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'proveTotp',
    summary: 'Prove the second factor with a code of the authenticator app',
    description: 'Each code works once. At most five wrong ones in 15 minutes for an account, over all sessions.',
  })
  @ApiOkResponse({ type: ProvedAnswerDto, description: 'This session has proved it.' })
  @FailsWithBody('invalid_second_factor', 'second_factor_locked', 'second_factor_not_enrolled')
  async verify(
    @Body() body: TotpCodeDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProvedAnswerDto> {
    const session = await this.proofs.byTotp(body.code, caller, context);
    this.hold(session, reply);
    return provedAnswer(session, context.language);
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'makeRecoveryCodes', summary: 'Make new recovery codes; the old ones stop working' })
  @ApiOkResponse({
    type: RecoveryCodesAnswerDto,
    description: 'Ten codes; they are shown only here. The owner is told.',
  })
  @Fails('fresh_login_required', 'second_factor_required', 'second_factor_not_enrolled')
  async codes(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<RecoveryCodesAnswerDto> {
    return codesAnswer(await this.enrolment.newCodes(caller, context), context.language);
  }

  @Post('recovery-codes/verify')
  @HttpCode(200)
  @AddressLimit('second_factor_locked', 'failures')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'proveRecoveryCode',
    summary: 'Prove the second factor with a recovery code',
    description:
      'Each code works once, and the owner is told. At most 500 wrong ones in an hour for an account, apart from those of the authenticator app.',
  })
  @ApiOkResponse({ type: ProvedAnswerDto, description: 'This session has proved it.' })
  @FailsWithBody('invalid_second_factor', 'second_factor_locked', 'second_factor_not_enrolled')
  async recover(
    @Body() body: RecoveryCodeDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ProvedAnswerDto> {
    const session = await this.proofs.byRecoveryCode(body.code, caller, context);
    this.hold(session, reply);
    return provedAnswer(session, context.language);
  }

  /** A cookie that holds the session is replaced. */
  private hold({ cookie }: ProvedSession, reply: FastifyReply): void {
    if (cookie !== null) replaceSessionCookie(reply, cookie, this.settings.sessionMaxAge);
  }
}
