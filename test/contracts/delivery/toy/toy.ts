import { isSuccess } from '../../../../src/delivery/providers/http-exchange.js';
import { idOf, own, parseObject } from '../../../../src/delivery/providers/json-fields.js';
import type {
  DeviceState,
  MessageProvider,
  OutgoingMessage,
  SendOutcome,
} from '../../../../src/delivery/providers/message-provider.js';
import { rejected, state, outcomeWithoutAnswer } from '../../../../src/delivery/providers/outcomes.js';
import { ProviderApi } from '../../../../src/delivery/providers/provider-api.js';
import type { SurpriseListener } from '../../../../src/delivery/providers/redaction.js';

export class ToyProvider implements MessageProvider {
  readonly name = 'toy';
  readonly onWhatsApp = false;
  readonly sendsReceipts = true;
  readonly mediaKinds = [];
  readonly stateAge = 1_000;
  readonly #api: ProviderApi;

  constructor(baseUrl: string, onSurprise: SurpriseListener) {
    const headers = { 'Content-Type': 'application/json' };
    this.#api = new ProviderApi({ provider: this.name, baseUrl, headers, secrets: [], onSurprise });
  }

  async send({ to, text }: OutgoingMessage, signal: AbortSignal): Promise<SendOutcome> {
    const answer = await this.#api.post('/send', JSON.stringify({ to, text }), signal);
    if (answer.kind !== 'answer') return outcomeWithoutAnswer(answer);
    if (!isSuccess(answer)) return rejected('provider-unavailable', { status: answer.status });
    return { kind: 'accepted', providerMessageId: idOf(own(parseObject(answer.text), 'id')) };
  }

  deviceState(): Promise<DeviceState> {
    return Promise.resolve(state('connected', 'wound up'));
  }
}
