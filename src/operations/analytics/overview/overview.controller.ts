import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '../../../platform/http/access.decorators.js';
import { Fails } from '../../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../../platform/http/request-context.js';
import { overviewAnswer } from './overview-answer.js';
import { OverviewAnswerDto, OverviewQueryDto } from './overview.dto.js';
import { OverviewFigures } from './overview.service.js';

@ApiTags('Delivery')
@Controller('api/admin')
@Roles('ADMIN', 'SUPERVISOR')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class OverviewController {
  constructor(private readonly figures: OverviewFigures) {}

  @Get('overview')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'overview',
    summary: 'Show how codes fared, who was refused, what is spent of the day’s cap, and how fast providers are',
    description:
      'Of today, 7 or 30 days by the clocks of a zone, with a series by hour or day. Codes only: notices, answers of the bot and test messages are in `GET /api/admin/delivery`.',
  })
  @ApiOkResponse({ type: OverviewAnswerDto, description: 'Exact counts. What is not known is null, and no zero.' })
  @Fails('validation_failed')
  async overview(
    @Query() { range = 'today', timezone = 'UTC' }: OverviewQueryDto,
    @Context() context: RequestContext,
  ): Promise<OverviewAnswerDto> {
    return overviewAnswer(await this.figures.of(range, timezone), context.language);
  }
}
