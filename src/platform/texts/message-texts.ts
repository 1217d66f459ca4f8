import { type NameSettings } from '../config/groups/names.js';

/** Whose service it is, as messages name it. */
export type App = Pick<NameSettings, 'appName' | 'appTeam'>;

/** What a code message is for. */
export type CodeTemplate = 'otp.login' | 'otp.phone_change' | 'otp.reset';

/** News of an account. */
export type NoticeTemplate =
  | 'notice.phone_changed'
  | 'notice.phone_proven'
  | 'notice.password_changed'
  | 'notice.own_password_changed'
  | 'notice.second_factor_added'
  | 'notice.second_factor_removed'
  | 'notice.second_factor_reset'
  | 'notice.recovery_codes_made'
  | 'notice.recovery_code_used'
  | 'notice.canary';

/** What a notice may name. */
export interface Noticed extends App {
  /** Recovery codes that are left, where one was used. */
  readonly codesLeft: number;
}

/** Every sentence of the messages that the service sends, in one language. */
export interface MessageTexts {
  /** The first line. @param name harmless, or empty when it is not known */
  greeting(name: string): string;
  /** The last lines. */
  farewell(app: App): string[];
  /** What a code is for: the line above it. */
  readonly codeFor: Record<CodeTemplate, (appName: string) => string>;
  /** How long a code is valid, and that it is a secret: the lines below it. */
  codeRules(minutes: number): string[];
  /** The same in one line, for an SMS. */
  codeRulesInShort(minutes: number): string;
  /** What has happened, without greeting and farewell. */
  readonly notices: Record<NoticeTemplate, (what: Noticed) => string[]>;
  /** Subjects of mails. Lock screens show them, so no code is in there. */
  readonly subjects: Record<CodeTemplate | NoticeTemplate | 'text', (appName: string) => string>;
  /** The code of another application. @param company whom the message names; harmless */
  verification(company: string, code: string, minutes: number): string[];
  /** The last line of a menu that is a numbered text. */
  readonly answerByNumber: string;
  /** What a file is called that has neither caption nor name. */
  readonly media: Record<'image' | 'video' | 'audio' | 'document', string>;
}
