import { Body, Controller, Delete, Get, Header, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AppError } from '../../platform/errors/app-error.js';
import { Caller, FreshLogin, Roles, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { PageByIdDto } from '../../platform/http/validation/page.dto.js';
import { createdAnswer, keysAnswer, revokedAnswer } from './answers.js';
import { ApiKeyRevokedAnswerDto, ApiKeysAnswerDto, CreateApiKeyDto, CreatedApiKeyAnswerDto } from './api-keys.dto.js';
import { ApiKeys, type KeyKeeper } from './api-keys.service.js';

/** An id in another format is answered like an unknown one: 404. */
function KeyId() {
  return Param('id', new ParseUUIDPipe({ exceptionFactory: () => new AppError('api_key_not_found') }));
}

const DEFAULT_PAGE = 50;

@ApiTags('API keys')
@ApiBearerAuth()
@Controller('api/api-keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeys) {}

  @Get()
  @Roles('ADMIN', 'SUPERVISOR')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listApiKeys', summary: 'List API keys, newest first' })
  @ApiOkResponse({
    type: ApiKeysAnswerDto,
    description: 'Including revoked and expired keys; the keys themselves are never shown.',
  })
  @Fails('validation_failed', 'unauthenticated', 'invalid_token', 'forbidden')
  async list(@Query() page: PageByIdDto, @Context() context: RequestContext): Promise<ApiKeysAnswerDto> {
    const found = await this.keys.list(page.cursor ?? null, page.limit ?? DEFAULT_PAGE);
    return keysAnswer(found, context.language);
  }

  @Post()
  @Roles('ADMIN')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'createApiKey', summary: 'Create an API key for another service' })
  @ApiCreatedResponse({ type: CreatedApiKeyAnswerDto, description: 'The key; it is shown only once.' })
  @Fails('fresh_login_required', 'validation_failed', 'unauthenticated', 'invalid_token', 'forbidden')
  async create(
    @Body() body: CreateApiKeyDto,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<CreatedApiKeyAnswerDto> {
    const { name, scopes, expiresAt, requestsPerMinute } = body;
    const wanted = {
      name,
      scopes,
      expiresAt: expiresAt ? new Date(expiresAt) : null,
      requestsPerMinute: requestsPerMinute ?? undefined,
    };
    const { key, row } = await this.keys.create(wanted, keeper(caller, context));
    return createdAnswer(key, row, context.language);
  }

  @Delete(':id')
  @Roles('ADMIN')
  @FreshLogin()
  @ApiOperation({ operationId: 'revokeApiKey', summary: 'Revoke an API key' })
  @ApiOkResponse({
    type: ApiKeyRevokedAnswerDto,
    description: 'The key is refused from its next call on; 200 also when it was revoked before.',
  })
  @Fails('fresh_login_required', 'unauthenticated', 'invalid_token', 'forbidden', 'api_key_not_found')
  async revoke(
    @KeyId() id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<ApiKeyRevokedAnswerDto> {
    await this.keys.revoke(id, keeper(caller, context));
    return revokedAnswer(context.language);
  }
}

function keeper(caller: CurrentCaller, context: RequestContext): KeyKeeper {
  return { userId: caller.userId, address: context.address, requestId: context.id };
}
