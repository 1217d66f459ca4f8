import { type RegionSettings } from '../config/groups/region.js';
import { LANGUAGES, type Language } from '../config/languages.js';
import { weightedRanges } from './accept-header.js';

/** Whether somebody named one of our languages. */
export function isLanguage(value: unknown): value is Language {
  return LANGUAGES.some((language) => language === value);
}

/**
 * The language of an answer.
 *
 * @param setting `MESSAGE_LANGUAGE`; only `negotiate` looks at the header
 * @param acceptLanguage the `Accept-Language` header (RFC 9110 section 12.5.4); absent, `*` or unknown is Indonesian, and so
 *   is what nobody asked for by a request, such as a message
 */
export function answerLanguage(
  setting: RegionSettings['messageLanguage'],
  acceptLanguage: string | undefined,
): Language {
  if (setting !== 'negotiate') return setting;
  let best: Language = 'id';
  let bestWeight = 0;
  for (const { range, weight } of weightedRanges(acceptLanguage, 200)) {
    const language = range.split('-')[0];
    if (isLanguage(language) && weight > bestWeight) [best, bestWeight] = [language, weight];
  }
  return best;
}
