import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { SCOPES } from '../../../src/platform/http/access.decorators.js';
import { openHouse, type House } from '../../support/house.js';
import { claimsOf } from '../../support/logins.js';
import { browserLogin, OTHER_SITE, OWN_PAGE } from '../../support/own-page.js';
import { type Answer, type Service } from '../../support/service.js';

// Deny by default: every route that the running service has, the undocumented ones too, called with every kind of
// credential, and the answers compared with one committed table. When a route is added or opened on purpose:
//   UPDATE_ACCESS_TABLE=1 npm test -- test/contracts/service/access-table
// writes the table anew. Read its diff: each line is somebody who may do something from now on.

const TABLE = join(import.meta.dirname, 'access-table.json');
const SPY = join(import.meta.dirname, '..', '..', 'support', 'route-spy.mjs');
const UPDATE = process.env['UPDATE_ACCESS_TABLE'] === '1';

const PAGE = join(import.meta.dirname, '../../../docs/security.md');

const ROLES = ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'] as const;
const PASSWORD = 'kuda-lari-7';
const NOBODY = '0190a000-0000-7000-8000-000000000000';
const ALL = 'everybody';

/** Whose session a cookie of our own pages holds, by the caller's name; `elsewhere` shows it from another site's page. */
const BROWSERS: Record<string, (typeof ROLES)[number]> = {
  'cookie:ADMIN': 'ADMIN',
  'cookie:USER': 'USER',
  'cookie:ADMIN:elsewhere': 'ADMIN',
};

/** An admin who proved an hour ago who they are: some acts want a fresh login (docs/security.md#fresh-login). */
const STALE = 'ADMIN:stale';

/** Credentials that are worth nothing, or nothing where they are shown. */
const STRANGERS = ['none', 'garbage', 'bad-key', 'own-page'];

/** Calls that would end the caller's own session are made with one of their own. */
const ENDS_SESSION = new Set(['POST /api/auth/logout']);

/** Anybody, but from a page of the service itself: what they leave with the browser must not be planted. */
const FOR_OWN_PAGES = new Set([
  'POST /api/auth/browser/login',
  'POST /api/auth/browser/verify',
  'POST /oidc/interaction/:uid/confirm',
  'POST /oidc/interaction/:uid/abort',
]);

/** Opened by tokens of another kind, which no caller here has; `test/oidc` has them. */
const FOR_APPLICATIONS = new Set(['GET /oidc/me']);

/** Where an empty body says nothing of who may call: what is sent instead. Nothing here may change anything. */
const BODIES: Record<string, string> = { 'POST /api/auth/logout': '{"refreshToken":"unknown"}' };

/** `foreign`: refused because the call comes from no page of ours; `stale`: because the login is not fresh. */
type Outcome = 'open' | 'unauthenticated' | 'forbidden' | 'foreign' | 'stale';
const REFUSALS: Record<string, Outcome> = { foreign_origin: 'foreign', fresh_login_required: 'stale' };
/** Callers by the outcome of a route, the names in one text; `everybody` for all of them. */
type Row = Partial<Record<Outcome, string>>;
type Table = Record<string, Row>;
type Headers = Record<string, string>;

let house: House;
let routes: string[];
const callers = new Map<string, Headers>();

beforeAll(async () => {
  // All callers of a spec are on this machine, which needs no key for the gateway outside production.
  house = await openHouse({ NODE_OPTIONS: `--import=${SPY}`, GATEWAY_KEYLESS_LOOPBACK: 'off' }, { ownProcess: true });
  routes = routesOf(house.service);
  callers.set('none', {});
  callers.set('garbage', { authorization: 'Bearer garbage' });
  callers.set('own-page', OWN_PAGE);
  for (const role of ROLES) {
    const username = role.toLowerCase();
    await house.person({ role, username, password: PASSWORD });
    callers.set(role, await loggedIn(username));
  }
  callers.set('bad-key', { 'x-api-key': `msk_${'x'.repeat(43)}` });
  for (const scope of SCOPES) {
    const wish = { name: scope, scopes: [scope], requestsPerMinute: 10_000 };
    const { status, body, text } = await house.service.post('/api/api-keys', wish, callers.get('ADMIN'));
    if (status !== 201) throw new Error(text);
    callers.set(`key:${scope}`, { 'x-api-key': body.data.key });
  }
  for (const name of [...Object.keys(BROWSERS), STALE]) callers.set(name, await ownLogin(name));
});
afterAll(async () => house.close());

async function loggedIn(identifier: string): Promise<Headers> {
  const { status, body, text } = await house.service.post('/api/auth/login', { identifier, password: PASSWORD });
  if (status !== 200) throw new Error(text);
  return { authorization: `Bearer ${body.data.token}` };
}

