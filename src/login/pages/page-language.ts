import '@fastify/cookie';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type RegionSettings } from '../../platform/config/groups/region.js';
import { type Language } from '../../platform/config/languages.js';
import { type ServerSettings } from '../../platform/config/groups/server.js';
import { answerLanguage, isLanguage } from '../../platform/texts/language.js';

/** Written by the language switch of the pages, read by the server and by their scripts; it is not a secret. */
export const LANGUAGE_COOKIE = 'masuk-lang';

/** A choice of language stays for a year; seconds. */
export const LANGUAGE_KEPT = 365 * 24 * 60 * 60;

/**
 * The language of a page that answers this request; a choice by `?lang=` is remembered, what was negotiated is not.
 *
 * @param asked `?lang=` as it came
 */
export function languageFor(
  request: FastifyRequest,
  reply: FastifyReply,
  asked: unknown,
  { messageLanguage, publicUrl }: Pick<RegionSettings, 'messageLanguage'> & Pick<ServerSettings, 'publicUrl'>,
): Language {
  if (isLanguage(asked)) {
    const secure = publicUrl.startsWith('https:');
    void reply.setCookie(LANGUAGE_COOKIE, asked, { path: '/', maxAge: LANGUAGE_KEPT, sameSite: 'lax', secure });
  }
  const wishes = {
    asked,
    chosen: request.cookies[LANGUAGE_COOKIE],
    acceptLanguage: request.headers['accept-language'],
  };
  return pageLanguage(wishes, messageLanguage);
}

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
