/**
 * `npm run postman`: writes docs/postman/ out of scripts/postman/. The saved answers in examples.json come from real runs:
 * `UPDATE_POSTMAN_EXAMPLES=1 npm test -- test/contracts/service/postman` records them.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { beyond } from './postman/beyond.mjs';
import { collectionOf } from './postman/compose.mjs';
import { dashboard } from './postman/dashboard.mjs';
import { gateway } from './postman/gateway.mjs';
import { sikeskoja } from './postman/sikeskoja.mjs';
import { ticketing } from './postman/ticketing.mjs';
import { API_KEY, INPUTS, VARIABLES } from './postman/variables.mjs';

const EXAMPLES = fileURLToPath(new URL('postman/examples.json', import.meta.url));
const FOLDER = new URL('../docs/postman/', import.meta.url);

const ABOUT = `Every route of Masuk, by the system whose front ends call it.

**Begin**: start the service with \`npm start\` (no settings are needed), import this collection and the environment
beside it, and run the collection from top to bottom. It logs in with the demo accounts, reads codes in the developer
inbox, checks each answer, and takes away what it made, so that it can be run again at once. A folder also runs alone
once "SiKesKoja" has filled \`adminToken\`.

**Set** \`baseUrl\`, \`phone\`, \`adminIdentifier\` and \`adminPassword\` in the environment; without one, the collection's
own values are those of a development service. Everything else is filled by the run, and each variable says by what.

**Expect** the sentences of a development service: \`AUTH_PROFILE=compat\`, \`MESSAGE_LANGUAGE=id\`, the demo accounts
of \`SEED_DEMO=sikeskoja\`. Where another answer is as good (no device, a cooldown) both are checked.

Saved answers come from real runs; tokens, ids and times in them are made up.`;

async function write(file, content) {
  const path = typeof file === 'string' ? file : fileURLToPath(file);
  const options = await resolveConfig(path);
  await writeFile(path, await format(JSON.stringify(content), { ...options, parser: 'json' }));
}

const examples = JSON.parse(await readFile(EXAMPLES, 'utf8'));
const environment = [...INPUTS, API_KEY];

const collection = collectionOf({
  name: 'Masuk',
  about: ABOUT,
  systems: [sikeskoja, ticketing, gateway, dashboard, beyond],
  variables: VARIABLES,
  examples,
  inputs: environment.map(({ key }) => key),
});

await write(EXAMPLES, examples);
await write(new URL('masuk.postman_collection.json', FOLDER), collection);
await write(new URL('masuk.postman_environment.json', FOLDER), {
  name: 'Masuk (development)',
  values: environment.map(({ key, value, description }) => ({
    key,
    value,
    type: /password|key/i.test(key) ? 'secret' : 'default',
    enabled: true,
    description,
  })),
  _postman_variable_scope: 'environment',
});
