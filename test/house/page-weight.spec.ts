import { expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

// What a browser loads for the console, gzipped, in bytes: docs/decisions/0027-how-the-console-is-built.md.

const WEB = join(import.meta.dirname, '..', '..', 'dist', 'web');

/** Scripts and style of all pages together, the chunk of the page with the charts, and that of each other page. */
const MOST = { shared: 125_000, overview: 70_000, page: 32_000 };

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly isDynamicEntry?: boolean;
}

const manifest = JSON.parse(readFileSync(join(WEB, 'manifest-console.json'), 'utf8')) as Record<string, Chunk>;

/** A chunk and all that it imports. */
function withImports(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  for (const each of manifest[name]?.imports ?? []) withImports(each, found);
  return found;
}

/** A file that is too small to be packed goes out as it is. */
function bytesOf(name: string): number {
  const path = join(WEB, manifest[name]?.file ?? '');
  return statSync(`${path}.gz`, { throwIfNoEntry: false })?.size ?? statSync(path).size;
}

const sum = (names: Iterable<string>) => [...names].reduce((bytes, name) => bytes + bytesOf(name), 0);

it('a page of the console stays light', () => {
  const shared = withImports('pages/console-page.ts');
  expect(sum([...shared, 'console/shell/console.css'])).toBeLessThan(MOST.shared);
  const pages = Object.keys(manifest).filter((name) => manifest[name]?.isDynamicEntry && name.startsWith('console/'));
  expect(pages.length).toBeGreaterThan(8);
  const tooHeavy = pages
    .map((name) => [name, sum([...withImports(name)].filter((each) => !shared.has(each)))] as const)
    .filter(([name, bytes]) => bytes > (name.includes('overview') ? MOST.overview : MOST.page));
  expect(tooHeavy).toEqual([]);
});
