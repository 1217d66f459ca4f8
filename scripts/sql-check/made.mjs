import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Loads built modules and returns every statement that they make meanwhile, with the place in the sources: a statement is
 * put together of fragments when its module is loaded, so its text is known only then.
 *
 * @param maker the built module that exports `statement`
 * @param modules paths of built modules, with source maps beside them
 * @returns `{ name, text, parameters, file, line }` for each
 */
export async function statementsMadeBy(maker, modules) {
  // Before anything is loaded: maps of modules that are loaded already are not read any more.
  process.setSourceMapsEnabled(true);
  const made = [];
  globalThis[MADE] = made;
  const url = pathToFileURL(maker).href;
  const hooks = registerHooks({
    load(asked, context, next) {
      const loaded = next(asked, context);
      return asked === url ? { ...loaded, source: `${loaded.source}\n${NOTING}` } : loaded;
    },
  });
  try {
    for (const path of modules) await import(pathToFileURL(path).href);
  } finally {
    hooks.deregister();
  }
  return made.map((each) => ({ ...each, file: each.file.startsWith('file:') ? fileURLToPath(each.file) : each.file }));
}

const MADE = Symbol.for('masuk.sql-check.made');

/** Put behind the module's own code: a function declaration is a variable, and its importers see the new value. */
const NOTING = `
import { getCallSites as __sites } from 'node:util';
{
  const make = statement;
  statement = (...given) => {
    const made = make(...given);
    const [, caller] = __sites(2, { sourceMap: true });
    globalThis[Symbol.for('masuk.sql-check.made')].push({ ...made, file: caller.scriptName, line: caller.lineNumber });
    return made;
  };
}
`;
