/**
 * The rooms of src/ and their order. `npm run directions`, `npm run lint` and the picture in docs/architecture.md read
 * this file; docs/architecture.md#rooms says what each room is for.
 *
 * A room is a folder that is named here. A folder inside a room that is not named here is a part of that room.
 */

/** Floors, top to bottom. A room imports only from the floors under its own: never sideways, never up. */
export const FLOORS = [
  ['operations/admin', 'operations/analytics', 'operations/console', 'operations/health', 'operations/settings'],
  ['applications/verification'],
  ['applications/webhooks'],
  ['login/oidc', 'incoming/provider-webhooks'],
  ['login/auth', 'login/forgot-password', 'login/pages', 'login/oidc/clients', 'incoming/bot', 'gateway'],
  ['login/second-factor'],
  ['login/codes', 'gateway/messages'],
  ['delivery', 'gateway/media'],
  ['delivery/outbox', 'gateway/accounts'],
  ['delivery/developer-inbox', 'gateway/menus'],
  ['delivery/ladder', 'gateway/link'],
  ['delivery/templates'],
  ['delivery/providers'],
  ['identity/api-keys', 'identity/people-import', 'identity/sessions'],
  ['identity/users'],
  ['records/activity', 'records/audit'],
  ['platform/idempotency'],
  ['platform/jobs'],
  ['platform/http'],
  ['platform/limits'],
  ['platform/database'],
  ['platform/background', 'platform/lists'],
  ['platform/egress', 'platform/embedded-postgres', 'platform/errors', 'platform/log', 'platform/secrets'],
  ['platform/texts'],
  ['platform/config', 'platform/phone'],
];

export const ROOMS = FLOORS.flat();

const isInside = (room, other) => room !== other && room.startsWith(`${other}/`);

/**
 * The outermost rooms. Each owns its tables together with the rooms inside it (`gateway` and `gateway/link`): repositories
 * and tables stay within it.
 */
export const OWNERS = ROOMS.filter((room) => !ROOMS.some((other) => isInside(room, other)));

/** The rooms inside a room. */
export const insideOf = (room) => ROOMS.filter((other) => isInside(other, room));

/** All rooms on the floors under a room. */
export const roomsBelow = (room) => FLOORS.slice(FLOORS.findIndex((floor) => floor.includes(room)) + 1).flat();

/** The room that a path below src/ belongs to (`src/gateway/link/jids.ts`); undefined for what is in none. */
export const roomOf = (path) =>
  ROOMS.filter((room) => path.startsWith(`src/${room}/`)).sort((a, b) => b.length - a.length)[0];

/** The outermost room that a path below src/ belongs to. */
export const ownerOf = (path) => OWNERS.find((room) => path.startsWith(`src/${room}/`));

/**
 * The face of each room: what other rooms may import of it, as paths inside it without `.ts`. Everything else is the
 * room's own business. A room that is not named here is imported by none. What puts rooms together (`src/app.module.ts`,
 * `src/cli/`, and the module of a room for the rooms inside it) may import anything.
 */
