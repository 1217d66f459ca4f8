import { type Language } from '../../platform/config/languages.js';
import { type OutgoingMedia, type OutgoingMessage } from '../providers/message-provider.js';
import { type App, type CodeTemplate, type NoticeTemplate } from '../../platform/texts/message-texts.js';
import { TEXTS } from '../../platform/texts/texts.js';

/** What a code message says; sealed in the message row until its final state. */
export interface CodeContent {
  readonly template: CodeTemplate;
  readonly code: string;
  readonly minutes: number;
  readonly language: Language;
  /** Another application that the person logs in for, by the name that an admin gave it; absent: the service itself. */
  readonly application?: string;
}

/** What a notice says: something happened to the account, and there is nothing to do if it was its owner. */
export type NoticeContent =
  | { readonly template: Exclude<NoticeTemplate, 'notice.recovery_code_used'>; readonly language: Language }
  | { readonly template: 'notice.recovery_code_used'; readonly language: Language; readonly codesLeft: number };

/** A free text or a file, sent as it is: what the bot or a person answers to an incoming message. */
export interface TextContent {
  readonly template: 'text';
  /** In WhatsApp's markup; empty for a file. */
  readonly text: string;
  /** What is sent in place of the text. */
  readonly media?: OutgoingMedia;
  readonly language: Language;
  /** The provider that the message came in by, which is asked first with the answer; null: the ladder's order. */
  readonly via: string | null;
}

/** Every kind of content the service sends. */
export type MessageContent = CodeContent | NoticeContent | TextContent;

/** Whom a message is for. */
export interface Recipient {
  /** E.164. */
  readonly phone: string;
  /** As it is stored; made harmless here. */
  readonly name: string | null;
  /** The account's e-mail address, if it has one. */
  readonly email: string | null;
}

/** `https://…`, `www.…`, `name@host`, `host/path`, and names under the endings that phishing commonly uses. */
const ADDRESSES =
  /\b[a-z][a-z0-9+.-]*:\/\/\S*|\bwww\.\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)+\/\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|id|co|io|me|ly|gl|xyz|info|link|site|online|app|dev|top|shop|click|live|web|biz|my|sg)\b/gi;

/** Whole characters, not halves of them. */
const FIRST_SIXTY = /^(.{0,60}).*$/u;

/**
 * A stored name as a message may carry it: line breaks would forge lines, markup would forge a code, an address would
 * make the message a phishing carrier (docs/contract/sikeskoja.md#the-message). Titles such as `S.Kom` stay, but with a
 * space, so that no app turns them into links.
 */
export function harmlessName(name: string | null): string {
  return (
    (name ?? '')
      .normalize('NFKC')
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
      .replace(ADDRESSES, '')
      .replace(/[*_~`]/g, '')
      .replace(/[.\u2024\u3002\uff0e\uff61](?=\S)/g, '. ')
      // Digits in a name would read as another code.
      .replace(/\d{4,}/g, '')
      .replace(/\s+/g, ' ')
      .trim()
      .replace(FIRST_SIXTY, '$1')
  );
}

/**
 * What may reach this number and nothing else: a code that proves the number would prove a mailbox instead, a conversation
 * belongs to who holds the number now, and so does the news that the account is theirs.
 */
const FOR_THE_NUMBER: ReadonlySet<MessageContent['template']> = new Set([
  'otp.phone_change',
  'notice.phone_proven',
  'text',
]);

/** A message in every form that a channel may need. */
export function outgoingMessage(content: MessageContent, { phone, name, email }: Recipient, app: App): OutgoingMessage {
  return {
    to: phone,
    text: renderMessage(content, name, app),
    shortText: shortText(content, app),
    subject: TEXTS[content.language].messages.subjects[content.template](nameIn(content, app)),
    language: content.language,
    email: FOR_THE_NUMBER.has(content.template) ? null : email,
    ...('code' in content ? { code: content.code } : {}),
    ...('media' in content ? { media: content.media } : {}),
  };
}

/**
 * The text of a message, in WhatsApp's markup. A code is `*code*` on a line of its own.
 *
 * @param name the recipient's name as it is stored; made harmless here
 */
export function renderMessage(content: MessageContent, name: string | null, app: App): string {
  if (content.template === 'text') return freeText(content);
  const texts = TEXTS[content.language].messages;
  const body = 'code' in content ? codeLines(content, app) : noticeLines(content, app);
  return [texts.greeting(harmlessName(name)), '', ...body, '', ...texts.farewell(app)].join('\n');
}

/** A file as a text can tell of it, for the developer inbox. */
function freeText({ text, media }: TextContent): string {
  return media ? [media.caption, media.url].filter((line) => line !== null).join('\n') : text;
}

/** Without greeting and farewell: an SMS of more than 160 characters costs twice. */
function shortText(content: MessageContent, app: App): string {
  if (content.template === 'text') return freeText(content);
  const texts = TEXTS[content.language].messages;
  if (!('code' in content))
    return noticeLines(content, app)
      .filter((line) => line !== '')
      .join('\n');
  const purpose = texts.codeFor[content.template](nameIn(content, app));
  return [purpose, `*${content.code}*`, texts.codeRulesInShort(content.minutes)].join('\n');
}

function codeLines(content: CodeContent, app: App): string[] {
  const { template, code, minutes, language } = content;
  const texts = TEXTS[language].messages;
  return [texts.codeFor[template](nameIn(content, app)), '', `*${code}*`, '', ...texts.codeRules(minutes)];
}

function noticeLines(content: NoticeContent, { appName, appTeam }: App): string[] {
  const codesLeft = 'codesLeft' in content ? content.codesLeft : 0;
  return TEXTS[content.language].messages.notices[content.template]({ appName, appTeam, codesLeft });
}

/** What the code is for: an application that the person logs in for, or the service itself. */
function nameIn(content: MessageContent, { appName }: App): string {
  return 'application' in content ? harmlessName(content.application ?? null) || appName : appName;
}
