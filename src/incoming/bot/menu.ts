import { type IncomingMessage } from '../../delivery/providers/message-provider.js';

/** Who answers a sender: the bot by itself, a person of the staff, or nobody. */
export type ConversationState = 'BOT' | 'AGENT' | 'PAUSE';

/** What the bot has to say. */
export type BotAnswer = 'menu' | 'info' | 'help' | 'agent' | 'pause' | 'bot' | OpeningAnswer;

/** What came of asking that the number's codes be opened again. */
export type OpeningAnswer = 'opened' | 'was_open' | 'late';

/** What a message does: the state after it, and the answer; null for silence. */
export interface Reaction {
  readonly state: ConversationState;
  readonly answer: BotAnswer | null;
}

/** Whole messages that change the state, in whatever state the conversation is: docs/contract/dashboard.md#the-bot. */
const COMMANDS: ReadonlyMap<string, { state: ConversationState; answer: BotAnswer }> = new Map([
  ['admin', { state: 'AGENT', answer: 'agent' }],
  ['agent', { state: 'AGENT', answer: 'agent' }],
  ['pause', { state: 'PAUSE', answer: 'pause' }],
  ['bot', { state: 'BOT', answer: 'bot' }],
]);

const CHOICES: ReadonlyMap<string, BotAnswer> = new Map([
  ['1', 'info'],
  ['2', 'help'],
]);

/** Whole messages by which the owner of a number opens its codes again; said in every state, and no state changes. */
const OPENING_WORDS: ReadonlySet<string> = new Set(['buka', 'unlock']);

/** A longer message is neither a command nor a choice. */
const LONGEST_WORD = 64;

/** Kinds of which something is there to answer even without a text. */
const SPEAKS_FOR_ITSELF: ReadonlySet<IncomingMessage['kind']> = new Set([
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contact',
]);

/** What a message of a person does in a conversation. Pure: the same message in the same state does the same. */
export function react(state: ConversationState, said: Pick<IncomingMessage, 'kind' | 'text' | 'media'>): Reaction {
  const word = spokenWord(said);
  const command = word === null ? undefined : COMMANDS.get(word);
  if (command) return command;
  if (state !== 'BOT') return { state, answer: null };
  // A reaction to a message or a notice of WhatsApp's is nothing that a person said.
  const saidSomething = word !== null || said.media !== null || SPEAKS_FOR_ITSELF.has(said.kind);
  return { state, answer: saidSomething ? (CHOICES.get(word ?? '') ?? 'menu') : null };
}

/** Whether somebody asks that the codes of their number be opened again. */
export function asksToOpen(said: Pick<IncomingMessage, 'kind' | 'text' | 'media'>): boolean {
  const word = spokenWord(said);
  return word !== null && OPENING_WORDS.has(word);
}

/**
 * What a person said, as a word. The text of a kind without a name is WhatsApp's own: that a number has changed, an
 * invitation to a group, a new security code.
 */
function spokenWord({ kind, text, media }: Pick<IncomingMessage, 'kind' | 'text' | 'media'>): string | null {
  return text === null || (kind === 'other' && media === null) ? null : wordOf(text);
}

/**
 * A message as a word: full-width characters, Arabic digits and key caps (`1️⃣`) as plain ones, without the asterisks
 * that the menu sets its words in, in lower case. Null for a message of blanks.
 */
function wordOf(text: string): string | null {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST_WORD) return trimmed;
  const word = trimmed
    .normalize('NFKC')
    .replace(/[٠-٩۰-۹]/g, (digit) => String((digit.codePointAt(0) ?? 0) & 0xf))
    .replace(/[\p{Cf}\uFE0F\u20E3]/gu, '')
    .trim()
    .replace(/^\*(.*)\*$/, '$1')
    .toLowerCase();
  return word === '' ? null : word;
}
