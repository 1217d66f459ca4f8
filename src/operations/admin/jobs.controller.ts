import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Roles } from '../../platform/http/access.decorators.js';
import { Fails } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { jobsAnswer } from './answers.js';
import { JobsAnswerDto } from './jobs.dto.js';

@ApiTags('Jobs')
@Controller('api/admin/jobs')
@Roles('ADMIN', 'SUPERVISOR')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class JobsController {
  constructor(private readonly jobs: Jobs) {}

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'List the scheduled jobs and their last runs' })
  @ApiOkResponse({ type: JobsAnswerDto, description: 'The jobs, by name.' })
  async list(@Context() context: RequestContext): Promise<JobsAnswerDto> {
    return jobsAnswer(await this.jobs.list(), context.language);
  }
}
