import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path/posix';
import { describe, expect, it } from '@jest/globals';
import { WEBHOOK_EVENTS } from '../../src/applications/webhooks/webhook-events.js';
import { CATALOGUE } from '../../src/platform/errors/catalogue.js';
import { TEXTS } from '../../src/platform/texts/texts.js';
import { anchorsOf, readMarkdown, translationGaps } from '../support/markdown.js';

const ROOT = join(import.meta.dirname, '..', '..');
const PAGES = globSync(['*.md', '{bench,client,docs,examples,test}/**/*.md'], {
  cwd: ROOT,
  exclude: (path) => path.includes('node_modules'),
}).sort();
const TRANSLATED = PAGES.filter((page) => page.startsWith('docs/id/'));

const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');
const resolved = (page: string, target: string) => normalize(join(dirname(page), target));
const withoutSourceLine = (text: string) => text.replace(SOURCE_LINE, '');

/** Files whose comments may cite a page, but for this one, which has wrong references as samples. */
const CODE = globSync(
  ['{src,test,web,scripts,client,bench,deploy,eslint-rules,examples}/**/*.{ts,mjs,js,sql}', '*.mjs', '.*.mjs'],
  {
    cwd: ROOT,
    exclude: (path) => /node_modules|generated/.test(path),
  },
).filter((path) => path !== 'test/house/docs.spec.ts');

/** Pages and headings that a text names from the root: `docs/…`, with or without `#heading`; not those of an address. */
function citedIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w/.-])docs\/[\w./-]*\w(?:#[\w-]*\w)?/g)].map(([cited]) => cited);
}

/** Whether a page, or a folder, and the heading that is named with it are in the repository. */
function isThere(cited: string): boolean {
  const [path = '', fragment] = cited.split('#', 2);
  // Some specs put the ending on by themselves.
  const target = [path, `${path}.md`].find((each) => existsSync(join(ROOT, each)));
  if (target === undefined) return false;
  return fragment === undefined || anchorsOf(readMarkdown(textOf(target))).has(fragment);
}

