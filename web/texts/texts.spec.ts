import { expect, it } from '@jest/globals';
import { CATALOGUE } from '../../src/platform/errors/catalogue.js';
import { LANGUAGES } from '../../src/platform/config/languages.js';
import { textsIn } from './language.js';

/** Codes that none of the pages' calls can meet; every other one has its sentence in `problems` of each `web/texts/<language>.ts`. */
const NEVER_MET = [
  'verification_not_found',
  'webhook_not_found',
  'webhook_url_refused',
  'webhook_limit_reached',
  'session_id_taken',
  'session_id_ambiguous',
  'session_limit_reached',
  'session_not_connected',
  'session_already_linked',
  'qr_not_available',
  'invalid_ticket',
  'not_on_whatsapp',
  'media_url_refused',
  'media_url_failed',
  'import_unreadable',
  'import_not_found',
  'import_not_checked',
  'media_too_large',
  'media_type_not_allowed',
  'message_refused',
  'message_unconfirmed',
  'message_not_sent',
  'session_warming_up',
  'session_restricted',
  'gateway_unavailable',
  'idempotency_key_invalid',
  'idempotency_conflict',
  'idempotency_key_reused',
  'invalid_webhook_secret',
  'conversation_not_found',
  'media_not_sendable',
  'media_not_found',
  'media_unavailable',
  'invalid_json',
  'malformed_request',
  'invalid_token',
  'invalid_refresh_token',
  'invalid_api_key',
  'fresh_login_required',
  'application_changed',
  'second_factor_required',
  'second_factor_enrolment_required',
  'invalid_second_factor',
  'second_factor_locked',
  'second_factor_not_enrolled',
  'second_factor_setup_expired',
  'second_factor_off',
  'last_second_factor',
  'own_second_factor',
  'passkey_limit_reached',
  'passkey_not_found',
  'login_page_required',
  'registration_by_phone_only',
  'registration_closed',
  'api_key_not_found',
  'oidc_client_not_found',
  'invalid_redirect_uri',
  'email_taken',
  'username_taken',
  'phone_taken',
  'phone_required',
  'last_admin',
  'account_changed',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'conflict',
  'body_too_large',
  'uri_too_long',
  'unsupported_media_type',
  'headers_too_large',
  'expectation_failed',
];

const keysOf = (value: object, path = ''): string[] =>
  Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null ? keysOf(inner as object, `${path}${key}.`) : [path + key],
  );

it.each(LANGUAGES)('says everything in %s', (language) => {
  expect(keysOf(textsIn(language)).sort()).toEqual(keysOf(textsIn('id')).sort());
});

it.each(LANGUAGES)('has a sentence in %s for every failure that the pages can meet', (language) => {
  const met = Object.keys(CATALOGUE).filter((code) => !NEVER_MET.includes(code));
  expect(met.filter((code) => !(code in textsIn(language).problems))).toEqual([]);
});
