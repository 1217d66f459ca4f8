import { FACES, insideOf, OWNERS, ROOMS, roomsBelow } from './rooms.mjs';

/**
 * The direction of the rooms (rooms.mjs), checked (docs/architecture.md#rooms). Run it with `npm run directions`.
 * Every rule says what it refuses, why, and what to do instead.
 */

/** What puts the rooms together, and the small command lines: they may import anything, and no room imports them. */
const ASSEMBLY =
  '^src/(main|service|app|app\\.module|settings|startup-banner|startup-memory|process-lifecycle)(\\.spec)?\\.ts$|^src/cli/';
const SPEC = '\\.spec\\.ts$';
/** Repositories of logs that admins filter. */
const LOGS = '^src/(records/audit/audit|operations/analytics/activity-logs)\\.repository\\.ts$';

const oneOf = (names) => `(${names.join('|')})`;
/** A package, whether it is installed (resolved below node_modules) or not. */
const npm = (...names) => `(^|node_modules/)${oneOf(names)}(/|$)`;

function directionOf(room) {
  const below = roomsBelow(room);
  const inside = insideOf(room);
  return {
    name: `${room.replaceAll('/', '-')}-imports-downwards`,
    severity: 'error',
    comment:
      `${room}/ may import ${below.length === 0 ? 'no other room' : `only ${below.join(', ')}`}. Arrows between rooms point down, ` +
      'so that a room can be read, tested and replaced without those above it, and no forwardRef is ever needed. ' +
      'Instead: move the thing down to the room that owns it, let the upper room call and pass what is needed as an ' +
      'argument, or hand an implementation over in app.module.ts.',
    from: { path: `^src/${room}/`, ...(inside.length > 0 && { pathNot: `^src/${oneOf(inside)}/` }) },
    to: { path: '^src/', pathNot: `^src/${oneOf([room, ...below])}/` },
  };
}

/** The room that a room lies in, whose own files put it together with the others there. */
const around = (room) => ROOMS.filter((other) => room.startsWith(`${other}/`));

function faceOf(room) {
  const face = FACES[room] ?? [];
  const own = [room, ...insideOf(room)].map((each) => `^src/${each}/`);
  const assembly = around(room).map((outer) => `^src/${outer}/[^/]+$`);
  const shown = face.map((file) => `^src/${room}/${file.replaceAll('.', '\\.')}\\.ts$`);
  return {
    name: `${room.replaceAll('/', '-')}-is-met-at-its-face`,
    severity: 'error',
    comment:
      `${face.length === 0 ? 'Other rooms import nothing' : `Other rooms may import only ${face.join(', ')}`} of ${room}/: the rest is ` +
      'its own business and may change without asking anybody. Instead: use what the face offers, let the room offer what ' +
      'is missing, or add the file to FACES in rooms.mjs if it is meant for others.',
    from: { path: '^src/', pathNot: [...own, ...assembly, ASSEMBLY, SPEC].join('|') },
    to: {
      path: `^src/${room}/`,
      pathNot: [...insideOf(room).map((inner) => `^src/${inner}/`), ...shown].join('|') || '^$',
    },
  };
}

const shape = [
  {
    name: 'no-circles',
    severity: 'error',
    comment:
      'Files that import each other in a circle, types included, cannot be understood or loaded one at a time (decorator ' +
      'metadata reads undefined). Instead: move what both need into a third file, or pass it as an argument.',
    from: {},
    to: { circular: true },
  },
  {
    name: 'known-rooms-only',
    severity: 'error',
    comment:
      'This folder is not a room in rooms.mjs. A new room needs a place in the order first: add it to FLOORS on the lowest ' +
      'floor that its imports allow.',
    from: { path: '^src/', pathNot: `^src/${oneOf(ROOMS)}/|${ASSEMBLY}` },
    to: {},
  },
  {
    name: 'repository-stays-in-its-room',
    severity: 'error',
    comment:
      "Another room's repository or controller was imported. A table is touched by one room only, or nobody can say what " +
      "keeps its rows true. Instead: call a method of that room's service; what must be one transaction passes the " +
      'transaction handle down to it.',
    from: { path: `^src/${oneOf(OWNERS)}/`, pathNot: ASSEMBLY },
    to: { path: '^src/.*\\.(repository|controller)\\.ts$', pathNot: '^src/$1/' },
  },
  {
    name: 'foreign-sql-only-in-repositories',
    severity: 'error',
    comment:
      "Another room's *.sql.ts holds fragments of statements; only a repository (or another *.sql.ts) has a statement to " +
      "put them into. Instead: call that room's service, or do the query in your own repository.",
    from: {
      path: `^src/${oneOf(OWNERS)}/`,
      pathNot: `\\.(repository|sql)\\.ts$|^src/operations/analytics/|${ASSEMBLY}`,
    },
    to: { path: '^src/.*\\.sql\\.ts$', pathNot: '^src/$1/' },
  },
  ...['from', 'to'].map((side) => ({
    name: `no-index-files-${side}`,
    severity: 'error',
    comment:
      'An index.ts hides which file is meant and pulls the whole folder in, which makes circles. Instead: import the file ' +
      'that declares the name.',
    from: side === 'from' ? { path: '^src/index\\.ts$|^src/.+/index\\.ts$' } : {},
    to: side === 'to' ? { path: '^src/index\\.ts$|^src/.+/index\\.ts$' } : {},
  })),
  ...['from', 'to'].map((side) => ({
    name: `no-drawers-${side}`,
    severity: 'error',
    comment:
      'Folders named common, shared, utils, helpers or lib have no owner and collect everything. Instead: keep a function ' +
      'with its first user; when a second room needs it, give it a name and the lowest room that fits.',
    from:
      side === 'from'
        ? {
            path: '^src/(common|shared|utils?|helpers?|lib)/|^src/.+/(common|shared|utils?|helpers?|lib)/',
            pathNot: '^src/platform/database/generated/',
          }
        : {},
    to:
      side === 'to'
        ? { path: '^src/(common|shared|utils?|helpers?|lib)/|^src/.+/(common|shared|utils?|helpers?|lib)/' }
        : {},
  })),
];

