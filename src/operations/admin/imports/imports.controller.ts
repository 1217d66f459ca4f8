import { Controller, Delete, Get, Header, HttpCode, Param, Post, Req, type StreamableFile } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { type RunRow } from '../../../identity/people-import/people-import.js';
import { REPORT_COLUMNS } from '../../../identity/people-import/report.js';
import { DoneAnswerDto } from '../../../login/auth/auth.dto.js';
import { type Language } from '../../../platform/config/languages.js';
import { Caller, FreshLogin, Roles, type CurrentCaller } from '../../../platform/http/access.decorators.js';
import { TakesUpload } from '../../../platform/http/bodies/uploads.js';
import { Fails, FailsWithBody } from '../../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../../platform/http/request-context.js';
import { csvFile } from '../../../platform/lists/csv-answers.js';
import { TEXTS } from '../../../platform/texts/texts.js';
import { ImportRunner } from './import-runner.js';
import { ImportAnswerDto, ImportsAnswerDto, StartImportDto, type ImportDto } from './imports.dto.js';

const HOW =
  'As `multipart/form-data`: the fields first, the `file` last, at most `MEDIA_MAX_BYTES` (50 MB). Or as JSON with up to 1,000 ' +
  '`people`. Nothing is changed before it is confirmed. Plain passwords are not taken here.';

@ApiTags('Imports')
@Controller('api/admin/imports')
@Roles('ADMIN')
@ApiBearerAuth()
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class ImportsController {
  constructor(private readonly runner: ImportRunner) {}

  @Post()
  @FreshLogin()
  @TakesUpload()
  @ApiOperation({
    operationId: 'startImport',
    summary: 'Read people, and check what would become of them',
    description: HOW,
  })
  @ApiExtraModels(StartImportDto)
  @ApiConsumes('multipart/form-data', 'application/json')
  @ApiBody({
    required: true,
    schema: {
      allOf: [
        { $ref: getSchemaPath(StartImportDto) },
        { type: 'object', properties: { file: { type: 'string', format: 'binary' } } },
      ],
    },
  })
  @ApiCreatedResponse({ type: ImportAnswerDto, description: 'The import; its rows are checked in the background.' })
  @FailsWithBody(
    'fresh_login_required',
    'second_factor_required',
    'malformed_request',
    'import_unreadable',
    'media_too_large',
    'busy',
  )
  async start(
    @Req() request: FastifyRequest,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<ImportAnswerDto> {
    return answer(
      'importBegun',
      await this.runner.begin(request, { userId: caller.userId, login: caller, context }),
      context.language,
    );
  }

  @Get()
  @ApiOperation({ operationId: 'listImports', summary: 'Imports of the last day, newest first' })
  @ApiOkResponse({ type: ImportsAnswerDto, description: 'The imports.' })
  async list(@Context() { language }: RequestContext): Promise<ImportsAnswerDto> {
    const runs = await this.runner.list();
    return { success: true, message: TEXTS[language].answers.admin.imports, data: runs.map(shown) };
  }

  @Get(':id')
  @ApiOperation({ operationId: 'showImport', summary: 'How far an import is' })
  @ApiOkResponse({ type: ImportAnswerDto, description: 'The import.' })
  @Fails('import_not_found')
  async show(@Param('id') id: string, @Context() { language }: RequestContext): Promise<ImportAnswerDto> {
    return answer('importShown', await this.runner.show(id), language);
  }

  @Get(':id/report')
  @FreshLogin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'downloadImportReport', summary: 'What becomes of each row, as CSV' })
  @ApiOkResponse({
    description: 'A line for each row. Phones are masked.',
    content: { 'text/csv': { schema: { type: 'string' }, example: REPORT_COLUMNS.join(',') } },
  })
  @Fails('fresh_login_required', 'second_factor_required', 'import_not_found')
  async report(@Param('id') id: string): Promise<StreamableFile> {
    return csvFile(await this.runner.report(id), REPORT_COLUMNS, 'import.csv');
  }

  @Post(':id/confirm')
  @HttpCode(200)
  @FreshLogin()
  @ApiOperation({ operationId: 'confirmImport', summary: 'Write what was checked' })
  @ApiOkResponse({ type: ImportAnswerDto, description: 'The import; its rows are written in the background.' })
  @Fails('fresh_login_required', 'second_factor_required', 'import_not_found', 'import_not_checked')
  async confirm(
    @Param('id') id: string,
    @Caller() caller: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<ImportAnswerDto> {
    const run = await this.runner.confirm(id, { userId: caller.userId, login: caller, context });
    return answer('importConfirmed', run, context.language);
  }

  @Delete(':id')
  @ApiOperation({
    operationId: 'cancelImport',
    summary: 'End an import, and delete what is kept of it; what is written stays',
  })
  @ApiOkResponse({ type: DoneAnswerDto, description: 'It ends with the rows under way.' })
  @Fails('import_not_found')
  async cancel(@Param('id') id: string, @Context() { language }: RequestContext): Promise<DoneAnswerDto> {
    await this.runner.cancel(id);
    return { success: true, message: TEXTS[language].answers.admin.importCancelled };
  }
}

function answer(
  message: 'importBegun' | 'importShown' | 'importConfirmed',
  run: RunRow,
  language: Language,
): ImportAnswerDto {
  return { success: true, message: TEXTS[language].answers.admin[message], data: shown(run) };
}

function shown({ id, origin, state, rows, position, counts, created_at, updated_at }: RunRow): ImportDto {
  return {
    id,
    system: origin,
    state: state.toLowerCase() as ImportDto['state'],
    rows,
    position,
    counts,
    createdAt: created_at.toISOString(),
    updatedAt: updated_at.toISOString(),
  };
}
