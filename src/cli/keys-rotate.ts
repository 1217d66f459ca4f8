import { refuseStart } from '../process-lifecycle.js';
import { SigningKeys } from '../identity/sessions/signing-keys.js';
import { withRooms } from './parts/with-rooms.js';

const say = (message: string) => process.stdout.write(`${message}\n`);

/** Announces a new signing key; every running instance takes it up by itself, without a restart. */
withRooms(say, async (rooms) => {
  const activatesAt = await rooms.get(SigningKeys).rotate('keys:rotate');
  say(
    activatesAt
      ? `A new key is announced; it signs from ${activatesAt.toISOString()} on.`
      : 'A rotation is already in progress.',
  );
}).catch((error: unknown) => refuseStart(error, 'No key was announced.'));
