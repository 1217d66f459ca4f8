import { type Language, type Settings } from '../config/settings.js';

/** What a code message says; sealed in the message row until its final state. */
export interface CodeContent {
  readonly template: 'otp.login';
  readonly code: string;
  readonly minutes: number;
  readonly language: Language;
}

/** Every kind of content the service sends. */
export type MessageContent = CodeContent;

/** `https://…`, `www.…`, `name@host`, `host/path`, and names under the endings that phishing commonly uses. */
const ADDRESSES =
  /\b[a-z][a-z0-9+.-]*:\/\/\S*|\bwww\.\S*|\S+@\S+|\b[\w-]+(?:\.[\w-]+)+\/\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|id|co|io|me|ly|gl|xyz|info|link|site|online|app|dev|top|shop|click|live|web|biz|my|sg)\b/gi;

/** Whole characters, not halves of them. */
const FIRST_SIXTY = /^(.{0,60}).*$/u;

/**
 * A stored name as a message may carry it: line breaks would forge lines, markup would forge a code, an address would
 * make the message a phishing carrier (contract A). Titles such as `S.Kom` stay, but apart, so that no app links them.
 */
function harmlessName(name: string | null): string {
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
 * The text of a message, in WhatsApp's markup. The code stands as `*code*` on a line of its own in every one.
 *
 * @param name the recipient's name as it is stored; made harmless here
 */
export function renderMessage(
  content: MessageContent,
  name: string | null,
  app: Pick<Settings, 'appName' | 'appTeam'>,
): string {
  const { code, minutes, language } = content;
  const greeted = harmlessName(name);
  const lines =
    language === 'id'
      ? [
          greeted === '' ? 'Halo,' : `Halo ${greeted},`,
          '',
          `Kode OTP untuk login ke ${app.appName}:`,
          '',
          `*${code}*`,
          '',
          `Kode ini berlaku selama ${minutes} menit.`,
          'Jangan bagikan kode ini kepada siapapun.',
          '',
          'Terima kasih,',
          `Tim ${app.appTeam}`,
        ]
      : [
          greeted === '' ? 'Hello,' : `Hello ${greeted},`,
          '',
          `Your code to log in to ${app.appName}:`,
          '',
          `*${code}*`,
          '',
          `This code is valid for ${minutes} minutes.`,
          'Do not share it with anyone.',
          '',
          'Thank you,',
          `The ${app.appTeam} team`,
        ];
  return lines.join('\n');
}
