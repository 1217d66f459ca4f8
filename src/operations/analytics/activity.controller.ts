import {
  Body,
  Controller,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Post,
  Query,
  applyDecorators,
  type StreamableFile,
  type Type,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { linkedAccountName } from '../../gateway/accounts/linked-account-routes.js';
import {
  Caller,
  FreshLogin,
  KeylessFromLoopback,
  Scopes,
  requireFresh,
  ScopesOrSupervisor,
  type CurrentCaller,
} from '../../platform/http/access.decorators.js';
import { csvFile, wantsCsv } from '../../platform/lists/csv-answers.js';
import { AppError } from '../../platform/errors/app-error.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import {
  ACTIVITY_COLUMNS,
  OTP_COLUMNS,
  activityAnswer,
  activityLines,
  cleanupAnswer,
  dashboardAnswer,
  otpLines,
  otpLogAnswer,
  statsAnswer,
} from './activity-answers.js';
import { ActivityFigures } from './activity-figures.js';
import { ActivityLogs } from './activity-logs.js';
import {
  ActivityAnswerDto,
  ActivityQueryDto,
  CleanupAnswerDto,
  CleanupDto,
  DashboardAnswerDto,
  DashboardQueryDto,
  OtpLogAnswerDto,
  OtpLogQueryDto,
  SessionStatsAnswerDto,
  SpanQueryDto,
} from './activity.dto.js';

const PAGE = 50;

const KEY_FAILURES = ['unauthenticated', 'invalid_token', 'invalid_api_key', 'forbidden', 'rate_limited'] as const;

/** An answer as JSON, or as a file for who asks for CSV. */
const PageOrFile = (page: Type) =>
  applyDecorators(
    ApiExtraModels(page),
    ApiOkResponse({
      description:
        'A page, newest first. With `Accept: text/csv` all matching entries, as a file: for an API key, and for an ADMIN whose login is fresh.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(page) } },
        'text/csv': { schema: { type: 'string' } },
      },
    }),
  );

@ApiTags('Gateway analytics')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/analytics')
@KeylessFromLoopback()
export class ActivityController {
  constructor(
    private readonly figures: ActivityFigures,
    private readonly logs: ActivityLogs,
  ) {}

  @Get('dashboard')
  @ScopesOrSupervisor('analytics')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'gatewayDashboard', summary: 'Show figures of all linked accounts' })
  @ApiOkResponse({ type: DashboardAnswerDto, description: "Of the key's own linked accounts; of all, for an admin." })
  @Fails('validation_failed', ...KEY_FAILURES, 'session_not_found', 'session_id_ambiguous')
  async dashboard(
    @Query() query: DashboardQueryDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<DashboardAnswerDto> {
    return dashboardAnswer(await this.figures.dashboard(query, caller), context.language);
  }

  @Get('sessions/:id/stats')
  @ScopesOrSupervisor('analytics')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'gatewaySessionStats', summary: 'Show figures of one linked account' })
  @ApiOkResponse({ type: SessionStatsAnswerDto, description: 'The figures and the state of the linked account.' })
  @Fails('validation_failed', ...KEY_FAILURES, 'session_not_found', 'session_id_ambiguous')
  async stats(
    @Param('id', linkedAccountName) name: string,
    @Query() query: SpanQueryDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SessionStatsAnswerDto> {
    return statsAnswer(await this.figures.stats(name, query, caller), context.language);
  }

  @Get('logs/activity')
  @ScopesOrSupervisor('analytics')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listGatewayActivity',
    summary: 'List what happened to linked accounts, messages and codes',
  })
  @PageOrFile(ActivityAnswerDto)
  @Fails('validation_failed', ...KEY_FAILURES)
  activity(
    @Query() query: ActivityQueryDto,
    @Headers('accept') accept: string | undefined,
    @WhoCalls() caller: Calling,
    @Caller() person: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<ActivityAnswerDto | StreamableFile> {
    return this.lines(query, { errorsOnly: false, asFile: wantsFile(accept, person) }, caller, context);
  }

  @Get('logs/errors')
  @ScopesOrSupervisor('analytics')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listGatewayErrors',
    summary: 'List the entries of the activity log that failed, or may have',
  })
  @PageOrFile(ActivityAnswerDto)
  @Fails('validation_failed', ...KEY_FAILURES)
  errors(
    @Query() query: ActivityQueryDto,
    @Headers('accept') accept: string | undefined,
    @WhoCalls() caller: Calling,
    @Caller() person: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<ActivityAnswerDto | StreamableFile> {
    return this.lines(query, { errorsOnly: true, asFile: wantsFile(accept, person) }, caller, context);
  }

  @Get('logs/otp')
  @ScopesOrSupervisor('analytics')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listGatewayCodes', summary: 'List the codes sent for other applications' })
  @PageOrFile(OtpLogAnswerDto)
  @Fails('validation_failed', ...KEY_FAILURES)
  async codes(
    @Query() { limit, ...query }: OtpLogQueryDto,
    @Headers('accept') accept: string | undefined,
    @WhoCalls() caller: Calling,
    @Caller() person: CurrentCaller | undefined,
    @Context() context: RequestContext,
  ): Promise<OtpLogAnswerDto | StreamableFile> {
    if (wantsFile(accept, person))
      return csvFile(otpLines(await this.logs.exportCodes(query, limit, caller)), OTP_COLUMNS, 'otp.csv');
    return otpLogAnswer(await this.logs.codes(query, limit ?? PAGE, caller), context.language);
  }

  @Post('cleanup')
  @Scopes('analytics')
  @FreshLogin()
  @HttpCode(200)
  @ApiOperation({
    operationId: 'cleanGatewayLogs',
    summary: 'Delete old log entries early',
    description:
      "Of the key's own linked accounts and codes, at most 20,000 of each. The figures counted from them stay.",
  })
  @ApiOkResponse({ type: CleanupAnswerDto, description: 'When `more` is true, call again.' })
  @FailsWithBody('fresh_login_required', ...KEY_FAILURES)
  async cleanup(
    @Body() body: CleanupDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<CleanupAnswerDto> {
    return cleanupAnswer(await this.logs.clean(body.olderThanDays, caller, context), context.language);
  }

  private async lines(
    { limit, ...query }: ActivityQueryDto,
    { errorsOnly, asFile }: { errorsOnly: boolean; asFile: boolean },
    caller: Calling,
    context: RequestContext,
  ): Promise<ActivityAnswerDto | StreamableFile> {
    const name = errorsOnly ? 'errors' : 'activity';
    if (asFile) {
      const rows = await this.logs.export(query, errorsOnly, limit, caller);
      return csvFile(activityLines(rows), ACTIVITY_COLUMNS, `${name}.csv`);
    }
    const page = await this.logs.page(query, errorsOnly, limit ?? PAGE, caller);
    return activityAnswer(page, name, context.language);
  }
}

/**
 * @throws AppError `forbidden` for a SUPERVISOR, who reads pages but takes nothing away; `fresh_login_required` for a person
 *   whose login is not fresh
 */
function wantsFile(accept: string | undefined, person: CurrentCaller | undefined): boolean {
  if (!wantsCsv(accept)) return false;
  if (person?.role === 'SUPERVISOR') throw new AppError('forbidden');
  if (person) requireFresh(person);
  return true;
}
