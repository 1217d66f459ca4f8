import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { type FastifyReply } from 'fastify';
import { Caller, Roles, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { Fails } from '../../../platform/http/openapi.decorators.js';
import { ChangeStreams, READERS } from './change-streams.js';

@ApiTags('Delivery')
@Controller('api/admin')
@Roles(...READERS)
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class ChangesController {
  constructor(private readonly changes: ChangeStreams) {}

  @Get('events')
  @ApiOperation({
    operationId: 'adminEvents',
    summary: 'Tell as it happens that something has changed, by server-sent events',
    description:
      'Each event `changed` names in `topics` what should be read anew: `overview` (`GET /api/admin/overview`, `GET /api/admin/delivery`), `devices` (`GET /api/admin/providers`, `GET /api/sessions`) or `conversations` (`GET /api/conversations`: the 100 newest, and what became of answers of the last quarter of an hour). An `OPERATOR` is told of `conversations` alone. The first event names all topics, unless `Last-Event-ID` says what is known. The answer ends after five minutes, with the login or role of its reader, and when the service stops: ask again then. While nothing changes, a comment comes every 15 s.',
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: '`id` of the last event that came, at whichever instance.',
  })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({
    description: 'Events, until the answer ends.',
    schema: { type: 'string', example: 'id: 1f0c…\nevent: changed\ndata: {"topics":["overview"]}\n\n' },
  })
  @Fails('busy')
  events(
    @Headers('last-event-id') last: string | undefined,
    @Caller() caller: CurrentCaller,
    @Res() reply: FastifyReply,
  ): void {
    this.changes.begin(caller, last ?? null, reply);
  }
}
