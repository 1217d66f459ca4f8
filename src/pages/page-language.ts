import { type Language, type Settings } from '../config/settings.js';
import { answerLanguage } from '../errors/language.js';

/** The pages' own cookie: no secret, written by the language switch, read here and by the pages' scripts. */
const COOKIE = /(?:^|;\s*)masuk-lang=(id|en)(?:;|$)/;

/** A choice of language stays for a year; seconds. */
const REMEMBERED_FOR = 365 * 24 * 60 * 60;

/** What a request says about its reader's language. */
export interface LanguageWishes {
  /** `?lang=` as it came: anything. */
  readonly asked: unknown;
  readonly cookies: string | undefined;
  readonly acceptLanguage: string | undefined;
}

/**
 * The language of a page: `?lang=`, else the cookie of the language switch, else as the service's answers
 * (`MESSAGE_LANGUAGE`, by `Accept-Language` where it is `negotiate`).
 */
export function pageLanguage(wishes: LanguageWishes, setting: Settings['messageLanguage']): Language {
  if (isLanguage(wishes.asked)) return wishes.asked;
  const chosen = COOKIE.exec(wishes.cookies ?? '')?.[1];
  return isLanguage(chosen) ? chosen : answerLanguage(setting, wishes.acceptLanguage);
}

/** Only a choice is remembered, not what was negotiated; null otherwise. */
export function languageCookie(asked: unknown, secure: boolean): string | null {
  if (!isLanguage(asked)) return null;
  return `masuk-lang=${asked}; Path=/; Max-Age=${REMEMBERED_FOR}; SameSite=Lax${secure ? '; Secure' : ''}`;
}

function isLanguage(value: unknown): value is Language {
  return value === 'id' || value === 'en';
}
