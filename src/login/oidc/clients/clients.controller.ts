import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  ParseUUIDPipe,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiHeader, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { AppError } from '../../../platform/errors/app-error.js';
import { Caller, FreshLogin, Roles, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../../platform/http/request-context.js';
import { PageByIdDto } from '../../../platform/http/validation/page.dto.js';
import { clientAnswer, clientTag, clientsAnswer, createdAnswer, deletedAnswer, secretAnswer } from './answers.js';
import {
  ChangeOidcClientDto,
  CreatedOidcClientAnswerDto,
  CreateOidcClientDto,
  OidcClientAnswerDto,
  OidcClientDeletedAnswerDto,
  OidcClientsAnswerDto,
  OidcSecretAnswerDto,
} from './clients.dto.js';
import { type ClientFields } from './clients.repository.js';
import { Clients, type ClientKeeper } from './clients.service.js';

/** An id in another format is answered like an unknown one: 404. */
const ClientId = () =>
  Param('id', new ParseUUIDPipe({ exceptionFactory: () => new AppError('oidc_client_not_found') }));

const DEFAULT_PAGE = 50;

const ETAG = {
  ETag: { description: 'Names the state of what can be changed; for `If-Match`.', schema: { type: 'string' as const } },
};

const FOR_ADMINS = ['unauthenticated', 'invalid_token', 'forbidden'] as const;

@ApiTags('OpenID Connect')
@ApiBearerAuth()
@Controller('api/oidc/clients')
export class ClientsController {
  constructor(private readonly clients: Clients) {}

  @Get()
  @Roles('ADMIN', 'SUPERVISOR')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listOidcClients',
    summary: 'List the applications that log people in here, newest first',
  })
  @ApiOkResponse({ type: OidcClientsAnswerDto, description: 'Without their secrets.' })
  @Fails('validation_failed', ...FOR_ADMINS)
  async list(
    @Query() page: PageByIdDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<OidcClientsAnswerDto> {
    const found = await this.clients.list(page.cursor ?? null, page.limit ?? DEFAULT_PAGE);
    return clientsAnswer(found, mayChange(caller), context.language);
  }

  @Post()
  @Roles('ADMIN')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'createOidcClient', summary: 'Register an application that logs people in here' })
  @ApiCreatedResponse({ type: CreatedOidcClientAnswerDto, description: 'With its secret, which is shown only once.' })
  @FailsWithBody('fresh_login_required', 'invalid_redirect_uri', ...FOR_ADMINS)
  async create(
    @Body() { kind, ...body }: CreateOidcClientDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<CreatedOidcClientAnswerDto> {
    const { row, secret } = await this.clients.create(
      kind,
      { ...fieldsOf(body), name: body.name },
      keeper(caller, context),
    );
    return createdAnswer(row, secret, context.language);
  }

  @Get(':id')
  @Roles('ADMIN', 'SUPERVISOR')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'getOidcClient', summary: 'One application' })
  @ApiOkResponse({ type: OidcClientAnswerDto, description: 'Without its secret.', headers: ETAG })
  @Fails('oidc_client_not_found', ...FOR_ADMINS)
  async get(
    @ClientId() id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OidcClientAnswerDto> {
    const row = await this.clients.get(id);
    void reply.header('etag', clientTag(row));
    return clientAnswer(row, 'one', mayChange(caller), context.language);
  }

  @Patch(':id')
  @Roles('ADMIN')
  @FreshLogin()
  @ApiOperation({
    operationId: 'changeOidcClient',
    summary: 'Change an application; fields that are left out stay',
    description:
      'With `If-Match` and the `ETag` of an earlier answer, only if nobody has changed the application since: otherwise 412 `application_changed`, whose `details` are the application as it is now.',
  })
  @ApiHeader({ name: 'If-Match', required: false, description: '`ETag` of the state that is changed.' })
  @ApiOkResponse({
    type: OidcClientAnswerDto,
    description: 'It takes effect from the next request of the application on.',
    headers: ETAG,
  })
  @FailsWithBody(
    'fresh_login_required',
    'invalid_redirect_uri',
    'oidc_client_not_found',
    'application_changed',
    ...FOR_ADMINS,
  )
  async change(
    @ClientId() id: string,
    @Body() body: ChangeOidcClientDto,
    @Headers('if-match') seen: string | undefined,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OidcClientAnswerDto> {
    const row = await this.clients.change(id, fieldsOf(body), keeper(caller, context), seen ?? null);
    void reply.header('etag', clientTag(row));
    return clientAnswer(row, 'changed', true, context.language);
  }

  @Post(':id/secret')
  @Roles('ADMIN')
  @FreshLogin()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'rotateOidcClientSecret',
    summary: 'Replace the secret of an application; the old one stops working at once',
  })
  @ApiOkResponse({ type: OidcSecretAnswerDto, description: 'The new secret; it is shown only once.' })
  @Fails('fresh_login_required', 'oidc_client_not_found', ...FOR_ADMINS)
  async rotate(
    @ClientId() id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<OidcSecretAnswerDto> {
    return secretAnswer(await this.clients.rotateSecret(id, keeper(caller, context)), context.language);
  }

  @Delete(':id')
  @Roles('ADMIN')
  @FreshLogin()
  @ApiOperation({ operationId: 'deleteOidcClient', summary: 'Delete an application and everything issued to it' })
  @ApiOkResponse({
    type: OidcClientDeletedAnswerDto,
    description: 'Tokens of the application are refused from now on.',
  })
  @Fails('fresh_login_required', 'oidc_client_not_found', ...FOR_ADMINS)
  async delete(
    @ClientId() id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<OidcClientDeletedAnswerDto> {
    await this.clients.delete(id, keeper(caller, context));
    return deletedAnswer(context.language);
  }
}

function keeper(caller: CurrentCaller, context: RequestContext): ClientKeeper {
  return { userId: caller.userId, address: context.address, requestId: context.id };
}

/** What a body names, by the names of the table; `openid` may always be asked for. */
function fieldsOf(body: ChangeOidcClientDto): Partial<ClientFields> {
  const named = {
    name: body.name,
    logo_uri: body.logoUri,
    redirect_uris: body.redirectUris,
    post_logout_redirect_uris: body.postLogoutRedirectUris,
    backchannel_logout_uri: body.backchannelLogoutUri,
    scopes: body.scopes && [...new Set(['openid', ...body.scopes])],
    resources: body.resources,
    first_party: body.firstParty,
    access_token_seconds: body.accessTokenSeconds,
    refresh_token_seconds: body.refreshTokenSeconds,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

const mayChange = ({ role }: CurrentCaller): boolean => role === 'ADMIN';
