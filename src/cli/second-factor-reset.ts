import { parseArgs } from 'node:util';
import { Accounts } from '../identity/users/accounts.service.js';
import { SecondFactors } from '../login/second-factor/second-factors.service.js';
import { AppError } from '../platform/errors/app-error.js';
import { TEXTS } from '../platform/texts/texts.js';
import { refuseStart } from '../process-lifecycle.js';
import { withRooms } from './parts/with-rooms.js';

const USAGE = `usage: npm run second-factor:reset -- [--phone NUMBER] [--email ADDRESS] [--username NAME]
  Removes all second factors of the account that has exactly these, and ends its sessions. Its owner is told.`;

/** The wish cannot be fulfilled; says why. */
class Refused extends Error {
  override readonly name = 'Refused';
}

function readArguments() {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({ options: { phone: text, email: text, username: text } });
    if (!values.phone && !values.email && !values.username) throw new Error('Give a --phone, --email or --username.');
    return values;
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

/** Resets the factors of an admin whom no other admin can help; see docs/security.md#second-factor. */
async function main(): Promise<void> {
  const typed = readArguments();
  const say = (message: string) => process.stdout.write(`${message}\n`);
  await withRooms(say, async (rooms) => {
    const accounts = rooms.get(Accounts, { strict: false });
    const { email = null, username = null, phone = null } = accounts.read(typed);
    const found = await accounts.byIdentity({ email, username, phone });
    const [account] = found;
    const named = { email, username, phone };
    const isSame = (['email', 'username', 'phone'] as const).every(
      (name) => named[name] === null || named[name] === account?.[name],
    );
    if (!account || found.length > 1 || !isSame) throw new AppError('user_not_found');
    await rooms
      .get(SecondFactors, { strict: false })
      .reset(account.id, { userId: null, requestId: null, address: null });
    say(`${account.full_name} has no second factor any more, and is logged out everywhere.`);
  }).catch((error: unknown) => {
    if (error instanceof AppError) throw new Refused(`${TEXTS.en.errors[error.code]}.`);
    throw error;
  });
}

main().catch((error: unknown) => {
  if (!(error instanceof Refused)) refuseStart(error, 'No second factor was reset.');
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
