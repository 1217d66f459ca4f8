import { DoneAnswerDto } from '../../login/auth/auth.dto.js';
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { personalDataAnswer } from '../../login/auth/answers.js';
import { PersonalDataAnswerDto } from '../../login/auth/own-account/personal-data.dto.js';
import { PersonalData } from '../../login/auth/own-account/personal-data.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Caller, Roles, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import {
  ChangeUserDto,
  CreateUserDto,
  ListUsersDto,
  UserAnswerDto,
  UserDetailAnswerDto,
  UsersAnswerDto,
} from './admin.dto.js';
import { doneAnswer, userAnswer, userDetailAnswer, usersAnswer } from './answers.js';
import { Erasure } from './erasure.js';
import { UserAdministration, type Actor } from './user-administration.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids are opaque: what is none of ours names nobody. */
const knownId = {
  transform(id: string): string {
    if (!UUID.test(id)) throw new AppError('user_not_found');
    return id.toLowerCase();
  },
};

@ApiTags('Users')
@Controller('api/users')
@Roles('ADMIN')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class UsersController {
  constructor(
    private readonly administration: UserAdministration,
    private readonly erasure: Erasure,
    private readonly personalData: PersonalData,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listUsers', summary: 'Accounts, newest first' })
  @ApiOkResponse({ type: UsersAnswerDto, description: 'A page of accounts.' })
  @Fails('validation_failed')
  async list(@Query() query: ListUsersDto, @Context() context: RequestContext): Promise<UsersAnswerDto> {
    const { users, nextCursor } = await this.administration.list(query);
    return usersAnswer(users, nextCursor, context.language);
  }

  @Post()
  @ApiOperation({ operationId: 'createUser', summary: 'Create an account, which logs in by code' })
  @ApiCreatedResponse({ type: UserAnswerDto, description: 'The account.' })
  @Fails('validation_failed', 'invalid_phone', 'email_taken', 'username_taken', 'phone_taken')
  async create(
    @Body() body: CreateUserDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<UserAnswerDto> {
    return userAnswer('created', await this.administration.create(body, actor(caller, context)), context.language);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'showUser', summary: 'One account, what locks it, and its last messages' })
  @ApiOkResponse({ type: UserDetailAnswerDto, description: 'The account.' })
  @Fails('user_not_found')
  async show(@Param('id', knownId) id: string, @Context() context: RequestContext): Promise<UserDetailAnswerDto> {
    return userDetailAnswer(await this.administration.show(id), context.language);
  }

  @Patch(':id')
  @ApiOperation({ operationId: 'changeUser', summary: 'Change an account; fields that are left out stay' })
  @ApiOkResponse({ type: UserAnswerDto, description: 'The account after the change.' })
  @Fails(
    'validation_failed',
    'invalid_phone',
    'user_not_found',
    'email_taken',
    'username_taken',
    'phone_taken',
    'phone_required',
    'last_admin',
  )
  async change(
    @Param('id', knownId) id: string,
    @Body() body: ChangeUserDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<UserAnswerDto> {
    return userAnswer('changed', await this.administration.change(id, body, actor(caller, context)), context.language);
  }

  @Delete(':id')
  @ApiOperation({ operationId: 'eraseUser', summary: 'Erase a person; the audit log keeps the id' })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'No personal data is left.' })
  @Fails('user_not_found', 'last_admin')
  async erase(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.erasure.erase(id, actor(caller, context));
    return doneAnswer('erased', context.language);
  }

  @Get(':id/export')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'exportUser', summary: 'Export everything stored about a person' })
  @ApiOkResponse({ type: PersonalDataAnswerDto, description: 'The data.' })
  @Fails('user_not_found')
  async export(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<PersonalDataAnswerDto> {
    return personalDataAnswer(await this.personalData.export(id, caller.userId, context), context.language);
  }

  @Post(':id/unlock')
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
  @HttpCode(200)
  @ApiOperation({
    operationId: 'removePassword',
    summary: 'Remove the password and end all sessions; its owner logs in by code',
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'The account has no password any more.' })
  @Fails('user_not_found', 'phone_required')
  async resetPassword(
    @Param('id', knownId) id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<DoneAnswerDto> {
    await this.administration.removePassword(id, actor(caller, context));
    return doneAnswer('passwordRemoved', context.language);
  }
}

function actor({ userId }: CurrentCaller, context: RequestContext): Actor {
  return { userId, context };
}
