import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { DatabaseHealth } from '../database/database-health.js';
import { Public } from '../http/access.decorators.js';
import { Messaging } from '../messaging/messaging.service.js';
import { HealthAnswerDto, LiveAnswerDto } from './health.dto.js';

@ApiTags('Health')
@Controller()
export class HealthController {
  constructor(
    private readonly database: DatabaseHealth,
    private readonly messaging: Messaging,
  ) {}

  @Get('health/live')
  @Public()
  @ApiOperation({ operationId: 'live', summary: 'Whether the process answers' })
  @ApiOkResponse({ type: LiveAnswerDto, description: 'It does; asks nothing else.' })
  live(): LiveAnswerDto {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @ApiOperation({ operationId: 'ready', summary: 'Whether requests can be served' })
  @ApiOkResponse({ type: HealthAnswerDto, description: 'The database answers.' })
  @ApiResponse({ status: 503, type: HealthAnswerDto, description: 'The database does not answer.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthAnswerDto> {
    return this.report(reply);
  }

  @Get('api/health')
  @Public()
  @ApiOperation({ operationId: 'health', summary: 'Database and WhatsApp at a glance' })
  @ApiOkResponse({ type: HealthAnswerDto, description: 'The database answers.' })
  @ApiResponse({ status: 503, type: HealthAnswerDto, description: 'The database does not answer.' })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthAnswerDto> {
    return this.report(reply);
  }

  private async report(reply: FastifyReply): Promise<HealthAnswerDto> {
    const [database, connected] = await Promise.all([this.database.answers(), this.messaging.reachesPhones()]);
    if (!database) void reply.code(503).header('retry-after', '5');
    void reply.header('cache-control', 'no-store');
    return {
      success: database,
      status: database ? 'ok' : 'unavailable',
      database: database ? 'connected' : 'disconnected',
      whatsapp: connected ? 'connected' : 'disconnected',
    };
  }
}
