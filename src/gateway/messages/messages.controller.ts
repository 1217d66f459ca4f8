import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type ErrorCode } from '../../platform/errors/catalogue.js';
import { KeylessFromLoopback, Scopes } from '../../platform/http/access.decorators.js';
import { FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { sentAnswer } from './answers.js';
import { SendTextDto, SentMessageAnswerDto } from './messages.dto.js';
import { GatewayMessages } from './gateway-messages.service.js';
import { LINKED_ACCOUNT_FAILURES, LinkedAccountName } from '../accounts/linked-account-routes.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

/** What every route that sends can answer with. */
export const SEND_FAILURES: readonly ErrorCode[] = [
  ...LINKED_ACCOUNT_FAILURES,
  'invalid_phone',
  'session_not_connected',
  'not_on_whatsapp',
  'session_restricted',
  'session_warming_up',
  'message_refused',
  'message_not_sent',
  'message_unconfirmed',
  'busy',
];

@ApiTags('WhatsApp gateway')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/messages')
@Scopes('messages')
@KeylessFromLoopback()
export class GatewayMessagesController {
  constructor(
    private readonly settings: RegionSettings,
    private readonly messages: GatewayMessages,
  ) {}

  @Post(':sessionId/text')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'sendGatewayText',
    summary: 'Send a text',
    description:
      'Waits until WhatsApp has accepted the message, at most `GATEWAY_SEND_TIMEOUT` seconds: messages of a linked account are sent one by one, with pauses.',
  })
  @ApiOkResponse({ type: SentMessageAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES)
  async text(
    @LinkedAccountName('sessionId') name: string,
    @Body() body: SendTextDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    const to = parsePhone(body.to, this.settings.allowedCountries);
    if (to === null) throw new AppError('invalid_phone');
    const text = body.text ?? body.message;
    if (!text) throw invalidField('text', 'empty');
    const sent = await this.messages.send(name, caller, to, { kind: 'text', content: { text } });
    return sentAnswer(sent, context.language);
  }
}