/** Names of documents that are elsewhere, and numbers of decisions that nobody can open. */
const VAGUE =
  /\b(?:contracts?|systems?) [A-D]\b|providers['’] document|design of the house|\(contract, "|[( ]decisions?\/\d{4}\)|\(decision \d+\)/gi;

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

/**
 * Paths from the root that a text names in backticks. What the reader fills in is `*`: `src/<group>/<room>/<name>.sql`
 * becomes a pattern that some file must match.
 */
function pathsIn(text: string): string[] {
  const spans = [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  const named = /(?<![\w./:<-])(?:src|test|scripts|web|prisma|deploy|bench|eslint-rules)\/(?:[\w.*/-]|<[\w ]+>)*/g;
  return spans.flatMap((span) => [...span.matchAll(named)].map(([path]) => path.replace(/<[\w ]+>/g, '*')));
}

/** Whether there is such a file or folder; a path that `npm test` is given may lack its ending. */
function hasFile(path: string, page = ''): boolean {
  return [path, `${path}.*`, join(dirname(page), path)].some((each) => globSync(each, { cwd: ROOT }).length > 0);
}

it('every link in the documentation leads to a page and a heading that are there', () => {
  expect(PAGES.length).toBeGreaterThan(50);
  expect(PAGES.flatMap(brokenLinks)).toEqual([]);
});

describe('paths in backticks', () => {
  // What was changed in an older version may have moved since.
  const named = PAGES.filter((page) => page !== 'CHANGELOG.md').flatMap((page) =>
    pathsIn(textOf(page)).map((path) => ({ page, path })),
  );

  it('are there', () => {
    expect(named.length).toBeGreaterThan(100);
    expect(named.filter(({ page, path }) => !hasFile(path, page))).toEqual([]);
  });

  it('that are not there are found', () => {
    const wrong = 'see `src/nowhere/<name>.ts`, `npm test -- test/house/nothing`, src/plain and `/var/src/other`';
    expect(pathsIn(wrong)).toEqual(['src/nowhere/*.ts', 'test/house/nothing']);
    expect(pathsIn(wrong).filter((path) => hasFile(path))).toEqual([]);
    expect(['src/*/*/*.sql', 'test/house/docs', 'scripts/postman/'].filter((path) => !hasFile(path))).toEqual([]);
  });
});

describe('the wire contract', () => {
  const contract = PAGES.filter((page) => page.startsWith('docs/contract/'));
  // A line break of the page is a space, and cells of a table are one text.
  const plain = (page: string) =>
    textOf(page)
      .replace(/\s*\|\s*/g, ' ')
      .replace(/\s+/g, ' ');

  it.each(contract)('%s has the status and the Indonesian message of each code that it names', (page) => {
    const named = [...plain(page).matchAll(/\b([45]\d\d) `([a-z]+(?:_[a-z]+)+)`(?: `([A-Z][a-z][^`]*)`)?/g)];
    if (page !== 'docs/contract/README.md') expect(named.length).toBeGreaterThan(3);
    const wrong = named.filter(([, status, code = '', message]) => {
      const known: Record<string, number | undefined> = CATALOGUE;
      const texts: Record<string, string | undefined> = TEXTS.id.errors;
      return known[code] !== Number(status) || (message !== undefined && message !== texts[code]);
    });
    expect(wrong.map(([text]) => text)).toEqual([]);
  });

  it('has the success messages of the code, letter for letter', () => {
    const said = contract.flatMap((page) =>
      [...plain(page).matchAll(/message:"([^"]+)"/g)].map(([, text = '']) => text),
    );
    expect(new Set(said).size).toBeGreaterThan(15);
    const answers = new Set(Object.values(TEXTS.id.answers).flatMap((room) => Object.values(room)));
    // Those of the routes that say the same in every language.
    const controllers = CODE.filter((path) => /^src\/.*controller\.ts$/.test(path)).map(textOf);
    const isSaid = (text: string) => answers.has(text) || controllers.some((source) => source.includes(`'${text}'`));
    expect(said.filter((text) => !isSaid(text))).toEqual([]);
  });
});

describe('comments', () => {
  it('name pages and headings that are there', () => {
    const cited = [...CODE, ...PAGES].flatMap((path) => citedIn(textOf(path)).map((target) => ({ path, target })));
    expect(cited.length).toBeGreaterThan(60);
    expect(cited.filter(({ target }) => !isThere(target))).toEqual([]);
  });

  it('name no document that cannot be opened', () => {
    expect(CODE.length).toBeGreaterThan(500);
    const vague = CODE.flatMap((path) => [...textOf(path).matchAll(VAGUE)].map(([words]) => ({ path, words })));
    expect(vague).toEqual([]);
  });

  it('that name nothing are found', () => {
    expect(citedIn('see docs/nowhere.md#here, /docs/x and https://a.example/docs/y')).toEqual(['docs/nowhere.md#here']);
    expect(['docs/nowhere.md', 'docs/architecture.md#no-such-heading'].filter(isThere)).toEqual([]);
    expect(isThere('docs/architecture.md#rooms')).toBe(true);
    expect('as contract B says, the providers’ document (decision 7)'.match(VAGUE)).toHaveLength(3);
  });
});

it('describes every event of webhooks', () => {
  const described = [...textOf('docs/webhooks.md').matchAll(/^\| `([a-z]+\.[a-z]+)` /gm)].map(([, event]) => event);
  expect(described.sort()).toEqual([...WEBHOOK_EVENTS].sort());
});

describe('documentation in Indonesian', () => {
  const translationOf = new Map(TRANSLATED.map((page) => [sourceOf(page), page]));

  it('covers the pages for people who set the service up and build front ends', () => {
    const needed = [
      'README.md',
      'docs/quick-start.md',
      'docs/integration.md',
      'docs/troubleshooting.md',
      ...['element', 'forgot-password', 'javascript', 'react', 'vue'].map((name) => `docs/integration/${name}.md`),
      ...PAGES.filter((page) => page.startsWith('docs/providers/')),
    ];
    expect(needed.filter((page) => !translationOf.has(page))).toEqual([]);
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