/** A person's headers, of a session that nobody else uses. */
async function ownLogin(caller: string): Promise<Headers> {
  if (caller === STALE) return staleLogin();
  const role = BROWSERS[caller];
  if (role === undefined) return loggedIn(caller.toLowerCase());
  const page = caller.endsWith('elsewhere') ? OTHER_SITE : OWN_PAGE;
  return { ...page, cookie: (await browserLogin(house.service, role.toLowerCase(), PASSWORD)).session };
}

async function staleLogin(): Promise<Headers> {
  const headers = await loggedIn('admin');
  const { sid } = claimsOf(headers['authorization']!.replace('Bearer ', ''));
  await house.database.query(`UPDATE login_sessions SET created_at = created_at - interval '1 hour' WHERE id = $1`, [
    sid,
  ]);
  return headers;
}

/** `GET /path` of everything that was registered. Fastify answers HEAD by its GET, and preflights belong to CORS. */
function routesOf(service: Service): string[] {
  const registered = [...service.output().matchAll(/^route (\S+) (\S+)$/gm)];
  const own = new Set(registered.map(([, method, path]) => `${method} ${path}`));
  const answered = (route: string) => route.startsWith('HEAD ') && own.has(route.replace('HEAD', 'GET'));
  return [...own].filter((route) => !answered(route) && !/^OPTIONS \/?\*$/.test(route)).sort();
}

/** Answers of these go on until somebody ends them. */
const GO_ON: ReadonlySet<string> = new Set(['GET /api/admin/events']);

/** The status of an answer that goes on, or a whole refusal. */
async function beginningOf(path: string, headers: Headers): Promise<Pick<Answer, 'status' | 'text' | 'body'>> {
  const response = await fetch(house.service.url + path, { headers });
  if (response.status === 200) {
    await response.body?.cancel();
    return { status: 200, text: '', body: null };
  }
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) };
}

async function outcomeOf(route: string, headers: Headers, end = ''): Promise<Outcome> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern.replace(/:\w+/g, NOBODY).replace('*', 'nothing');
  const body = method === 'GET' || method === 'HEAD' ? undefined : (BODIES[route] ?? '{}');
  const typed = body === undefined ? headers : { 'content-type': 'application/json', ...headers };
  const answer = GO_ON.has(route)
    ? await beginningOf(path + end, typed)
    : await house.service.send(method, path + end, body, typed);
  if (answer.status >= 500 || answer.status === 429) throw new Error(`${route}: ${answer.status} ${answer.text}`);
  if (answer.status === 401) return 'unauthenticated';
  if (answer.status !== 403) return 'open';
  return REFUSALS[answer.body.code as string] ?? 'forbidden';
}

async function rowOf(route: string): Promise<Row> {
  const answers: Record<Outcome, string[]> = { open: [], unauthenticated: [], forbidden: [], foreign: [], stale: [] };
  for (const [caller, headers] of callers) {
    const isPerson = caller in BROWSERS || caller === STALE || ROLES.some((role) => role === caller);
    const used = ENDS_SESSION.has(route) && isPerson ? await ownLogin(caller) : headers;
    answers[await outcomeOf(route, used)].push(caller);
  }
  const told = Object.entries(answers).filter(([, who]) => who.length > 0);
  return Object.fromEntries(told.map(([outcome, who]) => [outcome, who.length === callers.size ? ALL : who.join(' ')]));
}

function outcomesOf(row: Row | undefined): Map<string, string> {
  const told = Object.entries(row ?? {}).flatMap(([outcome, who]) =>
    (who === ALL ? [...callers.keys()] : who.split(' ')).map((caller): [string, string] => [caller, outcome]),
  );
  return new Map(told);
}

/** A line a route and caller that the two do not agree about, for a person to read. */
function disagreements(table: Table, live: Table): string[] {
  const names = [...new Set([...Object.keys(table), ...Object.keys(live)])].sort();
  return names.flatMap((route) => {
    if (!table[route]) return [`${route}: no row in the table; live ${JSON.stringify(live[route])}`];
    if (!live[route]) return [`${route}: in the table, but no route`];
    const [said, is] = [outcomesOf(table[route]), outcomesOf(live[route])];
    const who = [...new Set([...said.keys(), ...is.keys()])].filter((caller) => said.get(caller) !== is.get(caller));
    return who.map((c) => `${route}: ${c} is ${is.get(c) ?? 'no caller'}, the table says ${said.get(c) ?? 'nothing'}`);
  });
}

it('sees every documented route among the registered ones', async () => {
  const { paths } = (await house.service.get('/openapi.json')).body as { paths: Record<string, object> };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  expect(documented.length).toBeGreaterThan(30);
  expect(documented.filter((route) => !routes.includes(route))).toEqual([]);
  expect(routes).toEqual(expect.arrayContaining(['GET /dev/inbox', 'GET /docs', 'GET /redoc', 'GET /openapi.json']));
});

