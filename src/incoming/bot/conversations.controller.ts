import { Body, Controller, Get, Header, HttpCode, Param, Patch, Post, Query, StreamableFile } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Caller, Roles, type CurrentCaller } from '../../platform/http/access.decorators.js';
import { Fails, FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { IDEMPOTENCY_FAILURES, Idempotent } from '../../platform/idempotency/idempotency.guard.js';
import { PageDto } from '../../platform/http/validation/page.dto.js';
import {
  conversationAnswer,
  conversationsAnswer,
  messagesAnswer,
  oneConversationAnswer,
  replyAnswer,
} from './answers.js';
import {
  ChangeConversationDto,
  ConversationAnswerDto,
  ConversationMessagesAnswerDto,
  ConversationsAnswerDto,
  ListConversationsDto,
  ReplyAnswerDto,
  ReplyDto,
} from './conversations.dto.js';
import { replyContent } from './reply-content.js';
import { Conversations } from './conversations.service.js';

const DEFAULT_PAGE = 20;

/** Never shown within a page of this origin; the name twice, as RFC 6266 has it (`filename*` by RFC 8187). */
function savedAs(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_');
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}

/** A number in any spelling. */
const PhoneParam = () => ApiParam({ name: 'phone', example: '081234567890', description: 'In any common format.' });

/** What the staff sees of conversations, and answering by hand: docs/contract/dashboard.md#conversations. */
@ApiTags('Conversations')
@ApiBearerAuth()
@Controller('api/conversations')
@Roles('ADMIN', 'SUPERVISOR', 'OPERATOR')
@Fails('unauthenticated', 'invalid_token', 'forbidden')
export class ConversationsController {
  constructor(private readonly conversations: Conversations) {}

  @Get()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'listConversations', summary: 'Conversations, newest activity first' })
  @ApiOkResponse({ type: ConversationsAnswerDto, description: 'A page of conversations.' })
  @Fails('validation_failed')
  async list(
    @Query() { state, cursor, limit = DEFAULT_PAGE }: ListConversationsDto,
    @Context() context: RequestContext,
  ): Promise<ConversationsAnswerDto> {
    const page = await this.conversations.list({ state: state ?? null, cursor: cursor ?? null, limit });
    return conversationsAnswer(page, context.language);
  }

  @Get(':phone')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'getConversation', summary: 'One conversation, as in the list' })
  @PhoneParam()
  @ApiOkResponse({ type: ConversationAnswerDto, description: 'The conversation.' })
  @Fails('invalid_phone', 'conversation_not_found')
  async one(@Param('phone') phone: string, @Context() context: RequestContext): Promise<ConversationAnswerDto> {
    return oneConversationAnswer(await this.conversations.one(phone), context.language);
  }

  @Get(':phone/messages')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listConversationMessages',
    summary: 'List the messages of a conversation, newest first',
  })
  @PhoneParam()
  @ApiOkResponse({ type: ConversationMessagesAnswerDto, description: 'A page of messages.' })
  @Fails('validation_failed', 'invalid_phone', 'conversation_not_found')
  async messages(
    @Param('phone') phone: string,
    @Query() { cursor, limit = DEFAULT_PAGE }: PageDto,
    @Context() context: RequestContext,
  ): Promise<ConversationMessagesAnswerDto> {
    const page = await this.conversations.history(phone, cursor ?? null, limit);
    return messagesAnswer(page, context.language);
  }

  @Get(':phone/messages/:messageId/media')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'openConversationMedia',
    summary: 'Download a file that came in',
    description:
      'The file is fetched from its provider now; it is not stored here. Only pictures, videos, sounds and common ' +
      'documents, judged by their first bytes, of at most `MEDIA_MAX_BYTES`.',
  })
  @PhoneParam()
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({
    schema: { type: 'string', format: 'binary' },
    description: 'The file as a download; `Content-Type` is its type, `Content-Disposition` its name.',
  })
  @Fails(
    'invalid_phone',
    'conversation_not_found',
    'media_not_found',
    'media_unavailable',
    'media_too_large',
    'media_type_not_allowed',
    'busy',
  )
  async media(@Param('phone') phone: string, @Param('messageId') messageId: string): Promise<StreamableFile> {
    const { mimeType, name, bytes } = await this.conversations.media(phone, messageId);
    return new StreamableFile(bytes, { type: mimeType, disposition: savedAs(name) });
  }

  @Post(':phone/reply')
  @HttpCode(200)
  @Idempotent()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'replyInConversation',
    summary: 'Reply by hand and take over the conversation',
    description:
      'Sends a text, or a file by its address, to somebody who has written. The state becomes AGENT: the bot is silent ' +
      'until the state is BOT again. With an `Idempotency-Key` a repetition sends nothing again.',
  })
  @PhoneParam()
  @ApiOkResponse({ type: ReplyAnswerDto, description: 'The reply is stored and on its way.' })
  @FailsWithBody('invalid_phone', 'conversation_not_found', 'media_not_sendable', ...IDEMPOTENCY_FAILURES)
  async reply(
    @Param('phone') phone: string,
    @Body() body: ReplyDto,
    @Caller() { userId }: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<ReplyAnswerDto> {
    const said = await this.conversations.reply(phone, replyContent(body), { userId, context });
    return replyAnswer(said, context.language);
  }

  @Patch(':phone')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'changeConversation',
    summary: 'Set who answers from now on, or mark everything as read',
  })
  @PhoneParam()
  @ApiOkResponse({ type: ConversationAnswerDto, description: 'The conversation after the change.' })
  @FailsWithBody('invalid_phone', 'conversation_not_found')
  async change(
    @Param('phone') phone: string,
    @Body() { state, read, readTo }: ChangeConversationDto,
    @Caller() { userId }: CurrentCaller,
    @Context() context: RequestContext,
  ): Promise<ConversationAnswerDto> {
    const change = { state: state ?? null, read: read ?? false, readTo: readTo ?? null };
    return conversationAnswer(await this.conversations.change(phone, change, { userId, context }), context.language);
  }
}
