import { type Language } from '../../../platform/config/settings.js';
import { ENGLISH } from './en.js';
import { INDONESIAN } from './id.js';
import { type MessageTexts } from './message-texts.js';

/** The sentences of messages by language. */
export const MESSAGE_TEXTS: Record<Language, MessageTexts> = { id: INDONESIAN, en: ENGLISH };
