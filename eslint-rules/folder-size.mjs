import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/** How many files a folder may have: what one look takes in. */
const MOST = 20;

const sizes = new Map();

/** The files that lie in a folder itself, in the order of their names. */
function filesIn(folder) {
  if (!sizes.has(folder)) {
    const entries = readdirSync(folder, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map(({ name }) => name);
    sizes.set(folder, names.sort());
  }
  return sizes.get(folder);
}

/** Refuses a folder of src/ with too many files. It is said once, at the first module of the folder. */
export default {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      full:
        '{{folder}}/ has {{count}} files, and {{most}} is the limit: what lies side by side is no longer found at a look. ' +
        'Put what belongs together into a folder inside it, or make it a room of its own in rooms.mjs.',
    },
  },
  create(context) {
    return {
      Program(node) {
        const folder = dirname(context.physicalFilename);
        const files = filesIn(folder);
        const first = files.find((name) => name.endsWith('.ts'));
        if (files.length <= MOST || first !== basename(context.physicalFilename)) return;
        context.report({
          node,
          messageId: 'full',
          data: { folder: basename(folder), count: String(files.length), most: String(MOST) },
        });
      },
    };
  },
};
