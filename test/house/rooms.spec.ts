import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FACES, insideOf, roomOf, ROOMS, roomsBelow } from '../../rooms.mjs';

const ROOT = join(import.meta.dirname, '..', '..');

/** Modules of one room that a module of another one imports, as `room/file`. */
async function metByOthers(): Promise<Set<string>> {
  const paths = (await readdir(join(ROOT, 'src'), { recursive: true }))
    .map((path) => `src/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && roomOf(path) !== undefined);
  const imported = await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(join(ROOT, path), 'utf8');
      return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)\.js'/g)]
        .map(([, to]) => posix.join(dirname(path), to ?? ''))
        .filter((to) => roomOf(to) !== undefined && roomOf(to) !== roomOf(path));
    }),
  );
  return new Set(imported.flat().map((path) => path.slice('src/'.length)));
}

describe('rooms.mjs', () => {
  it('names folders that are there, each once', () => {
    expect(ROOMS.filter((room) => !existsSync(join(ROOT, 'src', room)))).toEqual([]);
    expect(new Set(ROOMS).size).toBe(ROOMS.length);
  });

  it('has the rooms inside a room on floors below it', () => {
    expect(ROOMS.flatMap((room) => insideOf(room).filter((inner) => !roomsBelow(room).includes(inner)))).toEqual([]);
  });

  it('shows of a room only what another one imports', async () => {
    const met = await metByOthers();
    const shown = Object.entries(FACES).flatMap(([room, files]) => files.map((file) => `${room}/${file}`));
    expect(shown.filter((file) => !met.has(file))).toEqual([]);
  });
});
