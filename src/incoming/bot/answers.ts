import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { nationalPhone } from '../../platform/phone/phone.js';
import { isHiddenSender } from '../../platform/phone/sender.js';
import {
  type ConversationAnswerDto,
  type ConversationDto,
  type ConversationMessageDto,
  type ConversationMessagesAnswerDto,
  type ConversationsAnswerDto,
  type ReplyAnswerDto,
} from './conversations.dto.js';
import { type HistoryMessage, type ShownConversation, type ShownMessage } from './conversations.service.js';

/** Characters of a message that a list shows. */
const PREVIEW = 100;

export function conversationsAnswer(
  { conversations, nextCursor }: { conversations: readonly ShownConversation[]; nextCursor: string | null },
  language: Language,
): ConversationsAnswerDto {
  const data = conversations.map(conversationOf);
  return { success: true, message: TEXTS[language].answers.conversations.conversations, data, nextCursor };
}

export function oneConversationAnswer(conversation: ShownConversation, language: Language): ConversationAnswerDto {
  return { success: true, message: TEXTS[language].answers.conversations.one, data: conversationOf(conversation) };
}

export function conversationAnswer(conversation: ShownConversation, language: Language): ConversationAnswerDto {
  return { success: true, message: TEXTS[language].answers.conversations.changed, data: conversationOf(conversation) };
}

export function messagesAnswer(
  { messages, nextCursor }: { messages: readonly HistoryMessage[]; nextCursor: string | null },
  language: Language,
): ConversationMessagesAnswerDto {
  return {
    success: true,
    message: TEXTS[language].answers.conversations.messages,
    data: messages.map(messageOf),
    nextCursor,
  };
}

export function replyAnswer(message: HistoryMessage, language: Language): ReplyAnswerDto {
  return { success: true, message: TEXTS[language].answers.conversations.replied, data: messageOf(message) };
}

function conversationOf(conversation: ShownConversation): ConversationDto {
  const { phone, name, state, unread, canReply, lastMessage } = conversation;
  return {
    ...(isHiddenSender(phone) ? { phone: null, senderId: phone } : { phone: nationalPhone(phone) }),
    ...{ name, state, unread, canReply },
    lastMessage: lastMessage && {
      id: lastMessage.id,
      direction: directionOf(lastMessage),
      kind: lastMessage.kind,
      preview: lastMessage.text && [...lastMessage.text.slice(0, 2 * PREVIEW)].slice(0, PREVIEW).join(''),
      at: lastMessage.at.toISOString(),
    },
    startedAt: conversation.startedAt.toISOString(),
    lastActivityAt: conversation.lastActivityAt.toISOString(),
  };
}

function messageOf(message: HistoryMessage): ConversationMessageDto {
  const { id, kind, text, media, provider, sentBy, sentByName, delivery, reason, sentAt } = message;
  const direction = directionOf(message);
  const answeredBy = direction === 'in' ? null : sentBy === null ? 'bot' : 'staff';
  return {
    ...{ id, direction, kind, text, media, provider, answeredBy, sentBy, sentByName },
    delivery: delivery?.toLowerCase() ?? null,
    reason,
    at: message.at.toISOString(),
    sentAt,
  };
}

function directionOf({ direction }: Pick<ShownMessage, 'direction'>): 'in' | 'out' {
  return direction === 'IN' ? 'in' : 'out';
}
