import { type RegionSettings } from '../../platform/config/groups/region.js';
import { type Language } from '../../platform/config/languages.js';
import { answerLanguage, isLanguage } from '../../platform/texts/language.js';

/** Written by the language switch of the pages, read by the server and by their scripts; it is no secret. */
export const LANGUAGE_COOKIE = 'masuk-lang';

/** A choice of language stays for a year; seconds. */
export const LANGUAGE_KEPT = 365 * 24 * 60 * 60;

/** What a request says about its reader's language. */
export interface LanguageWishes {
  /** `?lang=` as it came: anything. */
  readonly asked: unknown;
  /** The cookie, as it came. */
  readonly chosen: string | undefined;
  readonly acceptLanguage: string | undefined;
}

/**
 * The language of a page: `?lang=`, else the cookie of the language switch, else as the service's answers
 * (`MESSAGE_LANGUAGE`, by `Accept-Language` where it is `negotiate`).
 */
export function pageLanguage(wishes: LanguageWishes, setting: RegionSettings['messageLanguage']): Language {
  if (isLanguage(wishes.asked)) return wishes.asked;
  return isLanguage(wishes.chosen) ? wishes.chosen : answerLanguage(setting, wishes.acceptLanguage);
}
