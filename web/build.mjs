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

/** What both builds have in common; nothing is read from the environment or from files beside this one. */
const usual = {
  root,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: 'warn',
  // Browsers of the last years, phones included: the element's `target` is what their syntax must bear.
  build: { outDir, emptyOutDir: false, target: 'es2022', cssTarget: 'chrome111', reportCompressedSize: false },
};

const pages = {
  ...usual,
  build: {
    ...usual.build,
    manifest: 'manifest.json',
    // An icon inside a style sheet would be a data: address, which the pages' policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['login-page.ts', 'account-page.ts', 'page.css', 'mark.svg'].map((name) => join(root, 'pages', name)),
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
await Promise.all([build(pages), build(element)]);
await pack(outDir);
