import { type Readable } from 'node:stream';
import { foreignRows } from '../../../platform/database/connection/foreign-rows.js';
import { personOf, readFieldMap } from './field-map.js';
import { jsonPeople } from './json.js';
import { UnreadableSource, type Source } from './source.js';

const TICKETING = readFieldMap('id=id,fullName=nama,email=email,phone=noHp,password=password');

/** The people of the ticketing system, from its `data.json`. Its passwords are in plain text. */
export function ticketingPeople(file: Readable): Source {
  return jsonPeople(file, 'users', TICKETING);
}

const DASHBOARD = readFieldMap('id=id,fullName=name,email=email,username=username,role=role,passwordHash=password');

// eslint-disable-next-line masuk/table-owner -- the dashboard's table of that name, in its own database
const DASHBOARD_USERS = 'SELECT to_jsonb(u) AS account FROM users u ORDER BY u.id';

/** The people of the dashboard, from its PostgreSQL: the table `users`, whose passwords are bcrypt hashes. */
export async function* dashboardPeople(address: string): Source {
  const rows = foreignRows<{ account: unknown }>(address, async (has) => {
    if (!(await has('users'))) throw new UnreadableSource('The database lacks the users of the dashboard.');
    return DASHBOARD_USERS;
  });
  for await (const { account } of rows) yield personOf(account, DASHBOARD);
}

/** Names that the table of profiles may have; each row belongs to the account of its `userId`. */
const PROFILES = ['"Profile"', '"UserProfile"'];

const withProfiles = (table: string) =>
  `SELECT to_jsonb(u) AS account, p.profile
     FROM "User" u
     LEFT JOIN (SELECT DISTINCT ON ("userId") "userId", to_jsonb(p) AS profile FROM ${table} p ORDER BY "userId") p ON p."userId" = u.id
    ORDER BY u.id`;

/** The people of SiKesKoja, from its PostgreSQL: the table `User`, with a profile each where there are profiles. */
export async function* sikeskojaPeople(address: string): Source {
  const rows = foreignRows<{ account: Record<string, unknown>; profile: Record<string, unknown> | null }>(
    address,
    async (has) => {
      if (!(await has('"User"'))) throw new UnreadableSource('The database has no table "User".');
      for (const table of PROFILES) if (await has(table)) return withProfiles(table);
      return 'SELECT to_jsonb(u) AS account, NULL::jsonb AS profile FROM "User" u ORDER BY u.id';
    },
  );
  for await (const { account, profile } of rows)
    yield {
      id: account['id'],
      fullName: profile?.['fullName'] ?? profile?.['name'] ?? account['fullName'] ?? account['name'],
      email: account['email'],
      username: account['username'],
      phone: account['phone'] ?? profile?.['phone'],
      role: account['role'],
      isActive: account['isActive'],
      passwordHash: account['password'],
    };
}
