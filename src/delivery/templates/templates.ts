import { type Language, type Settings } from '../../platform/config/settings.js';
import { type OutgoingMedia, type OutgoingMessage } from '../providers/message-provider.js';

/** What a code message says; sealed in the message row until its final state. */
export interface CodeContent {
  readonly template: 'otp.login' | 'otp.phone_change' | 'otp.reset';
  readonly code: string;
  readonly minutes: number;
  readonly language: Language;
  /** Another application that the person logs in for, by the name that an admin gave it; absent: the service itself. */
  readonly application?: string;
}

/** What a notice says: something happened to the account, and there is nothing to do if it was its owner. */
export interface NoticeContent {
  readonly template:
    | 'notice.phone_changed'
    | 'notice.phone_proven'
    | 'notice.password_changed'
    | 'notice.own_password_changed'
    | 'notice.canary';
  readonly language: Language;
}

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

type App = Pick<Settings, 'appName' | 'appTeam'>;

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

/** What a code is for, as the first sentence of its message. */
const CODE_FOR: Record<CodeContent['template'], Record<Language, (appName: string) => string>> = {
  'otp.login': {
    id: (appName) => `Kode OTP untuk login ke ${appName}:`,
    en: (appName) => `Your code to log in to ${appName}:`,
  },
  'otp.phone_change': {
    id: (appName) => `Kode OTP untuk memakai nomor ini di ${appName}:`,
    en: (appName) => `Your code to use this number with ${appName}:`,
  },
  'otp.reset': {
    id: (appName) => `Kode OTP untuk reset sandi ${appName}:`,
    en: (appName) => `Your code to reset the password of ${appName}:`,
  },
};

const PASSWORD_CHANGED: Record<Language, (appName: string) => string> = {
  id: (appName) => `Kata sandi akun Anda di ${appName} telah diubah`,
  en: (appName) => `The password of your account with ${appName} has been changed`,
};

/** Subjects of mails. Lock screens show them, so no code is in there. */
const SUBJECTS: Record<MessageContent['template'], Record<Language, (appName: string) => string>> = {
  text: { id: (appName) => `Pesan dari ${appName}`, en: (appName) => `A message from ${appName}` },
  'otp.login': {
    id: (appName) => `Kode OTP untuk login ke ${appName}`,
    en: (appName) => `Your code to log in to ${appName}`,
  },
  'otp.phone_change': {
    id: (appName) => `Kode OTP untuk nomor baru di ${appName}`,
    en: (appName) => `Your code for a new number with ${appName}`,
  },
  'otp.reset': {
    id: (appName) => `Kode OTP untuk reset sandi ${appName}`,
    en: (appName) => `Your code to reset the password of ${appName}`,
  },
  'notice.password_changed': PASSWORD_CHANGED,
  'notice.own_password_changed': PASSWORD_CHANGED,
  'notice.phone_proven': {
    id: (appName) => `Nomor Anda di ${appName} telah diverifikasi`,
    en: (appName) => `Your number has been verified with ${appName}`,
  },
  'notice.canary': {
    id: (appName) => `Uji pengiriman ${appName}`,
    en: (appName) => `Delivery check of ${appName}`,
  },
  'notice.phone_changed': {
    id: (appName) => `Nomor WhatsApp akun Anda di ${appName} telah diganti`,
    en: (appName) => `The WhatsApp number of your account with ${appName} has been changed`,
  },
};

