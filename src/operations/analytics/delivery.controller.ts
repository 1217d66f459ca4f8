import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { funnelAnswer, providersAnswer } from './answers.js';
import { FunnelAnswerDto, FunnelQueryDto, ProvidersAnswerDto } from './delivery.dto.js';
import { DeliveryFigures } from './delivery.service.js';

@ApiTags('Delivery')
@Controller('api/admin')
@Roles('ADMIN', 'SUPERVISOR')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class DeliveryController {
  constructor(private readonly figures: DeliveryFigures) {}

  @Get('providers')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listProviders',
    summary: 'Show each provider: its state, its results and its last error',
  })
  @ApiOkResponse({ type: ProvidersAnswerDto, description: 'The providers, in the order in which they are tried.' })
  async providers(@Context() context: RequestContext): Promise<ProvidersAnswerDto> {
    return providersAnswer(await this.figures.providers(), context.language);
  }

  @Get('delivery')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'deliveryFunnel',
    summary: 'Count codes by stage: requested, accepted, sent, delivered, read, verified',
  })
  @ApiOkResponse({ type: FunnelAnswerDto, description: 'Counts of the range, in total and by provider.' })
  @Fails('validation_failed')
  async funnel(@Query() query: FunnelQueryDto, @Context() context: RequestContext): Promise<FunnelAnswerDto> {
    return funnelAnswer(await this.figures.funnel(query), context.language);
  }
}
