import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { whatsappId } from '../../platform/phone/phone.js';
import { type SentMessage } from './gateway-messages.service.js';
import { type SentMenuAnswerDto } from './message-kinds.dto.js';
import { type SentMessageAnswerDto } from './messages.dto.js';

export function sentAnswer(
  { sessionId, to, messageId, sentAt }: SentMessage,
  language: Language,
): SentMessageAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.messages.sent,
    data: { sessionId, to: whatsappId(to), messageId, timestamp: sentAt.toISOString() },
  };
}

export function sentMenuAnswer(sent: SentMessage, language: Language): SentMenuAnswerDto {
  const { data, ...answer } = sentAnswer(sent, language);
  return { ...answer, data: { ...data, renderedAs: 'text' } };
}
