/**
 * Builds what browsers get into dist/web: the hosted pages with hashed assets and a manifest, and the element as one
 * file. `scripts/build.mjs` runs it when something here or in client/ has changed.
 */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = fileURLToPath(new URL('../dist/web', import.meta.url));

/**
 * The oldest browsers of people who log in: docs/pages.md#browsers. `test/house/old-browsers.spec.ts` looks at what is built for
 * them. Staff have newer ones: the console's.
 */
const OLDEST = ['chrome78', 'firefox72', 'safari13.1'];

/** What the builds have in common; nothing is read from the environment or from files beside this one. */
const usual = {
  root,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: 'warn',
  build: { outDir, emptyOutDir: false, target: OLDEST, cssTarget: OLDEST, reportCompressedSize: false },
};

/**
 * Icons of the console in one file, by their names there: Heroicons, and under the names that the component library asks
 * for, its own. `virtual:icons` is the file's address.
 */
const ICONS = {
  'arrow-down': 'arrow-down',
  'arrow-down-tray': 'arrow-down-tray',
  'arrow-path': 'arrow-path',
  'arrow-right-start-on-rectangle': 'arrow-right-start-on-rectangle',
  'bars-3': 'bars-3',
  bolt: 'bolt',
  'chart-bar': 'chart-bar',
  'chat-bubble-left-right': 'chat-bubble-left-right',
  check: 'check',
  'check-circle': 'check-circle',
  'chevron-down': 'chevron-down',
  'chevron-left': 'chevron-left',
  'chevron-right': 'chevron-right',
  'circle-xmark': 'x-circle',
  'cog-6-tooth': 'cog-6-tooth',
  copy: 'square-2-stack',
  'device-phone-mobile': 'device-phone-mobile',
  'exclamation-triangle': 'exclamation-triangle',
  eye: 'eye',
  'eye-slash': 'eye-slash',
  inbox: 'inbox',
  indeterminate: 'minus',
  key: 'key',
  'lock-closed': 'lock-closed',
  'lock-open': 'lock-open',
  moon: 'moon',
  'paper-airplane': 'paper-airplane',
  'paper-clip': 'paper-clip',
  'pencil-square': 'pencil-square',
  plus: 'plus',
  'queue-list': 'queue-list',
  'shield-check': 'shield-check',
  'signal-slash': 'signal-slash',
  'squares-2x2': 'squares-2x2',
  sun: 'sun',
  'user-circle': 'user-circle',
  'user-plus': 'user-plus',
  users: 'users',
  'view-columns': 'view-columns',
  'x-circle': 'x-circle',
  xmark: 'x-mark',
};

function icons() {
  return {
    name: 'icons',
    resolveId: (source) => (source === 'virtual:icons' ? '\0icons' : null),
    async load(id) {
      if (id !== '\0icons') return null;
      const symbols = await Promise.all(Object.entries(ICONS).map(([name, file]) => symbolOf(name, file)));
      const source = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>`;
      const file = this.emitFile({ type: 'asset', name: 'icons.svg', source });
      return `export const sprite = import.meta.ROLLUP_FILE_URL_${file};`;
    },
  };
}

async function symbolOf(name, file) {
  const svg = await readFile(fileURLToPath(import.meta.resolve(`heroicons/24/outline/${file}.svg`)), 'utf8');
  const [, attributes = '', content = ''] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(svg) ?? [];
  return `<symbol id="${name}"${attributes.replace(/ (?:xmlns|width|height|aria-hidden|data-slot)="[^"]*"/g, '')}>${content.trim()}</symbol>`;
}

const PAGE_BUILD = {
  // An icon inside a style sheet would be a data: address, which the pages' policy refuses.
  assetsInlineLimit: 0,
  modulePreload: { polyfill: false },
};

const pages = {
  ...usual,
  build: {
    ...usual.build,
    ...PAGE_BUILD,
    manifest: 'manifest.json',
    rolldownOptions: {
      input: ['login-page.ts', 'account-page.ts', 'page.css', 'mark.svg'].map((name) => join(root, 'pages', name)),
    },
  },
};

const consoleOfStaff = {
  ...usual,
  build: {
    ...usual.build,
    ...PAGE_BUILD,
    target: 'es2022',
    cssTarget: 'chrome111',
    manifest: 'manifest-console.json',
    rolldownOptions: {
      input: [join(root, 'pages/console-page.ts'), join(root, 'console/shell/console.css')],
      plugins: [icons()],
    },
  },
};

const element = {
  ...usual,
  build: {
    ...usual.build,
    rolldownOptions: {
      input: { 'masuk-login': join(root, 'login/masuk-login.ts') },
      output: { entryFileNames: 'elements/[name].js', codeSplitting: false },
    },
  },
};

/** What fits one packet anyway stays as it is; bytes. */
const WORTH_PACKING = 1400;

/** Phones on a thin line get a quarter of the bytes; packed once here instead of at every request. */
async function pack(folder) {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(js|css|svg)$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    const content = await readFile(path);
    if (content.length < WORTH_PACKING) continue;
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
    await writeFile(`${path}.br`, await promisify(brotliCompress)(content, quality));
    await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }));
  }
}

await rm(outDir, { recursive: true, force: true });
await Promise.all([build(pages), build(consoleOfStaff), build(element)]);
await pack(outDir);
