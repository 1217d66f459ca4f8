/**
 * For `NODE_OPTIONS=--import=…`: runs the service as the compiler wrote it (`build/`), with one provider more. Modules are changed
 * while they are loaded, as a developer would change the sources: the folder of this file stands beside those of the other
 * providers, and their list has one line more.
 */
import { registerHooks } from 'node:module';

const BUILD = new URL('../../../../build/', import.meta.url).href;
const SRC = new URL('../../../../src/', import.meta.url).href;
const PROVIDERS = `${BUILD}delivery/providers/`;
const LIST = `${PROVIDERS}providers.js`;
const TOY = new URL('./', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    // What `dist/main.js` loads is the bundle, in which nothing can be added.
    if (/\/parts\/main-[\w-]+\.js$/.test(specifier)) return nextResolve(`${BUILD}main.js`, context);
    if (context.parentURL === LIST && specifier.startsWith('./toy/'))
      return nextResolve(TOY + specifier.slice('./toy/'.length).replace(/\.js$/, '.ts'), context);
    if (context.parentURL?.startsWith(TOY) && specifier.startsWith('.')) {
      const url = new URL(specifier, context.parentURL).href;
      const target = url.startsWith(SRC) ? BUILD + url.slice(SRC.length) : url.replace(/\.js$/, '.ts');
      return nextResolve(target, context);
    }
    return nextResolve(specifier, context);
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== LIST) return loaded;
    const list = String(loaded.source);
    const longer = list.replace(/(export const ALL_PROVIDERS = \[[^\]]*?),?\s*\];/, '$1, toy];');
    if (longer === list) throw new Error('the list of providers has another form');
    return { ...loaded, source: `import { toy } from './toy/definition.js';\n${longer}` };
  },
});
