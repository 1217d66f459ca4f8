import { refuseStart } from '../process-lifecycle.js';
import { DemoAccounts } from '../identity/users/demo-accounts.js';
import { withRooms } from './parts/with-rooms.js';

const say = (message: string) => process.stdout.write(`${message}\n`);

/** Puts the demo accounts of `SEED_DEMO` into the database; twice is once, and production refuses. */
withRooms(say, async (rooms) => {
  const added = await rooms.get(DemoAccounts).seed();
  say(added === 0 ? 'The demo accounts are there already.' : `Added ${added} demo accounts.`);
}).catch((error: unknown) => refuseStart(error, 'The demo accounts were not added.'));
