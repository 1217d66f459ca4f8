import { parseArgs } from 'node:util';
import { type INestApplicationContext } from '@nestjs/common';
import { ApiKeys } from '../identity/api-keys/api-keys.service.js';
import { Audit } from '../records/audit/audit.service.js';
import { LinkedAccounts } from '../gateway/accounts/linked-accounts.service.js';
import { OtherInstances } from '../platform/database/connection/other-instances.js';
import { refuseStart } from '../process-lifecycle.js';
import { Messaging } from '../delivery/outbox/messaging.service.js';
import { Artifacts } from '../login/oidc/artifacts.js';
import { Codes } from '../login/codes/codes.service.js';
import { Sessions } from '../identity/sessions/sessions.service.js';
import { SigningKeys } from '../identity/sessions/signing-keys.js';
import { Users } from '../identity/users/users.service.js';
import { Verification } from '../applications/verification/verification.service.js';
import { withRooms } from './parts/with-rooms.js';

const USAGE = `usage: npm run restore:finish [-- --api-keys] [--force]
  Ends what a database that was restored from a backup must not bring back. Run it before the first instance starts.
  --api-keys  also revokes every API key
  --force     goes on although another process of this service uses the database`;

const STOP_FIRST = `
Stop every instance, then run this again: an instance that is running makes codes, sessions and tokens meanwhile, and may
use keys that this ends. If you are sure that none is running, for example because a pooler keeps old connections, add --force.`;

const BY = { userId: null, address: null, requestId: null };

/** What each step has ended, in the order of the steps; null: there is no such thing here. */
type Ended = Record<string, number | null>;

/**
 * The database is as it was at the backup: what was used, exchanged, ended or replaced after it lives again. Nobody knows
 * what that was, so all of its kind ends. Sessions come before what rests on them. It may be run again.
 */
async function finish(rooms: INestApplicationContext, apiKeys: boolean): Promise<Ended> {
  const ended: Ended = {
    messages: await rooms.get(Messaging).endAll(),
    codes: await rooms.get(Codes).endAll(),
    verifications: await rooms.get(Verification).endAll(),
    sessions: await rooms.get(Sessions).endEverybodys(),
    oidc: await rooms.get(Artifacts).forgetIssued(),
    devices: await rooms.get(Users).forgetDevices(),
    linkedAccounts: await rooms.get(LinkedAccounts).forgetAccounts(),
    apiKeys: apiKeys ? await rooms.get(ApiKeys).revokeAll(BY) : null,
    signingKeys: await rooms.get(SigningKeys).replaceAll('restore:finish'),
  };
  await rooms.get(Audit).record({ type: 'database.restored', outcome: 'success', detail: ended });
  return ended;
}

const WORDS: Record<string, string> = {
  messages: 'messages that waited to be sent',
  codes: 'codes',
  verifications: 'codes for other applications',
  sessions: 'login sessions, with their refresh tokens',
  oidc: 'codes, tokens and grants of the OpenID Provider',
  devices: 'accounts whose devices are no longer known',
  linkedAccounts: 'linked WhatsApp accounts, to be linked again',
  apiKeys: 'API keys',
  signingKeys: 'signing keys; a new one signs',
};

async function main(): Promise<void> {
  let options: { 'api-keys'?: boolean | undefined; force?: boolean | undefined };
  try {
    options = parseArgs({ options: { 'api-keys': { type: 'boolean' }, force: { type: 'boolean' } } }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  const say = (message: string) => process.stdout.write(`${message}\n`);
  const work = async (rooms: INestApplicationContext) => {
    const ended = await finish(rooms, options['api-keys'] ?? false);
    say('Ended:');
    for (const [what, count] of Object.entries(ended)) if (count !== null) say(`  ${count} ${WORDS[what] ?? what}`);
    say('This command cannot know everything that changed: see docs/operations.md, "After a restore".');
  };
  await withRooms(say, work, { isAlone: !options.force });
}

main().catch((error: unknown) => {
  if (error instanceof OtherInstances) refuseStart(new Error(error.message + STOP_FIRST), 'Nothing was ended.');
  refuseStart(error, 'The restore is not finished: run it again.');
});
