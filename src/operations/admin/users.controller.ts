import { DoneAnswerDto, SessionsAnswerDto } from '../../login/auth/auth.dto.js';
import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { personalDataAnswer, sessionsAnswer } from '../../login/auth/answers.js';
import { PersonalDataAnswerDto } from '../../login/auth/own-account/personal-data.dto.js';
import { PersonalData } from '../../login/auth/own-account/personal-data.js';
import { SecondFactors } from '../../login/second-factor/second-factors.service.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Caller, FreshLogin, Roles, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import {
  ChangeUserDto,
  CreateUserDto,
  ListUsersDto,
  SessionsEndedAnswerDto,
  UserAnswerDto,
  UserDetailAnswerDto,
  UsersAnswerDto,
} from './admin.dto.js';
import { tagOf } from './account-tag.js';
import { doneAnswer, sessionsEndedAnswer, userAnswer, userDetailAnswer, usersAnswer } from './answers.js';
import { Erasure } from './erasure.js';
import { UserAdministration, type Actor } from './user-administration.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An id in another format is answered like an unknown one. */
const knownId = {
  transform(id: string): string {
    if (!UUID.test(id)) throw new AppError('user_not_found');
    return id.toLowerCase();
  },
};

const ETAG = {
  ETag: { description: 'Names the state of what can be changed; for `If-Match`.', schema: { type: 'string' as const } },
};

