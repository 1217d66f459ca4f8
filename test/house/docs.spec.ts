import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { describe, expect, it } from '@jest/globals';
import { anchorsOf, readMarkdown, translationGaps } from '../support/markdown.js';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = globSync(['*.md', '{bench,client,docs,examples}/**/*.md'], {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules'),
}).sort();
const TRANSLATED = PAGES.filter((page) => page.startsWith('docs/id/'));

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const resolved = (page: string, target: string) => normalize(join(dirname(page), target));
const withoutSourceLine = (text: string) => text.replace(SOURCE_LINE, '');

/** The line of a translated page that names its source: `> Terjemahan dari [Title](path).` */
const SOURCE_LINE = /^> Terjemahan dari \[[^\]]+\]\(([^)]+)\)\.$/m;

/** The English page that a page of `docs/id` translates, or null when its second paragraph does not name it. */
function sourceOf(page: string): string | null {
  const [, target] = SOURCE_LINE.exec(textOf(page)) ?? [];
  return target === undefined ? null : resolved(page, target);
}

/** The links of a page that lead nowhere within the repository, each with what is missing. */
function brokenLinks(page: string): string[] {
  return readMarkdown(textOf(page)).links.flatMap((link) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', fragment] = link.split('#', 2);
    const target = path === '' ? page : resolved(page, path);
    if (target.startsWith('..') || !existsSync(join(ROOT, target))) return [`${page}, ${link}: there is no ${target}`];
    if (fragment === undefined || statSync(join(ROOT, target)).isDirectory()) return [];
    const known = anchorsOf(readMarkdown(textOf(target))).has(fragment);
    return known ? [] : [`${page}, ${link}: no heading of ${target} has this anchor`];
  });
}

it('every link in the documentation leads to a page and a heading that are there', () => {
  expect(PAGES.length).toBeGreaterThan(50);
  expect(PAGES.flatMap(brokenLinks)).toEqual([]);
});

describe('documentation in Indonesian', () => {
  const translationOf = new Map(TRANSLATED.map((page) => [sourceOf(page), page]));

  it('covers the pages for people who set the service up and build front ends', () => {
    expect([...translationOf.keys()].sort()).toEqual(
      [
        'README.md',
        'docs/quick-start.md',
        'docs/integration.md',
        'docs/troubleshooting.md',
        ...['element', 'forgot-password', 'javascript', 'react', 'vue'].map((name) => `docs/integration/${name}.md`),
        ...PAGES.filter((page) => page.startsWith('docs/providers/')),
      ].sort(),
    );
    expect(translationOf.size).toBe(TRANSLATED.length);
  });

  it.each(TRANSLATED)('%s has the headings, code and tables of its source', (page) => {
    const source = sourceOf(page);
    if (source === null)
      throw new Error(`Begin ${page} with its title and the line "> Terjemahan dari [Title](path)."`);
    const gaps = translationGaps(readMarkdown(textOf(source)), readMarkdown(textOf(page)));
    if (gaps.length === 0) return;
    throw new Error(
      [
        `${page} is out of step with ${source}:`,
        ...gaps.map((gap) => `- ${gap}`),
        `Make the same change in ${page}. Copy code as it is; only its comments are translated. If you do not write`,
        'Indonesian, put the English text there and say so in the commit, so that somebody translates it.',
      ].join('\n'),
    );
  });

  it.each(TRANSLATED)('%s links to the translation of a page that has one', (page) => {
    const links = readMarkdown(withoutSourceLine(textOf(page))).links.map((link) => link.split('#', 1)[0] ?? '');
    const better = links.flatMap((link) => {
      const translation = translationOf.get(resolved(page, link));
      return link === '' || translation === undefined ? [] : [`${link}: link to ${translation} instead`];
    });
    expect(better).toEqual([]);
  });

  it('is reached from its first page, and that one from the README', () => {
    const start = readMarkdown(textOf('docs/id/README.md')).links.map((link) => resolved('docs/id/README.md', link));
    expect(TRANSLATED.filter((page) => !page.endsWith('id/README.md') && !start.includes(page))).toEqual([]);
    expect(textOf('README.md').split('\n').slice(0, 30).join('\n')).toContain('(docs/id/README.md)');
  });
});

describe('the comparison of a translation with its source', () => {
  const page = (...lines: string[]) => readMarkdown([...lines, ''].join('\n'));
  const source = page('# Start', '```sh', 'npm start # by hand', '```', '## Then', '|a|b|', '|-|-|', '|1|2|');

  it.each([
    ['agrees when only prose and comments differ', [], source, '# Mulai', 'npm start # manual', '## Lalu', '|1|2|'],
    [
      'tells of a heading of another level',
      ['heading 2: the source has ## Then, the translation ### Lalu'],
      source,
      '# Mulai',
      'npm start',
      '### Lalu',
      '|1|2|',
    ],
    [
      'tells of other code',
      ['code block 1: the source has the line `npm start`, the translation `npm run dev`'],
      source,
      '# Mulai',
      'npm run dev',
      '## Lalu',
      '|1|2|',
    ],
    [
      'tells of a row that is missing',
      ['table 1: the source has a table of 1 rows, the translation a table of 0 rows'],
      source,
      '# Mulai',
      'npm start',
      '## Lalu',
      '',
    ],
  ])('%s', (_, gaps, original, title, code, heading, row) => {
    const translation = page(title, '```sh', code, '```', heading, '|a|b|', '|-|-|', row);
    expect(translationGaps(original, translation)).toEqual(gaps);
  });

  it('tells of a code block that is missing, and of one in another language', () => {
    expect(translationGaps(source, page('# Mulai', '## Lalu', '|a|b|', '|-|-|', '|1|2|'))).toEqual([
      'code block 1: the source has ```sh npm start # by hand, the translation none',
    ]);
    const other = page('# Mulai', '```js', 'npm start', '```', '## Lalu', '|a|b|', '|-|-|', '|1|2|');
    expect(translationGaps(source, other)).toEqual([
      'code block 1: the source has ```sh npm start # by hand, the translation ```js npm start',
    ]);
  });
});
