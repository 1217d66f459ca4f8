import { Controller, Get, Header } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Settings } from '../config/settings.js';
import { answerLanguage } from '../errors/language.js';
import { Authenticated, Caller, type CurrentCaller } from '../http/access.decorators.js';
import { Fails } from '../http/openapi.decorators.js';
import { Context, type RequestContext } from '../http/request-context.js';
import { personalDataAnswer } from './answers.js';
import { PersonalDataAnswerDto } from './personal-data.dto.js';
import { PersonalData } from './personal-data.js';

@ApiTags('Own account')
@Controller('api/auth/me')
@ApiBearerAuth()
export class OwnAccountController {
  constructor(
    private readonly settings: Settings,
    private readonly personalData: PersonalData,
  ) {}

  @Get('export')
  @Authenticated()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'exportMe', summary: 'Everything that is held about me' })
  @ApiOkResponse({ type: PersonalDataAnswerDto, description: 'The data.' })
  @Fails('unauthenticated', 'invalid_token')
  async export(@Caller() caller: CurrentCaller, @Context() context: RequestContext): Promise<PersonalDataAnswerDto> {
    const data = await this.personalData.export(caller.userId, caller.userId, context);
    return personalDataAnswer(data, answerLanguage(this.settings.messageLanguage, context.acceptLanguage));
  }
}
