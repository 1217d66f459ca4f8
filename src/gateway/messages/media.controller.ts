import { Controller, HttpCode, Post, Req, applyDecorators } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiConsumes,
  ApiExtraModels,
  ApiOkResponse,
  ApiOperation,
  ApiSecurity,
  ApiTags,
  getSchemaPath,
} from '@nestjs/swagger';
import { type FastifyRequest } from 'fastify';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { KeylessFromLoopback, Scopes } from '../../platform/http/access.decorators.js';
import { FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { TakesUpload } from '../../platform/http/bodies/uploads.js';
import { sentAnswer } from './answers.js';
import { SentMessageAnswerDto } from './messages.dto.js';
import { MediaMessages } from './media-messages.js';
import { SendMediaDto } from '../media/media.dto.js';
import { type MediaKind } from '../../delivery/providers/media-types.js';
import { SEND_FAILURES } from './messages.controller.js';
import { LinkedAccountName } from '../accounts/linked-account-routes.js';

const HOW =
  'Upload the file as `multipart/form-data` in the field named like the route, or give its `url`. At most ' +
  '`MEDIA_MAX_BYTES` (50 MB). Its type is decided by its bytes.';

/** What the four routes have in common. */
function SendsFile(kind: MediaKind, summary: string) {
  const fields = { $ref: getSchemaPath(SendMediaDto) };
  const file = { type: 'object', properties: { [kind]: { type: 'string', format: 'binary' } } };
  return applyDecorators(
    HttpCode(200),
    TakesUpload(),
    ApiExtraModels(SendMediaDto),
    ApiOperation({ operationId: `sendGateway${kind[0]?.toUpperCase()}${kind.slice(1)}`, summary, description: HOW }),
    ApiConsumes('multipart/form-data', 'application/json'),
    ApiBody({ required: true, schema: { allOf: [fields, file] } }),
    ApiOkResponse({ type: SentMessageAnswerDto, description: 'WhatsApp has accepted the message.' }),
    FailsWithBody(
      ...SEND_FAILURES,
      'media_too_large',
      'media_type_not_allowed',
      'media_url_refused',
      'media_url_failed',
    ),
  );
}

@ApiTags('WhatsApp gateway')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/messages')
@Scopes('messages')
@KeylessFromLoopback()
export class GatewayMediaController {
  constructor(private readonly media: MediaMessages) {}

  @Post(':sessionId/image')
  @SendsFile('image', 'Send a picture: JPEG, PNG or WebP')
  image(
    @LinkedAccountName('sessionId') name: string,
    @Req() request: FastifyRequest,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    return this.send('image', { name, request, caller, context });
  }

  @Post(':sessionId/video')
  @SendsFile('video', 'Send a video: MP4, 3GP or QuickTime')
  video(
    @LinkedAccountName('sessionId') name: string,
    @Req() request: FastifyRequest,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    return this.send('video', { name, request, caller, context });
  }

  @Post(':sessionId/audio')
  @SendsFile('audio', 'Send a sound: Ogg with Opus (also as a voice note), MP3, M4A, AAC or AMR')
  audio(
    @LinkedAccountName('sessionId') name: string,
    @Req() request: FastifyRequest,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    return this.send('audio', { name, request, caller, context });
  }

  @Post(':sessionId/document')
  @SendsFile('document', 'Send a document: PDF, Office, OpenDocument, RTF, plain text, CSV, pictures, sounds, videos')
  document(
    @LinkedAccountName('sessionId') name: string,
    @Req() request: FastifyRequest,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    return this.send('document', { name, request, caller, context });
  }

  private async send(
    kind: MediaKind,
    given: { name: string; request: FastifyRequest; caller: Calling; context: RequestContext },
  ): Promise<SentMessageAnswerDto> {
    const sent = await this.media.send(given.name, given.caller, kind, given.request);
    return sentAnswer(sent, given.context.language);
  }
}
