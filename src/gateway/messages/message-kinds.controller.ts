import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiOperation, ApiSecurity, ApiTags } from '@nestjs/swagger';
import { WhoCalls, type Calling } from '../../identity/api-keys/api-key.guard.js';
import { RegionSettings } from '../../platform/config/groups/region.js';
import { AppError } from '../../platform/errors/app-error.js';
import { answerLanguage } from '../../platform/texts/language.js';
import { KeylessFromLoopback, Scopes } from '../../platform/http/access.decorators.js';
import { FailsWithBody } from '../../platform/http/openapi.decorators.js';
import { Context, type RequestContext } from '../../platform/http/request-context.js';
import { parsePhone } from '../../platform/phone/phone.js';
import { sentAnswer, sentMenuAnswer } from './answers.js';
import { SentMessageAnswerDto } from './messages.dto.js';
import { GatewayMessages } from './gateway-messages.service.js';
import { SendButtonsDto, SendListDto, SendLocationDto, SentMenuAnswerDto, areChoices } from './message-kinds.dto.js';
import { renderMenu, type Menu } from '../menus/menus.js';
import { SEND_FAILURES } from './messages.controller.js';
import { LinkedAccountName } from '../accounts/linked-account-routes.js';
import { invalidField } from '../../platform/errors/invalid-field.js';

const AS_TEXT =
  'WhatsApp removed native menus for linked accounts, so the choices are sent as a numbered text (`renderedAs`). The ' +
  'recipient answers with the number or the title within 24 hours; the incoming message then names the id of the choice.';

@ApiTags('WhatsApp gateway')
@ApiBearerAuth()
@ApiSecurity('apiKey')
@Controller('api/messages')
@Scopes('messages')
@KeylessFromLoopback()
export class GatewayKindsController {
  constructor(
    private readonly settings: RegionSettings,
    private readonly messages: GatewayMessages,
  ) {}

  @Post(':sessionId/location')
  @HttpCode(200)
  @ApiOperation({ operationId: 'sendGatewayLocation', summary: 'Send a location' })
  @ApiOkResponse({ type: SentMessageAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES)
  async location(
    @LinkedAccountName('sessionId') name: string,
    @Body() { to, ...content }: SendLocationDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMessageAnswerDto> {
    const sent = await this.messages.send(name, caller, this.phone(to), { kind: 'location', content });
    return sentAnswer(sent, context.language);
  }

  @Post(':sessionId/button')
  @HttpCode(200)
  @ApiOperation({ operationId: 'sendGatewayButtons', summary: 'Send a text with choices', description: AS_TEXT })
  @ApiOkResponse({ type: SentMenuAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES)
  async button(
    @LinkedAccountName('sessionId') name: string,
    @Body() { to, text, footer, buttons }: SendButtonsDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMenuAnswerDto> {
    const rows = buttons.map(({ id, text: title }) => ({ id, title }));
    const content = this.menu({ text, ...(footer && { footer }), sections: [{ rows }] }, 'buttons');
    const sent = await this.messages.send(name, caller, this.phone(to), { kind: 'button', content });
    return sentMenuAnswer(sent, context.language);
  }

  @Post(':sessionId/list')
  @HttpCode(200)
  @ApiOperation({ operationId: 'sendGatewayList', summary: 'Send a list of choices', description: AS_TEXT })
  @ApiOkResponse({ type: SentMenuAnswerDto, description: 'WhatsApp has accepted the message.' })
  @FailsWithBody(...SEND_FAILURES)
  async list(
    @LinkedAccountName('sessionId') name: string,
    @Body() { to, text, footer, buttonText, sections }: SendListDto,
    @WhoCalls() caller: Calling,
    @Context() context: RequestContext,
  ): Promise<SentMenuAnswerDto> {
    const more = { ...(footer && { footer }), ...(buttonText && { heading: buttonText }) };
    const content = this.menu({ text, ...more, sections }, 'sections');
    const sent = await this.messages.send(name, caller, this.phone(to), { kind: 'list', content });
    return sentMenuAnswer(sent, context.language);
  }

  private phone(to: string): string {
    const phone = parsePhone(to, this.settings.allowedCountries);
    if (phone === null) throw new AppError('invalid_phone');
    return phone;
  }

  private menu(menu: Menu, field: string) {
    const content = renderMenu(menu, answerLanguage(this.settings.messageLanguage, undefined));
    if (areChoices(content.choices.map(({ id }) => id))) return content;
    throw invalidField(field, 'badChoices');
  }
}
