import { readFile, readdir } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

const ROOT = new URL('../../', import.meta.url);

/** Rows of levels 1 and 2 in ASVS 5.0.0, as `section:last row`; rows of level 3 stand at the end of their section there. */
const SECTIONS = `
  1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1
  4.3:2 4.4:4 5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2
  7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1 9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2
  10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4 13.1:1 13.2:5 13.3:2 13.4:5
  14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2
`;

/** Rows of level 3 that are promised all the same. */
const PROMISED = ['6.3.8', '15.4.2'];

const expected = SECTIONS.trim()
  .split(/\s+/)
  .flatMap((each) => {
    const [section = '', last] = each.split(':');
    return Array.from({ length: Number(last) }, (_, at) => `${section}.${at + 1}`);
  });
const page = (name: string) => readFile(new URL(`docs/${name}`, ROOT), 'utf8');

async function files(): Promise<string[]> {
  const under = async (folder: string) =>
    (await readdir(new URL(folder, ROOT), { recursive: true })).map((name) => `/${folder}${name}`);
  return (await Promise.all(['src/', 'test/', 'web/'].map(under))).flat();
}

/** Names of tests on a page that no file has. */
async function missing(text: string): Promise<string[]> {
  const there = await files();
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w.-]+\.spec\.ts)`/g)].map(([, name]) => name ?? '');
  expect(named.length).toBeGreaterThan(50);
  return [...new Set(named)].filter((name) => !there.some((file) => file.endsWith(`/${name}`)));
}

describe('docs/asvs.md', () => {
  it('has each row of levels 1 and 2 once, and the promised ones of level 3', async () => {
    const rows = [...(await page('asvs.md')).matchAll(/^\| (\d+\.\d+\.\d+)\s+\|\s+(\d)/gm)];
    const ids = (level: RegExp) => rows.filter(([, , its = '']) => level.test(its)).map(([, id]) => id);
    expect(ids(/[12]/)).toEqual(expected);
    expect(ids(/3/)).toEqual(PROMISED);
    // 70 of level 1 and 183 of level 2, as the standard counts them.
    expect([ids(/1/).length, ids(/2/).length]).toEqual([70, 183]);
  });

  it('says of each row what is, and by what', async () => {
    const states = [
      ...(await page('asvs.md')).matchAll(/^\| \d+\.\d+\.\d+\s+\|\s+\d\s+\|\s+([^|]+?)\s+\|\s*([^|]*)/gm),
    ];
    for (const [row, state, by = ''] of states) {
      expect([row, ['met', 'partly', 'not met', 'operator', 'n/a'].includes(state ?? '')]).toEqual([row, true]);
      expect([row, by.trim().length > 5]).toEqual([row, true]);
      if (state === 'met') expect([row, by]).toEqual([row, expect.stringMatching(/\.spec\.ts/)]);
    }
  });
});

it.each(['asvs.md', 'security.md'])('every test that docs/%s names is there', async (name) => {
  expect(await missing(await page(name))).toEqual([]);
});

/** Titles of a spec's tests, each behind those of the blocks that it stands in; prettier's indentation says which. */
function titles(source: string): string[] {
  const found: string[] = [];
  const blocks: { indent: number; title: string }[] = [];
  const lines = source.split('\n');
  for (const [at, line] of lines.entries()) {
    const [, spaces = '', kind] = /^( *)(describe|it)(?:\.each)?\(/.exec(line) ?? [];
    if (!kind) continue;
    while (blocks.length > 0 && (blocks.at(-1)?.indent ?? 0) >= spaces.length) blocks.pop();
    // Of a table the title stands behind its end.
    const end = line.includes('.each(') ? lines.slice(at).findIndex((each) => each.startsWith(`${spaces}])`)) : 0;
    const title = lines.slice(at, at + Math.max(0, end) + 3).join(' ');
    if (kind === 'describe') blocks.push({ indent: spaces.length, title });
    else found.push([...blocks.map((block) => block.title), title].join(' '));
  }
  return found;
}

describe('test/attacks', () => {
  it('names in each case the row of ASVS, the section of NIST or the RFC that it is about', async () => {
    for (const name of (await files()).filter((file) => /^\/test\/attacks\/.*\.spec\.ts$/.test(file))) {
      const cases = titles(await readFile(new URL(name.slice(1), ROOT), 'utf8'));
      expect([name, cases.length > 0]).toEqual([name, true]);
      const without = cases.filter((title) => !/\bV\d+\.\d+\.\d+\b|\bNIST \d|\bRFC \d/.test(title));
      expect([name, without]).toEqual([name, []]);
    }
  });
});
