import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type ts from 'typescript';
import { ALL_PROVIDERS } from '../../src/delivery/providers/providers.js';
import { loadOnce } from '../support/load-once.js';

// A provider is a folder and a line: docs/decisions/0025-a-provider-is-a-folder.md.

const { default: typescript } = await loadOnce<{ default: typeof ts }>('typescript');

const ROOT = join(import.meta.dirname, '..', '..');
const HOME = 'src/delivery/providers/';

const FILES = globSync('src/**/*.ts', { cwd: ROOT }).filter(
  (path) => !path.endsWith('.spec.ts') && !path.includes('/generated/'),
);
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const NAMES = new Set(ALL_PROVIDERS.flatMap(({ name, alias }) => [name, ...(alias === undefined ? [] : [alias])]));
/** Names that are words of other rooms, too: they are looked for where only a provider can be meant. */
const COMMON = new Set(['email', 'session']);
const OF_DELIVERY = /^src\/(?:delivery|incoming|platform\/config|\w+\.ts|\w+\.module\.ts)/;

/** Where a provider may be named all the same. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // The example of WHATSAPP_PROVIDERS in .env.example.
  'src/platform/config/groups/delivery.ts': ['console'],
  // Texts and secrets whose values may hold a #; the name of the variable tells the others.
  'src/platform/config/variables/variables.ts': ['SMTP_FROM'],
  // The comment shows what a group looks like.
  'src/platform/config/rows/group.ts': ['WHAPI_TOKEN'],
};
const isException = (path: string, name: string) => EXCEPTIONS[path]?.includes(name) ?? false;

/** The variables of providers. */
const VARIABLES = ALL_PROVIDERS.flatMap(({ settings }) =>
  Object.values(settings?.rows ?? {}).flatMap(({ variable }) => (variable ? [variable.name] : [])),
);

/** Names of providers among the texts of a source, each once. */
function namedIn(path: string, source: string): string[] {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (typescript.isStringLiteralLike(node) && NAMES.has(node.text)) found.add(node.text);
    typescript.forEachChild(node, visit);
  };
  visit(typescript.createSourceFile(path, source, typescript.ScriptTarget.Latest));
  return [...found].filter((name) => !COMMON.has(name) || OF_DELIVERY.test(path));
}

/** The folder of a provider that a file is in; undefined for what is in none. */
const folderOf = (path: string) => (dirname(path).startsWith(HOME) ? dirname(path) : undefined);
const folders = [...new Set(FILES.map(folderOf).filter((folder) => folder !== undefined))];

describe('a provider', () => {
  it('has a folder with a definition, which is in the list', () => {
    expect(folders.length).toBe(ALL_PROVIDERS.length);
    const list = textOf(`${HOME}providers.ts`);
    for (const folder of folders) expect(list).toContain(`'./${basename(folder)}/definition.js'`);
  });

  const elsewhere = FILES.filter((path) => folderOf(path) === undefined);

  it('is named in its folder alone', () => {
    const named = elsewhere.flatMap((path) => namedIn(path, textOf(path)).map((name) => ({ path, name })));
    expect(named.filter(({ path, name }) => !isException(path, name))).toEqual([]);
  });

  it('has its variables named in its folder alone', () => {
    expect(VARIABLES.length).toBeGreaterThan(15);
    const named = elsewhere.flatMap((path) => {
      const words = new Set(textOf(path).match(/\b[A-Z][A-Z0-9_]+\b/g));
      return VARIABLES.filter((name) => words.has(name)).map((name) => ({ path, name }));
    });
    expect(named.filter(({ path, name }) => !isException(path, name))).toEqual([]);
  });

  it('that is named elsewhere is found', () => {
    const source = "if (provider.name === 'whapi' || kind === 'email') run(`sms`); // 'console'";
    expect(namedIn('src/delivery/ladder/x.ts', source)).toEqual(['whapi', 'email', 'sms']);
    expect(namedIn('src/identity/users/x.ts', source)).toEqual(['whapi', 'sms']);
  });

  it.each(ALL_PROVIDERS.map(({ name, docs }) => [name, docs]))('has a page: %s, %s', (name, docs) => {
    expect(existsSync(join(ROOT, docs))).toBe(true);
    expect(textOf('docs/providers/README.md')).toContain(name);
  });
});
