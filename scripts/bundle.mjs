/**
 * Makes dist/ of what the compiler wrote into build/: `dist/main.js` and a file for each command of `build/cli`, which are a few
 * lines long and load the code in `dist/parts`; `dist/licences.txt`; and `dist/packages.json`, which says in what part each
 * package is. Classes keep their names, and what Nest injects is known, because the compiler has written both down before.
 * Lines are not squeezed, and stack traces lead to our sources.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const BUILD = join(root, 'build');
const DIST = join(root, 'dist');

/**
 * Packages that stay in node_modules, each with the reason.
 */
const OUTSIDE = [
  // Optional, and its libsignal is GPL-3.0: never part of what we hand on.
  ['@whiskeysockets/baileys', 'libsignal'],
  // Machine code, chosen by platform.
  ['@node-rs/argon2', '@node-rs/bcrypt'],
  // WebAssembly beside the code. What is loaded with it must meet the same classes.
  ['@prisma/client', '@prisma/schema-engine-wasm'],
  // A folder of files.
  ['swagger-ui-dist'],
  // Of pg, Nest and class-transformer: tried, and done without.
  [
    'pg-native',
    'pg-cloudflare',
    '@nestjs/microservices',
    '@nestjs/websockets',
    '@nestjs/platform-express',
    '@fastify/view',
  ],
  [
    'class-transformer/storage',
    '@css-inline/css-inline',
    'ejs',
    'handlebars',
    'liquidjs',
    'mjml',
    'nunjucks',
    'pug',
    'preview-email',
  ],
].flat();

/** Licences that ask for nothing but their text and the names. */
const PERMISSIVE = new Set([
  'MIT',
  'MIT-0',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
]);

/** Licences of packages whose package.json names none. */
const NAMED_ELSEWHERE = { pause: 'MIT' };

const HTTP = /^(node:)?http$/;

const isOutside = (id) =>
  (isBuiltin(id) && !HTTP.test(id)) || OUTSIDE.some((name) => id === name || id.startsWith(`${name}/`));

/** Warnings about what is not ours to change. */
const EXPECTED = new Set(['EVAL', 'CIRCULAR_DEPENDENCY', 'COMMONJS_VARIABLE_IN_ESM']);

/**
 * Node's `http`, asked for in a way that does not read all of it: an ES import copies its exports, and one of them loads Node's
 * `fetch`, which takes 35 ms.
 */
const lazyHttp = {
  name: 'lazy-http',
  resolveId: { filter: { id: HTTP }, handler: () => '\0http' },
  load: { filter: { id: /^\0http$/ }, handler: () => "module.exports = process.getBuiltinModule('node:http');" },
};

/**
 * Stack traces lead to our sources through the compiler's own maps; a map of all packages would cost memory at each start. And
 * one character that is no ASCII would double the memory of a part.
 */
