import { join } from 'node:path';

/**
 * The project's folder, as a checkout and the image have it. Every module of ours is two folders below it, whether it runs from
 * the sources (`src/room`), as the compiler wrote it (`build/room`) or in the bundle (`dist/parts`).
 */
export const PROJECT = join(import.meta.dirname, '..', '..');

/** What the build makes for the service to run and to serve. */
export const DIST = join(PROJECT, 'dist');
