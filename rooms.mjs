/**
 * The rooms of src/ and their order. `npm run directions`, `npm run lint` and the picture in docs/architecture.md read
 * this page; docs/architecture.md#rooms says what each room is for.
 *
 * A room is a folder that is named here. A folder inside a room that is not named here is a part of that room.
 */

/** Floors, top to bottom. A room imports only from the floors under its own: never sideways, never up. */
export const FLOORS = [
  ['operations/admin', 'operations/analytics', 'operations/health'],
  ['applications/verification'],
  ['applications/webhooks'],
  ['login/oidc', 'incoming/provider-webhooks'],
  ['login/auth', 'login/forgot-password', 'login/pages', 'login/oidc/clients', 'incoming/bot', 'gateway'],
  ['login/codes', 'gateway/messages'],
  ['delivery', 'gateway/media'],
  ['delivery/outbox', 'gateway/accounts'],
  ['delivery/developer-inbox', 'gateway/menus'],
  ['delivery/ladder', 'gateway/link'],
  ['delivery/templates'],
  ['delivery/providers'],
  ['identity/api-keys', 'identity/sessions'],
  ['identity/users'],
  ['records/activity', 'records/audit'],
  ['platform/idempotency'],
  ['platform/jobs'],
  ['platform/http'],
  ['platform/limits'],
  ['platform/database'],
  ['platform/background', 'platform/lists'],
  ['platform/egress', 'platform/embedded-postgres', 'platform/errors', 'platform/log', 'platform/secrets'],
  ['platform/config', 'platform/phone'],
];

export const ROOMS = FLOORS.flat();

/**
 * The rooms that own tables together: a room and the rooms inside it (`gateway` and `gateway/link`). Repositories and
 * tables stay within them.
 */
const isInside = (room, other) => room !== other && room.startsWith(`${other}/`);
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