const NOTICES: Record<NoticeContent['template'], Record<Language, (app: App) => string[]>> = {
  'notice.phone_changed': {
    id: ({ appName, appTeam }) => [
      `Nomor WhatsApp untuk akun Anda di ${appName} telah diganti.`,
      '',
      `Jika bukan Anda yang menggantinya, segera hubungi Tim ${appTeam}.`,
    ],
    en: ({ appName, appTeam }) => [
      `The WhatsApp number of your account with ${appName} has been changed.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
  },
  'notice.phone_proven': {
    id: ({ appName, appTeam }) => [
      `Kode yang dikirim ke nomor ini baru saja dipakai untuk pertama kali di ${appName}. Akun dengan nomor ini sekarang menjadi milik Anda.`,
      '',
      'Kata sandi, email, dan username yang diisi saat pendaftaran telah dihapus, dan semua perangkat yang login sebelumnya telah dikeluarkan dari akun.',
      '',
      `Jika bukan Anda yang memakai kode itu, segera hubungi Tim ${appTeam}.`,
    ],
    en: ({ appName, appTeam }) => [
      `A code to this number has just been used for the first time with ${appName}. The account with this number is now yours.`,
      '',
      'The password, e-mail and username that were set at registration have been removed, and every device that was logged in before has been logged out.',
      '',
      `If it was not you who used the code, contact the ${appTeam} team at once.`,
    ],
  },
  'notice.canary': {
    id: ({ appName }) => [`Ini pesan uji pengiriman dari ${appName}. Anda tidak perlu melakukan apa pun.`],
    en: ({ appName }) => [`This is a delivery check of ${appName}. There is nothing to do.`],
  },
  'notice.password_changed': {
    id: ({ appName, appTeam }) => [
      `Kata sandi akun Anda di ${appName} telah diubah, dan semua perangkat telah dikeluarkan dari akun.`,
      '',
      `Jika bukan Anda yang mengubahnya, segera hubungi Tim ${appTeam}.`,
    ],
    en: ({ appName, appTeam }) => [
      `The password of your account with ${appName} has been changed, and every device has been logged out.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
  },
  // The device on which it was changed stays logged in.
  'notice.own_password_changed': {
    id: ({ appName, appTeam }) => [
      `Kata sandi akun Anda di ${appName} telah diubah, dan semua perangkat lain telah dikeluarkan dari akun.`,
      '',
      `Jika bukan Anda yang mengubahnya, segera hubungi Tim ${appTeam}.`,
    ],
    en: ({ appName, appTeam }) => [
      `The password of your account with ${appName} has been changed, and every other device has been logged out.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
  },
};

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
    subject: SUBJECTS[content.template][content.language](nameIn(content, app)),
    language: content.language,
    email: FOR_THE_NUMBER.has(content.template) ? null : email,
    ...('code' in content ? { code: content.code } : {}),
    ...('media' in content ? { media: content.media } : {}),
  };
}

/**
 * The text of a message, in WhatsApp's markup. A code stands as `*code*` on a line of its own.
 *
 * @param name the recipient's name as it is stored; made harmless here
 */
export function renderMessage(content: MessageContent, name: string | null, app: App): string {
  if (content.template === 'text') return freeText(content);
  const { language } = content;
  const greeted = harmlessName(name);
  const hello = language === 'id' ? 'Halo' : 'Hello';
  const body = 'code' in content ? codeLines(content, app) : NOTICES[content.template][language](app);
  const farewell =
    language === 'id' ? ['Terima kasih,', `Tim ${app.appTeam}`] : ['Thank you,', `The ${app.appTeam} team`];
  return [greeted === '' ? `${hello},` : `${hello} ${greeted},`, '', ...body, '', ...farewell].join('\n');
}

/** A file as a text can tell of it, for the developer inbox. */
function freeText({ text, media }: TextContent): string {
  return media ? [media.caption, media.url].filter((line) => line !== null).join('\n') : text;
}

/** Without greeting and farewell: an SMS of more than 160 characters costs twice. */
function shortText(content: MessageContent, app: App): string {
  if (content.template === 'text') return freeText(content);
  const { language } = content;
  if (!('code' in content)) {
    const lines = NOTICES[content.template][language](app);
    return lines.filter((line) => line !== '').join('\n');
  }
  const warning =
    language === 'id'
      ? `Berlaku ${content.minutes} menit. Jangan bagikan.`
      : `Valid for ${content.minutes} minutes. Do not share it.`;
  return [CODE_FOR[content.template][language](nameIn(content, app)), `*${content.code}*`, warning].join('\n');
}

function codeLines(content: CodeContent, app: App): string[] {
  const { template, code, minutes, language } = content;
  const warning =
    language === 'id'
      ? [`Kode ini berlaku selama ${minutes} menit.`, 'Jangan bagikan kode ini kepada siapapun.']
      : [`This code is valid for ${minutes} minutes.`, 'Do not share it with anyone.'];
  return [CODE_FOR[template][language](nameIn(content, app)), '', `*${code}*`, '', ...warning];
}

/** What the code is for: an application that the person logs in for, or the service itself. */
function nameIn(content: MessageContent, { appName }: App): string {
  return 'application' in content ? harmlessName(content.application ?? null) || appName : appName;
}
