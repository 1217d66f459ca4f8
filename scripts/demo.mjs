/**
 * `npm run demo [-- --port 5000] [--folder .data/demo] [--keep]`: a service on a database with a year of made-up data, to look
 * around in. Each start makes the data anew, up to now, unless they are to be kept. Nothing leaves this machine.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { environmentOf, Refused, refuseProduction, takeFolder } from './demo/surroundings.mjs';
import { becomeService } from './service-process.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

const say = (line = '') => process.stdout.write(`${line}\n`);

function readOptions() {
  const options = {
    port: { type: 'string', default: process.env.PORT ?? '5000' },
    folder: { type: 'string', default: '.data/demo' },
    keep: { type: 'boolean', default: false },
  };
  try {
    const { values } = parseArgs({ options });
    return { ...values, folder: resolve(root, values.folder) };
  } catch (error) {
    throw new Refused(`${error.message}\nusage: npm run demo [-- --port 5000] [--folder .data/demo] [--keep]`);
  }
}

async function tellLogins(port) {
  const { STAFF } = await import('./demo/people.mjs');
  say();
  say(`  The console          http://localhost:${port}/admin   log in by code, with one of these numbers:`);
  for (const { role, fullName, phone } of STAFF) say(`  ${role.padEnd(20)} ${phone.replace('+62', '0')}   ${fullName}`);
  say(`  The codes            http://localhost:${port}/dev/inbox   nothing is sent to a phone`);
}

async function main() {
  const { port, folder, keep } = readOptions();
  const { readVariables } = await import('../build/platform/config/variables/variables.js');
  refuseProduction(readVariables());
  takeFolder(folder);
  const { makeData } = await import('./demo/data.mjs');
  await makeData(folder, { keep, say });
  await tellLogins(port);
  // Where no .env is: the service reads the one of the folder in which it starts.
  process.chdir(folder);
  becomeService(join(root, 'dist', 'main.js'), [], environmentOf({ port, folder }, process.env));
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Refused ? error.message : error.stack}\n`);
  process.exitCode = 1;
});
