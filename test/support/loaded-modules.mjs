/**
 * For `NODE_OPTIONS=--import=…`: writes a line `loaded …` for every file that is loaded as a module, from the project's folder on.
 */
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('../..', import.meta.url));

registerHooks({
  load(url, context, nextLoad) {
    if (url.startsWith('file:')) process.stdout.write(`loaded ${relative(project, fileURLToPath(url))}\n`);
    return nextLoad(url, context);
  },
});
