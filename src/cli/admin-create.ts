import { parseArgs } from 'node:util';
import { AdminCreation } from '../operations/admin/admin-creation.js';
import { AppError } from '../platform/errors/app-error.js';
import { TEXTS } from '../platform/texts/texts.js';
import { databaseFailure } from '../platform/errors/database-errors.js';
import { refuseStart } from '../process-lifecycle.js';
import { askPassword } from './parts/hidden-prompt.js';
import { withRooms } from './parts/with-rooms.js';

const USAGE = `usage: npm run admin:create -- --name NAME --phone NUMBER [--email ADDRESS] [--username NAME] [--password] [--promote]
  Makes an account with the role ADMIN.
  --promote   gives the role to the account that has exactly this phone, e-mail and username already; its sessions end.
              An account that somebody registered needs its --phone, or without a number a new --password
  --password  asks for a password (or reads it from standard input); without it the admin logs in by code`;

/** The wish cannot be fulfilled; says why. */
class Refused extends Error {
  override readonly name = 'Refused';
}

function readArguments() {
  const text = { type: 'string' } as const;
  const options = {
    name: text,
    phone: text,
    email: text,
    username: text,
    password: { type: 'boolean' },
    promote: { type: 'boolean' },
  } as const;
  try {
    const { values } = parseArgs({ options });
    if (!values.phone && !values.email && !values.username) throw new Error('Give a --phone, --email or --username.');
    return values;
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function refuse(error: Error): never {
  throw new Refused(error.message);
}

/** Makes the first admin of a production database, or a further one; see docs/integration/users.md. */
async function main(): Promise<void> {
  const { name, phone, email, username, password: asks, promote = false } = readArguments();
  const password = asks ? await askPassword().catch(refuse) : null;
  const say = (message: string) => process.stdout.write(`${message}\n`);
  await withRooms(say, async (rooms) => {
    const typed = { fullName: name, phone, email, username };
    const { account, isNew, endsPassword } = await rooms.get(AdminCreation).create(typed, password, promote);
    const known = [account.phone, account.email, account.username].filter((identity) => identity !== null).join(', ');
    say(`${account.full_name} (${known}) ${isNew ? 'was made as' : 'is now'} an ADMIN.`);
    if (endsPassword) say('The password that was set at the registration no longer works.');
  }).catch((error: unknown) => {
    throw inWords(error);
  });
}

/** What the service would answer, for a terminal. */
function inWords(error: unknown): unknown {
  const failure = error instanceof AppError ? error : databaseFailure(error);
  if (!failure) return error;
  if (failure.code === 'conflict')
    return new Refused(
      'An account with one of these exists already. Use --promote to give it the role, if all of these belong to it.',
    );
  const details = typeof failure.details === 'function' ? failure.details('en') : failure.details;
  const problems = Array.isArray(details)
    ? details.map(
        ({ field, problem }: { field?: string; problem: string }) => `\n  ${field ? `${field} ` : ''}${problem}`,
      )
    : [];
  return new Refused(`${TEXTS.en.errors[failure.code]}.${problems.join('')}`);
}

main().catch((error: unknown) => {
  if (!(error instanceof Refused)) refuseStart(error, 'No admin was made.');
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
