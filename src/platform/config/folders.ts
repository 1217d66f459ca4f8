import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The project's folder, as a checkout and the image have it: the nearest one with a package.json, whether this runs from the
 * sources (`src/`), as the compiler wrote it (`build/`) or in the bundle (`dist/parts`).
 */
export const PROJECT = projectAbove(import.meta.dirname);

/** What the build makes for the service to run and to serve. */
export const DIST = join(PROJECT, 'dist');

function projectAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('No package.json was found above the code of the service.');
  return projectAbove(above);
}
