import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { TestNumbers } from '../../delivery/outbox/test-numbers.js';
import { SigningKeys } from '../../identity/sessions/signing-keys.js';
import { TokenSettings } from '../../platform/config/groups/tokens.js';
import { SettingsInForce } from '../../platform/config/in-force.js';
import { Roles } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { settingsAnswer, signingKeysAnswer, templatesAnswer, testNumbersAnswer } from './answers.js';
import { SettingsAnswerDto, SigningKeysAnswerDto, TemplatesAnswerDto, TestNumbersAnswerDto } from './settings.dto.js';
import { TemplatePreviews } from './template-previews.js';

/** What the service runs with, to be read; it is set in the environment. Nothing secret. */
@ApiTags('Settings')
@Controller('api/admin')
@Roles('ADMIN', 'SUPERVISOR')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class SettingsController {
  constructor(
    private readonly settings: SettingsInForce,
    private readonly tokens: TokenSettings,
    private readonly previews: TemplatePreviews,
    private readonly testNumbers: TestNumbers,
    private readonly keys: SigningKeys,
  ) {}

  @Get('settings')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listSettings',
    summary: 'Settings in force, and where each value comes from',
    description: 'Of this instance. Of what may be a secret only whether it is set.',
  })
  @ApiOkResponse({ type: SettingsAnswerDto, description: 'All settings.' })
  list(@Context() { language }: RequestContext): SettingsAnswerDto {
    return settingsAnswer(this.settings.all, language);
  }

  @Get('templates')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listTemplates', summary: 'Every message that the service sends, in each language' })
  @ApiOkResponse({ type: TemplatesAnswerDto, description: 'All messages, with made-up values.' })
  templates(@Context() { language }: RequestContext): TemplatesAnswerDto {
    return templatesAnswer(this.previews.all(), language);
  }

  @Get('test-numbers')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listTestNumbers',
    summary: 'Numbers to which nothing is sent, and what becomes of their codes',
    description: 'They are set by `TEST_PHONES`. Fixed codes are not told.',
  })
  @ApiOkResponse({ type: TestNumbersAnswerDto, description: 'The test numbers.' })
  async numbers(@Context() { language }: RequestContext): Promise<TestNumbersAnswerDto> {
    return testNumbersAnswer(await this.testNumbers.all(), language);
  }

  @Get('signing-keys')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listSigningKeys', summary: 'Keys that sign and verify tokens, with their dates' })
  @ApiOkResponse({ type: SigningKeysAnswerDto, description: 'The keys, without anything that signs.' })
  async signingKeys(@Context() { language }: RequestContext): Promise<SigningKeysAnswerDto> {
    return signingKeysAnswer(this.tokens.jwtAlgorithm, await this.keys.all(), language);
  }
}
