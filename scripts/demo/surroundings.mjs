/** Where the demo runs, and what its service is started with: a folder of its own, and no way out of this machine. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why the demo does not start; its message is for people. */
export class Refused extends Error {
  name = 'Refused';
}

/** Says of a folder that everything in it may be thrown away. */
const MARK = 'this-is-a-demo';

/**
 * Its only provider is the developer inbox, and what would connect to WhatsApp meets a port on which nobody listens. The
 * service has these and nothing of what `.env` or the environment say.
 */
const SETTINGS = {
  NODE_ENV: 'development',
  WHATSAPP_PROVIDERS: 'console',
  GATEWAY_WHATSAPP_URL: 'ws://127.0.0.1:9/',
};

/** What a process needs of its surroundings, whatever it does. */
const ANY_PROCESS = ['PATH', 'HOME', 'LANG', 'TERM', 'SystemRoot'];

/** The whole environment of the service. @param around that of the process which starts it */
export function environmentOf({ port, folder }, around) {
  const kept = Object.fromEntries(ANY_PROCESS.map((name) => [name, around[name]]));
  return { ...kept, PORT: port, DATA_DIR: folder, ...SETTINGS };
}

/** @param variables those of the process and of the file `.env` @throws Refused */
export function refuseProduction({ NODE_ENV }) {
  if (NODE_ENV === 'production')
    throw new Refused(
      'The demo refuses to run in production: whoever reads its developer inbox can log in as anybody.',
    );
}

/** Makes the folder, or takes it when it is a demo's already. @throws Refused for what holds anything else */
export function takeFolder(folder) {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  if (there.length > 0 && !there.includes(MARK))
    throw new Refused(
      `${folder} holds something else. Give the demo a --folder of its own: it deletes the database there.`,
    );
  // The service would read it.
  if (there.includes('.env'))
    throw new Refused(`${folder} has a file .env, and the demo takes no settings. Remove it.`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MARK), 'Made by "npm run demo", which deletes the database in here at each start.\n');
}