const outside = [
  {
    name: 'the-driver-only-in-database',
    severity: 'error',
    comment:
      'Prisma packages or pg outside platform/database/, platform/embedded-postgres/ and cli/. What runs past `Database` is not ' +
      'prepared, is not tried again, and `npm run sql:check` cannot compare it with its types. Instead: make a `statement` in the ' +
      'repository of the room that owns the table.',
    from: { path: '^src/', pathNot: `^src/(platform/(database|embedded-postgres)|cli)/|${SPEC}` },
    to: { path: npm('@prisma', '@types/pg', 'pg', 'pg-pool') },
  },
  {
    name: 'prisma-reads-only-logs',
    severity: 'error',
    comment:
      'The client of Prisma outside the logs that admins filter (docs/decisions/0024-sql-is-written-by-hand-and-checked.md). It is ' +
      'for questions whose text depends on which filters are given, and its first question costs 80 MB. Instead: a ' +
      '`statement`. For another log with filters, add its repository here.',
    from: { path: '^src/', pathNot: `${LOGS}|^src/platform/database/|${SPEC}` },
    to: { path: '^src/platform/database/(generated/|prisma\\.service\\.ts$)' },
  },
  {
    name: 'statements-only-in-repositories',
    severity: 'error',
    comment:
      'A `statement` outside *.repository.ts. A service that knows rows and SQL cannot be read as a list of steps. Instead: ' +
      'add a method to the repository of the room that owns the table, and return a type of that room.',
    from: { path: '^src/', pathNot: `\\.repository\\.ts$|^src/platform/database/|${SPEC}` },
    to: { path: '^src/platform/database/statement\\.ts$' },
  },
  {
    name: 'axios-only-in-providers',
    severity: 'error',
    comment:
      'axios outside delivery/providers/ and media-fetcher.ts. Calls to the outside carry time-outs, limits on size and ' +
      'address checks, and those live there. Instead: let a provider make the call and return an outcome.',
    from: { path: '^src/', pathNot: '^src/delivery/providers/|/media-fetcher(\\.spec)?\\.ts$' },
    to: { path: npm('axios') },
  },
  {
    name: 'pg-boss-only-in-jobs',
    severity: 'error',
    comment:
      'pg-boss outside platform/jobs/. How often it asks the database, how it stops and what it may keep of a failure is decided ' +
      'once, there. Instead: say what is to be done when with `Jobs.schedule`, in one line of `onModuleInit`.',
    from: { path: '^src/', pathNot: '^src/platform/jobs/' },
    to: { path: npm('pg-boss') },
  },
  {
    name: 'oidc-provider-only-in-oidc',
    severity: 'error',
    comment:
      'oidc-provider outside login/oidc/. What it may do, where its state is kept and what its pages say is decided once, there. ' +
      'Instead: ask a service of login/oidc/, or change its configuration there.',
    from: { path: '^src/', pathNot: '^src/login/oidc/' },
    to: { path: npm('oidc-provider') },
  },
  {
    name: 'baileys-only-in-gateway',
    severity: 'error',
    comment:
      'Baileys outside gateway/. It is optional (its libsignal is GPL-3.0) and must be loadable by nothing else. Instead: ' +
      'go through the MessageProvider interface; the gateway provides the session provider, registered in app.module.ts.',
    from: { path: '^src/', pathNot: '^src/gateway/' },
    to: { path: npm('@whiskeysockets/baileys', 'baileys') },
  },
  {
    name: 'src-knows-no-tests',
    severity: 'error',
    comment:
      'The service imported something from test/, bench/, scripts/ or prisma/, which is not in the image. Instead: move ' +
      'the thing into the room that needs it and let the test import it from there.',
    from: { path: '^src/', pathNot: SPEC },
    to: { path: '^(test|bench|scripts|prisma|eslint-rules|examples)/|\\.spec\\.ts$' },
  },
  {
    name: 'no-dev-dependencies',
    severity: 'error',
    comment:
      'A package of devDependencies is not in the production image: the service would not start. Instead: move it to ' +
      'dependencies in package.json, if the service truly needs it.',
    from: { path: '^src/', pathNot: SPEC },
    to: {
      dependencyTypes: ['npm-dev'],
      dependencyTypesNot: ['npm', 'npm-optional', 'npm-peer'],
      pathNot: 'node_modules/@types/',
    },
  },
  {
    name: 'resolvable',
    severity: 'error',
    comment:
      'Nothing was found under this name, so that no rule could look at it. Correct the path, install the package, or run ' +
      '`npm run build` when it is the generated Prisma client that is missing.',
    from: { path: '^src/' },
    to: { couldNotResolve: true, pathNot: npm('@whiskeysockets/baileys') },
  },
];

export default {
  forbidden: [...ROOMS.map(directionOf), ...ROOMS.map(faceOf), ...shape, ...outside],
  options: {
    doNotFollow: { path: 'node_modules|^src/platform/database/generated/' },
    exclude: { path: '^(build|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types', 'require'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
