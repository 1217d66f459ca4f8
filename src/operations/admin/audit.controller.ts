import { Controller, Get, Header, Headers, Query, type StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiOperation, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { AuditLog } from '../../records/audit/audit-log.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Caller, requireFresh, Roles, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { csvFile, wantsCsv } from '../../platform/lists/csv-answers.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { Sessions } from '../../identity/sessions/sessions.service.js';
import { EVENT_COLUMNS, auditAnswer, eventLines } from './answers.js';
import { AuditAnswerDto, AuditQueryDto } from './audit.dto.js';

const PAGE = 50;

@ApiTags('Audit log')
@Controller('api/admin/audit')
@Roles('ADMIN', 'SUPERVISOR')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class AuditController {
  constructor(
    private readonly log: AuditLog,
    private readonly logins: Sessions,
  ) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listAuditEvents',
    summary: 'Security events, newest first',
    description:
      'With `Accept: text/csv` all matching events, as a file, for an ADMIN whose login is fresh. Reading them is recorded as an event, too.',
  })
  @ApiExtraModels(AuditAnswerDto)
  @ApiOkResponse({
    description: 'A page of events.',
    content: {
      'application/json': { schema: { $ref: getSchemaPath(AuditAnswerDto) } },
      'text/csv': { schema: { type: 'string' }, example: 'id,occurredAt,type,outcome,…' },
    },
  })
  @Fails('validation_failed', 'fresh_login_required')
  async list(
    @Query() { limit, ...query }: AuditQueryDto,
    @Headers('accept') accept: string | undefined,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<AuditAnswerDto | StreamableFile> {
    const reader = { userId: caller.userId, address: context.address, requestId: context.id };
    if (wantsCsv(accept)) {
      if (caller.role !== 'ADMIN') throw new AppError('forbidden');
      requireFresh(caller);
      const found = await this.log.export(query, limit, reader, () => this.logins.isStillAdmin(caller));
      return csvFile(eventLines(found), EVENT_COLUMNS, 'audit.csv');
    }
    const { events, nextCursor } = await this.log.page(query, limit ?? PAGE, reader);
    return auditAnswer(events, nextCursor, context.language);
  }
}