it('lets in whom the table says and nobody else', async () => {
  const live: Table = {};
  for (const route of routes) live[route] = await rowOf(route);
  if (UPDATE) writeFileSync(TABLE, `${JSON.stringify(live, null, 2)}\n`);
  const table = existsSync(TABLE) ? (JSON.parse(readFileSync(TABLE, 'utf8')) as Table) : {};
  expect(disagreements(table, live)).toEqual([]);
  // The credentials were whole to the end: what a route would have ended would look closed in the table.
  for (const caller of [...ROLES, 'cookie:ADMIN', 'cookie:USER'])
    expect([caller, (await house.service.get('/api/auth/me', callers.get(caller))).status]).toEqual([caller, 200]);
}, 120_000);

it('lets in the same ones with a slash at the end', async () => {
  const table = JSON.parse(readFileSync(TABLE, 'utf8')) as Table;
  // The provider's addresses are the standards', and those of files their own.
  const ours = routes.filter((route) => !/ \/(?:oidc(?:\/.*)?|docs.*|redoc.*)?$/.test(route));
  expect(ours.length).toBeGreaterThan(100);
  for (const route of ours) {
    const row = outcomesOf(table[route]);
    for (const caller of ['none', 'bad-key', 'USER', 'key:messages']) {
      const own = ENDS_SESSION.has(route) && caller === 'USER' ? await ownLogin(caller) : callers.get(caller);
      const outcome = await outcomeOf(route, own ?? {}, '/');
      expect([route, caller, outcome]).toEqual([route, caller, row.get(caller)]);
    }
  }
  for (const route of routes.filter((each) => / \/oidc\/./.test(each))) {
    const [method = '', path = ''] = route.split(' ');
    const answer = await house.service.send(method, `${path.replace(/:\w+/g, NOBODY)}/`);
    expect([route, answer.status]).toEqual([route, 404]);
  }
}, 120_000);

it('opens to no credential only what was meant to be open', () => {
  const table = JSON.parse(readFileSync(TABLE, 'utf8')) as Table;
  for (const [route, row] of Object.entries(table)) {
    const open = row.open?.split(' ') ?? [];
    if (open[0] === ALL) continue;
    if (FOR_APPLICATIONS.has(route)) {
      expect([route, row]).toEqual([route, { unauthenticated: ALL }]);
      continue;
    }
    if (FOR_OWN_PAGES.has(route)) {
      expect([route, row.open]).toEqual([route, 'own-page cookie:ADMIN cookie:USER']);
      continue;
    }
    // A route that is not for everybody is for neither strangers nor forged credentials, and never a 403 to them.
    expect([route, open.filter((who) => STRANGERS.includes(who))]).toEqual([route, []]);
    const closed = row.unauthenticated?.split(' ') ?? [];
    expect([route, closed]).toEqual([route, expect.arrayContaining(STRANGERS)]);
    // Another site's page gets nothing by the cookie of its visitor, whoever that is.
    expect([route, row.foreign]).toEqual([route, 'cookie:ADMIN:elsewhere']);
  }
});

/** Routes of docs/security.md#fresh-login, each with what the page says: `always`, `by request` or `no`. */
function statedOnPage(): [route: string, state: string][] {
  const page = readFileSync(PAGE, 'utf8');
  const [, section = ''] = /^## Fresh login$([^]*?)^## /m.exec(page) ?? [];
  return section.split('\n').flatMap((line) => {
    const [, cell = '', state = ''] = /^\| (.*?) +\| (always|by request|no) +\|/.exec(line) ?? [];
    return [...cell.matchAll(/`([A-Z]+ [^`]+)`/g)].map(([, route = '']): [string, string] => [route, state]);
  });
}

it('asks for a fresh login where the page says so, and the page says of each route that changes something whether it does', () => {
  const table = JSON.parse(readFileSync(TABLE, 'utf8')) as Table;
  const stated = statedOnPage();
  expect(stated.map(([route]) => route).filter((route, at, all) => all.indexOf(route) !== at)).toEqual([]);
  const states = new Map(stated);
  const isStaffs = (row: Row) => {
    const outcomes = outcomesOf(row);
    return outcomes.get('ADMIN') === 'open' && outcomes.get('USER') === 'forbidden';
  };
  const undecided = Object.entries(table).filter(([route, row]) => {
    const asks = outcomesOf(row).get(STALE) === 'stale';
    const changes = !/^(?:GET|HEAD) /.test(route);
    const state = states.get(route);
    if (state === undefined) return asks || (changes && isStaffs(row));
    return asks !== (state === 'always');
  });
  expect(undecided.map(([route]) => route)).toEqual([]);
  expect([...states.keys()].filter((route) => !table[route])).toEqual([]);
});
