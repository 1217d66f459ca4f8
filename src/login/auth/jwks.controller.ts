import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../platform/http/access.decorators.js';
import { SigningKeys } from '../../identity/sessions/signing-keys.js';
import { JwkSetDto } from './auth.dto.js';

@ApiTags('Keys')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ operationId: 'jwks', summary: 'Keys that access tokens are verified with' })
  @ApiOkResponse({ type: JwkSetDto, description: 'JSON Web Key Set (RFC 7517).' })
  jwks(): JwkSetDto {
    return this.keys.jwks();
  }
}
