import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { Scopes } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { TokenInspection, type Introspection } from '../../identity/sessions/token-inspection.js';
import { IntrospectionDto, TokenDto } from './auth.dto.js';

/** For other services: whether a token lives, and its end. Both keep their standard's forms (form-encoded in, RFC 7662 out). */
@ApiTags('Sessions')
@ApiSecurity('apiKey')
@ApiConsumes('application/x-www-form-urlencoded', 'application/json')
@Controller('api/auth')
export class TokensController {
  constructor(private readonly tokens: TokenInspection) {}

  @Post('introspect')
  @HttpCode(200)
  @Scopes('tokens')
  @ApiOperation({ operationId: 'introspect', summary: 'Check whether a token is active (RFC 7662)' })
  @ApiOkResponse({ type: IntrospectionDto, description: 'The state of the token right now.' })
  @Fails('validation_failed', 'unauthenticated', 'invalid_api_key', 'forbidden')
  async introspect(@Body() body: TokenDto): Promise<Introspection> {
    return this.tokens.introspect(body.token);
  }

  @Post('revoke')
  @HttpCode(200)
  @Scopes('tokens')
  @ApiOperation({ operationId: 'revoke', summary: 'End the session of a token (RFC 7009)' })
  @ApiOkResponse({ description: 'The token is no longer accepted; 200 also for an unknown token.' })
  @Fails('validation_failed', 'unauthenticated', 'invalid_api_key', 'forbidden')
  async revoke(@Body() body: TokenDto, @Context() context: RequestContext): Promise<void> {
    await this.tokens.revoke(body.token, context);
  }
}
