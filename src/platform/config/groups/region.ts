import { LANGUAGES } from '../languages.js';
import { group } from '../rows/group.js';
import { list, oneOf, text } from '../rows/rule.js';
import { setting } from '../rows/setting.js';

/** Where the people are whom the service speaks to. */
export class RegionSettings extends group('Service', {
  messageLanguage: setting('MESSAGE_LANGUAGE', oneOf(...LANGUAGES, 'negotiate'), {
    default: 'id',
    doc: 'language of answers and messages: `id`, `en`, or `negotiate` (by `Accept-Language`; Indonesian when in doubt)',
  }),
  allowedCountries: setting(
    'ALLOWED_COUNTRIES',
    text(1024, /^[A-Z]{2}(\s*,\s*[A-Z]{2})*$/, 'must be a comma list of two-letter country codes').as(list),
    {
      default: 'ID',
      shown: true,
      doc: 'countries whose mobile numbers are accepted, a list of ISO 3166 codes in upper case',
    },
  ),
}) {}
