import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..');

interface LockedPackage {
  integrity?: string;
  resolved?: string;
}

/** Each folder that has a lock file, and the fewest packages that would be believable in it. */
const LOCKED = [
  { folder: '.', atLeast: 500 },
  { folder: 'bench/peer', atLeast: 20 },
];

describe.each(LOCKED)('the lock file of $folder', ({ folder, atLeast }) => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const installed = Object.entries(packages).filter(([path]) => path.startsWith('node_modules/'));

  it('knows the hash of every package', () => {
    expect(installed.length).toBeGreaterThan(atLeast);
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual(
      [],
    );
  });

  it('names no place but the registry that npm is set to', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('is installed without running anything', () => {
    expect(readFileSync(join(ROOT, folder, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  });
});