export const FACES = {
  'applications/verification': ['verification.module', 'verification.service'],
  'applications/webhooks': ['webhooks.module', 'webhooks.service'],
  delivery: ['messaging.module'],
  'delivery/developer-inbox': ['developer-inbox'],
  'delivery/ladder': ['incoming-media', 'ladder', 'ladder-status', 'provider-health'],
  'delivery/outbox': ['code-counts.sql', 'messages.sql', 'messaging.service', 'receipts', 'test-numbers'],
  'delivery/providers': [
    'json-fields',
    'media-types',
    'message-provider',
    'provider-definition',
    'providers',
    'session/name',
    'webhook-reading',
  ],
  'delivery/templates': ['templates', 'verification-template'],
  gateway: ['gateway.module'],
  'gateway/accounts': ['linked-account-routes', 'linked-accounts.service'],
  'gateway/link': [
    'gateway-events',
    'held-accounts',
    'incoming-handler',
    'incoming-message',
    'linked-account',
    'linked-account-seal',
    'linked-account-state',
    'sending',
  ],
  'gateway/media': ['gateway-media.repository', 'media-fetcher', 'media-form', 'media-intake', 'media.dto'],
  'gateway/menus': ['menu-replies', 'menus'],
  'gateway/messages': ['gateway-messages.service'],
  'identity/api-keys': ['api-key.guard', 'api-keys.module', 'api-keys.service', 'api-keys.sql'],
  'identity/people-import': [
    'people-import',
    'people-import.module',
    'report',
    'sources/csv',
    'sources/field-map',
    'sources/json',
    'sources/source',
  ],
  'identity/sessions': [
    'access-tokens',
    'browser-sessions',
    'device-tokens',
    'proof/authentication',
    'refresh-tokens',
    'sessions.module',
    'sessions.service',
    'sessions.sql',
    'signing-keys',
    'token-inspection',
  ],
  'identity/users': [
    'account',
    'account-fields',
    'accounts.service',
    'imported/imported-accounts',
    'passwords/foreign-hashes',
    'registration-tokens',
    'users.module',
    'users.service',
    'users.sql',
  ],
  'incoming/bot': ['bot-texts', 'bot.module', 'conversations.service', 'inbound'],
  'login/auth': ['answers', 'auth.dto', 'auth.module', 'own-account/personal-data', 'own-account/personal-data.dto'],
  'login/codes': [
    'code',
    'code-input',
    'code-issuer',
    'code-purpose',
    'codes.module',
    'codes.service',
    'guess-call',
    'phone-proof',
    'send-limits',
    'verifications/verification-codes',
  ],
  'login/second-factor': ['answers', 'second-factor.dto', 'second-factor.module', 'second-factors.service'],
  'login/pages': ['built-files', 'page', 'page-language', 'pages.module'],
  'platform/background': ['coalesced-task', 'keyed-queue', 'poller', 'timers', 'under-way', 'worker-pool'],
  'platform/config': [
    'compile-cache',
    'database/database-address',
    'folders',
    'groups/accounts',
    'groups/bot',
    'groups/codes',
    'groups/database',
    'groups/delivery',
    'groups/gateway',
    'groups/limits',
    'groups/mode',
    'groups/names',
    'groups/outgoing',
    'groups/passwords',
    'groups/region',
    'groups/retention',
    'groups/secrets',
    'groups/server',
    'groups/sessions',
    'groups/signing-algorithms',
    'groups/test-phones',
    'groups/tokens',
    'in-force',
    'languages',
    'loopback',
    'origins',
    'rows/group',
    'rows/rule',
    'rows/setting',
    'shown-address',
    'test-phones',
  ],
  'platform/database': [
    'call-batcher',
    'connection/direct-connection',
    'connection/foreign-rows',
    'database',
    'database-health',
    'database-time',
    'generated/client',
    'migrations/functions',
    'new-id',
    'open-database',
    'partitions',
    'prisma.service',
    'statement',
    'steps',
  ],
  'platform/egress': ['open-file', 'outgoing-agent', 'public-addresses'],
  'platform/embedded-postgres': ['embedded-postgres'],
  'platform/errors': ['app-error', 'catalogue', 'database-errors', 'invalid-field', 'unparsed-requests'],
  'platform/http': [
    'access.decorators',
    'address-limit.guard',
    'bodies/raw-bodies',
    'bodies/uploads',
    'browser-cookies',
    'client-address',
    'event-streams',
    'http.module',
    'local-calls',
    'openapi.decorators',
    'request-context',
    'server/graceful-shutdown',
    'state-tags',
    'tickets',
    'validation/page.dto',
    'validation/query-fields',
    'validation/validation.pipe',
  ],
  'platform/idempotency': ['idempotency.guard'],
  'platform/jobs': ['jobs.module', 'jobs.service'],
  'platform/limits': ['address-limits', 'leased-limits', 'limits.module'],
  'platform/lists': ['csv-answers', 'time-cursors'],
  'platform/log': ['logger'],
  'platform/phone': ['phone', 'sender'],
  'platform/texts': ['accept-header', 'escape-html', 'language', 'message-texts', 'texts'],
  'platform/secrets': ['auth-secret', 'random-bytes', 'sealing'],
  'records/activity': ['activity.module', 'activity.service', 'activity.sql', 'durations'],
  'records/audit': ['audit-log', 'audit.module', 'audit.service', 'audit.sql', 'refusal-counts.sql'],
};