@ApiTags('Users')
@Controller('api/users')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class UsersController {
  constructor(
    private readonly administration: UserAdministration,
    private readonly erasure: Erasure,
    private readonly personalData: PersonalData,
    private readonly secondFactors: SecondFactors,
  ) {}

  @Get()
  @Roles('ADMIN', 'SUPERVISOR')
  @ApiOperation({ operationId: 'listUsers', summary: 'Accounts, newest first' })
  @ApiOkResponse({ type: UsersAnswerDto, description: 'A page of accounts.' })
  @Fails('validation_failed')
  async list(@Query() query: ListUsersDto, @Context() context: RequestContext): Promise<UsersAnswerDto> {
    const { users, nextCursor } = await this.administration.list(query);
    return usersAnswer(users, nextCursor, context.language);
  }

  @Post()
  @Roles('ADMIN')
  @ApiOperation({ operationId: 'createUser', summary: 'Create an account, which logs in by code' })
  @ApiCreatedResponse({ type: UserAnswerDto, description: 'The account.' })
  @Fails('fresh_login_required', 'validation_failed', 'invalid_phone', 'email_taken', 'username_taken', 'phone_taken')
  async create(
    @Body() body: CreateUserDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<UserAnswerDto> {
    return userAnswer('created', await this.administration.create(body, actor(caller, context)), context.language);
  }

  @Get(':id')
  @Roles('ADMIN', 'SUPERVISOR')
  @ApiOperation({ operationId: 'showUser', summary: 'One account, what locks it, and its last messages' })
  @ApiOkResponse({ type: UserDetailAnswerDto, description: 'The account.', headers: ETAG })
  @Fails('user_not_found')
  async show(
    @Param('id', knownId) id: string,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDetailAnswerDto> {
    const user = await this.administration.show(id);
    void reply.header('etag', tagOf(user.account));
    return userDetailAnswer(user, context.language);
  }

  @Get(':id/sessions')
  @Roles('ADMIN', 'SUPERVISOR')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listUserSessions', summary: 'List the devices where an account is logged in' })
  @ApiOkResponse({ type: SessionsAnswerDto, description: 'Active sessions, most recently used first.' })
  @Fails('user_not_found')
  async sessions(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<SessionsAnswerDto> {
    return sessionsAnswer(await this.administration.sessionsOf(id), caller.sessionId, context.language);
  }

  @Delete(':id/sessions')
  @Roles('ADMIN')
  @ApiOperation({ operationId: 'endUserSessions', summary: 'Log an account out everywhere' })
  @ApiOkResponse({ type: SessionsEndedAnswerDto, description: 'Tokens and cookies of the account are refused.' })
  @Fails('user_not_found')
  async endSessions(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<SessionsEndedAnswerDto> {
    return sessionsEndedAnswer(await this.administration.endSessions(id, actor(caller, context)), context.language);
  }

  @Patch(':id')
  @Roles('ADMIN')
  @ApiOperation({
    operationId: 'changeUser',
    summary: 'Change an account; fields that are left out stay',
    description:
      'With `If-Match` and the `ETag` of an earlier answer, only if nobody has changed the account since: otherwise 412 `account_changed`, whose `details` are the account as it is now.',
  })
  @ApiHeader({ name: 'If-Match', required: false, description: '`ETag` of the state that is changed.' })
  @ApiOkResponse({ type: UserAnswerDto, description: 'The account after the change.', headers: ETAG })
  @Fails(
    'fresh_login_required',
    'validation_failed',
    'invalid_phone',
    'user_not_found',
    'email_taken',
    'username_taken',
    'phone_taken',
    'phone_required',
    'last_admin',
    'account_changed',
  )
  async change(
    @Param('id', knownId) id: string,
    @Body() body: ChangeUserDto,
    @Headers('if-match') seen: string | undefined,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserAnswerDto> {
    const user = await this.administration.change(id, body, actor(caller, context), seen ?? null);
    void reply.header('etag', tagOf(user.account));
    return userAnswer('changed', user, context.language);
  }

  @Delete(':id')
  @Roles('ADMIN')
  @FreshLogin()
  @ApiOperation({ operationId: 'eraseUser', summary: 'Erase a person; the audit log keeps the id' })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'No personal data is left.' })
  @Fails('fresh_login_required', 'user_not_found', 'last_admin')
  async erase(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.erasure.erase(id, actor(caller, context));
    return doneAnswer('erased', context.language);
  }

  @Get(':id/export')
  @Roles('ADMIN')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'exportUser', summary: 'Export everything stored about a person' })
  @ApiOkResponse({ type: PersonalDataAnswerDto, description: 'The data.' })
  @Fails('fresh_login_required', 'user_not_found')
  async export(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<PersonalDataAnswerDto> {
    return personalDataAnswer(await this.personalData.export(id, caller.userId, context), context.language);
  }

  @Post(':id/unlock')
  @Roles('ADMIN')
  @HttpCode(200)
  @ApiOperation({ operationId: 'unlockUser', summary: 'Unlock an account: reset its guesses and sends' })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'The account can log in again.' })
  @Fails('user_not_found')
  async unlock(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.administration.unlock(id, actor(caller, context));
    return doneAnswer('unlocked', context.language);
  }

  @Post(':id/reset-password')
  @Roles('ADMIN')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'removePassword',
    summary: 'Remove the password and end all sessions; its owner logs in by code',
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'The account has no password any more.' })
  @Fails('user_not_found', 'phone_required', 'fresh_login_required')
  async resetPassword(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.administration.removePassword(id, actor(caller, context));
    return doneAnswer('passwordRemoved', context.language);
  }

  @Post(':id/reset-second-factor')
  @Roles('ADMIN')
  @FreshLogin()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'resetSecondFactor',
    summary: 'Remove all second factors of somebody who has lost them, and end all sessions',
    description: 'Not one’s own: another admin does, or `npm run second-factor:reset`.',
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'The account has no second factor any more; its owner is told.' })
  @Fails('user_not_found', 'fresh_login_required', 'own_second_factor', 'second_factor_not_enrolled')
  async resetSecondFactor(
    @Param('id', knownId) id: string,
    @Caller() { userId }: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    // An admin's address does not become part of what is held about others.
    await this.secondFactors.reset(id, { userId, requestId: context.id, address: null });
    return doneAnswer('secondFactorReset', context.language);
  }
}

function actor(login: CurrentCaller, context: RequestContext): Actor {
  return { userId: login.userId, login, context };
}