const sources = {
  name: 'sources',
  load: {
    filter: { id: /\.[cm]?js$/ },
    async handler(id) {
      const code = inAscii(await readFile(id, 'utf8'));
      if (!id.startsWith(BUILD + sep)) return { code, map: { mappings: '' } };
      const map = await readFile(`${id}.map`, 'utf8').catch(() => null);
      return map === null ? null : { code: code.replace(/^\/\/# sourceMappingURL=.*$/m, ''), map: JSON.parse(map) };
    },
  },
};

function inAscii(code) {
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

async function commands() {
  const names = (await readdir(join(BUILD, 'cli'))).filter((name) => name.endsWith('.js'));
  return names.map((name) => `cli/${name.slice(0, -'.js'.length)}`);
}

async function bundle(entries) {
  const bundled = await rolldown({
    cwd: root,
    platform: 'node',
    input: Object.fromEntries(entries.map((entry) => [basename(entry), join(BUILD, `${entry}.js`)])),
    external: isOutside,
    plugins: [lazyHttp, sources],
    onLog(level, log) {
      if (level === 'warn' && !EXPECTED.has(log.code)) throw new Error(`${log.code}: ${log.message}`);
    },
  });
  const { output } = await bundled.write({
    dir: join(DIST, 'parts'),
    format: 'es',
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
    keepNames: true,
    // The licences stand in a file of their own.
    comments: false,
    // Our code apart from that of packages, which then needs no map. What the starters need comes before all others.
    codeSplitting: {
      groups: [{ name: 'packages', test: /[\\/]node_modules[\\/](?!dotenv[\\/])/, tags: ['$initial'] }],
    },
  });
  await bundled.close();
  for (const { fileName, moduleIds } of output) {
    if (moduleIds?.every((id) => packageFolder(id) !== null)) await removeMap(join(DIST, 'parts', fileName));
  }
  return output.filter(({ type }) => type === 'chunk');
}

/** Node reads a part's map, and counts the lines of the part, when it loads the part. */
async function removeMap(path) {
  const code = await readFile(path, 'utf8');
  await writeFile(path, code.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  await rm(`${path}.map`, { force: true });
}

/** What is started: it must be compiled before there is a cache, so it is short. */
async function writeStarters(entries, output) {
  const part = partsOf(output);
  const release = createHash('sha256')
    .update(
      output
        .map(({ fileName }) => fileName)
        .sort()
        .join(),
    )
    .digest('hex');
  await mkdir(join(DIST, 'cli'), { recursive: true });
  for (const entry of entries) {
    const parts = `${relative(dirname(entry), '.') || '.'}/parts`;
    await writeAtomically(
      join(DIST, `${entry}.js`),
      `import { useCompileCache } from '${parts}/${part('platform/config/compile-cache')}';
process.setSourceMapsEnabled(true);
useCompileCache('${release.slice(0, 12)}');
await import('${parts}/${part(entry)}');
`,
    );
  }
}

/** Finds the part that an entry has become. */
function partsOf(output) {
  return (entry) => output.find(({ isEntry, name }) => isEntry && name === basename(entry)).fileName;
}

/** The service without a process of its own: specs open several in one. */
async function writeService(output) {
  await writeAtomically(join(DIST, 'service.js'), `export * from './parts/${partsOf(output)('service')}';\n`);
}

/** A file appears whole or not at all, whenever the process dies. */
async function writeAtomically(path, content) {
  await writeFile(`${path}.${process.pid}`, content);
  await rename(`${path}.${process.pid}`, path);
}

/** A package's folder, or null where a file is ours. */
function packageFolder(path) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path.replace(/^\0/, ''))?.[0] ?? null;
}

/** For whoever reads a stack trace, or asks what a start loads. */
async function writePackages(output) {
  const packagesOf = ({ modules = {} }) =>
    [...new Set(Object.keys(modules).map(packageFolder))]
      .filter((folder) => folder !== null)
      .map((folder) => relative(join(root, 'node_modules'), folder).replaceAll(sep, '/'))
      .sort();
  const parts = output.map((part) => [part.fileName, packagesOf(part)]);
  await writeAtomically(join(DIST, 'packages.json'), `${JSON.stringify(Object.fromEntries(parts), null, 1)}\n`);
}

/** @throws Error naming the packages that we may not hand on under our licence */
async function writeLicences(output) {
  const files = output.flatMap(({ modules = {} }) => Object.keys(modules));
  const folders = [...new Set(files.map(packageFolder).filter((folder) => folder !== null))];
  const texts = new Map();
  const forbidden = [];
  for (const folder of folders) {
    const { name, version, ...rest } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    // Packages of ten years ago have a list.
    const license = rest.license ?? rest.licenses?.map(({ type }) => type).join(' OR ') ?? NAMED_ELSEWHERE[name];
    if (!isPermissive(license)) forbidden.push(`${name} ${version} (${license})`);
    const text = (await licenceTexts(folder)) || `The package brings no text. ${rest.homepage ?? ''}`;
    texts.set(`${name} ${version}`, `${name} ${version} (${license})\n\n${text}`);
  }
  if (forbidden.length > 0)
    throw new Error(`The bundle may not hold ${forbidden.join(', ')}: their licences are not permissive.`);
  const rule = `\n\n${'-'.repeat(80)}\n\n`;
  const all = [...texts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
  await writeAtomically(
    join(DIST, 'licences.txt'),
    `Packages in dist/parts, and their licences.${rule}${all.join(rule)}\n`,
  );
}

/** Of an SPDX expression: what we may choose is enough. */
function isPermissive(license) {
  return (
    typeof license === 'string' &&
    license
      .replace(/^\(|\)$/g, '')
      .split(' OR ')
      .some((each) => PERMISSIVE.has(each))
  );
}

/** The files with a licence or a notice; of a package without, the end of its read-me. */
async function licenceTexts(folder) {
  const names = (await readdir(folder)).sort();
  const read = (name) => readFile(join(folder, name), 'utf8');
  const texts = await Promise.all(names.filter((name) => /^(licen[cs]e|copying|notice)/i.test(name)).map(read));
  if (texts.length > 0) return texts.map((text) => text.trim()).join('\n\n');
  const readMe = names.find((name) => /^readme/i.test(name));
  return readMe === undefined ? '' : (/^#+ *licen[cs]e[^]*/im.exec(await read(readMe))?.[0].trim() ?? '');
}

/** Last of all: a service that is running may still want a part of its own release. */
async function removeLeftovers(entries, output) {
  const kept = new Set(output.flatMap(({ fileName }) => [fileName, `${fileName}.map`]));
  for (const name of await readdir(join(DIST, 'parts'))) if (!kept.has(name)) await rm(join(DIST, 'parts', name));
  const starters = new Set(entries.map((entry) => `${basename(entry)}.js`));
  for (const name of await readdir(join(DIST, 'cli'))) if (!starters.has(name)) await rm(join(DIST, 'cli', name));
}

const entries = ['main', ...(await commands())];
const output = await bundle([...entries, 'platform/config/compile-cache', 'service']);
await writeLicences(output);
await writePackages(output);
await writeStarters(entries, output);
await writeService(output);
await removeLeftovers(entries, output);
