import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { compileCacheFolder } from './compile-cache.js';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'masuk-compile-cache-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('the folder of the compiled code', () => {
  it('is made in DATA_DIR, open to its owner only', () => {
    const folder = compileCacheFolder(dataDir, 'one');
    expect(folder).toBe(join(dataDir, 'compile-cache', 'one'));
    expect([modeOf(join(dataDir, 'compile-cache')), modeOf(String(folder))]).toEqual([0o700, 0o700]);
  });

  it('is found again, and those of other releases are removed', () => {
    writeFileSync(join(String(compileCacheFolder(dataDir, 'one')), 'code'), '');
    expect(compileCacheFolder(dataDir, 'one')).not.toBeNull();
    expect(readdirSync(join(dataDir, 'compile-cache', 'one'))).toEqual(['code']);
    compileCacheFolder(dataDir, 'two');
    expect(readdirSync(join(dataDir, 'compile-cache'))).toEqual(['two']);
  });

  it('is not made where there is no DATA_DIR', () => {
    expect(compileCacheFolder(join(dataDir, 'missing'), 'one')).toBeNull();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it.each([
    ['a link to another folder', (all: string, elsewhere: string) => symlinkSync(elsewhere, all)],
    [
      'a link inside it',
      (all: string, elsewhere: string) => {
        mkdirSync(all, { mode: 0o700 });
        symlinkSync(elsewhere, join(all, 'one'));
      },
    ],
    ['a folder that others may read', (all: string) => mkdirSync(all, { mode: 0o755 })],
    [
      'a folder that a group may write to',
      (all: string) => {
        mkdirSync(all);
        chmodSync(all, 0o770);
      },
    ],
    ['a file', (all: string) => writeFileSync(all, '')],
    ['in a DATA_DIR where others may put something else in its place', () => chmodSync(dataDir, 0o777)],
  ])('is not used when it is %s', (_what, prepare) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'masuk-elsewhere-'));
    try {
      prepare(join(dataDir, 'compile-cache'), elsewhere);
      expect(compileCacheFolder(dataDir, 'one')).toBeNull();
      expect(readdirSync(elsewhere)).toEqual([]);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  // Only root can give a folder away.
  (process.getuid?.() === 0 ? it : it.skip)("is not used when it is another user's", () => {
    process.seteuid?.(65534);
    try {
      expect(() => compileCacheFolder(dataDir, 'one')).toThrow('EACCES');
    } finally {
      process.seteuid?.(0);
    }
    compileCacheFolder(dataDir, 'one');
    chmodSync(dataDir, 0o755);
    process.seteuid?.(65534);
    try {
      expect(compileCacheFolder(dataDir, 'one')).toBeNull();
    } finally {
      process.seteuid?.(0);
    }
  });
});
