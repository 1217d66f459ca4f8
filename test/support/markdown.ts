/** One fenced code block; `language` is empty for a drawing or plain text. */
export interface CodeBlock {
  readonly language: string;
  readonly code: string;
}

export interface Heading {
  readonly level: number;
  readonly text: string;
}

/** The parts of a Markdown page that a translation shares with its source, and its links. */
export interface MarkdownPage {
  readonly headings: readonly Heading[];
  readonly codeBlocks: readonly CodeBlock[];
  /** Number of rows of each table, without its header. */
  readonly tables: readonly number[];
  /** Targets of links, as they are written. */
  readonly links: readonly string[];
}

const FENCED = /^```(\w*)\n([\s\S]*?)^```$/gm;

export function readMarkdown(text: string): MarkdownPage {
  const prose = text.replace(FENCED, '');
  return {
    headings: [...prose.matchAll(/^(#{1,6}) (.+)$/gm)].map(([, hashes = '', title = '']) => ({
      level: hashes.length,
      text: title,
    })),
    codeBlocks: [...text.matchAll(FENCED)].map(([, language = '', code = '']) => ({ language, code })),
    tables: [...prose.matchAll(/(?:^\|.*\n?)+/gm)].map(([table]) => table.trim().split('\n').length - 2),
    links: [...prose.replace(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
  };
}

/** The fragments that a page's headings can be linked by, made as GitHub makes them. */
export function anchorsOf({ headings }: MarkdownPage): Set<string> {
  const anchors = new Set<string>();
  for (const { text } of headings) {
    const slug = text
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

const SLASH_COMMENTS = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;
const HASH_COMMENTS = /(?<=^|\s)#.*$/gm;
const MARKUP_COMMENTS = /<!--[\s\S]*?-->/g;

/** Languages of code blocks whose comments may be translated. */
const COMMENTS: Record<string, readonly RegExp[]> = {
  js: [SLASH_COMMENTS],
  ts: [SLASH_COMMENTS],
  tsx: [SLASH_COMMENTS],
  dart: [SLASH_COMMENTS],
  php: [SLASH_COMMENTS, HASH_COMMENTS],
  vue: [SLASH_COMMENTS, MARKUP_COMMENTS],
  html: [MARKUP_COMMENTS],
  sh: [HASH_COMMENTS],
  yaml: [HASH_COMMENTS],
};

/** The lines of code of a block, without comments, blank lines and the space at their ends. */
function codeLines({ language, code }: CodeBlock): string[] {
  const bare = (COMMENTS[language] ?? []).reduce((left, comment) => left.replace(comment, ''), code);
  return bare
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
}

/**
 * Where a translated page is out of step with its source, one sentence each; empty when they agree. They agree when
 * - both have the same number of headings, of the same levels in the same order,
 * - both have the same number of code blocks, of the same languages in the same order, and in each block the same lines
 *   of code once comments are taken out; of a block without a language, such as a drawing, only its place counts,
 * - both have the same number of tables with the same number of rows.
 */
export function translationGaps(source: MarkdownPage, translation: MarkdownPage): string[] {
  return [
    firstGap(
      'heading',
      source.headings.map(({ level, text }) => ({ key: level, shown: `${'#'.repeat(level)} ${text}` })),
      translation.headings.map(({ level, text }) => ({ key: level, shown: `${'#'.repeat(level)} ${text}` })),
    ),
    firstGap(
      'code block',
      source.codeBlocks.map(({ language, code }) => ({ key: language, shown: opening(language, code) })),
      translation.codeBlocks.map(({ language, code }) => ({ key: language, shown: opening(language, code) })),
    ),
    ...source.codeBlocks.map((block, at) => codeGap(at, block, translation.codeBlocks[at])),
    firstGap(
      'table',
      source.tables.map((rows) => ({ key: rows, shown: `a table of ${rows} rows` })),
      translation.tables.map((rows) => ({ key: rows, shown: `a table of ${rows} rows` })),
    ),
  ].filter((gap) => gap !== null);
}

interface Part {
  readonly key: number | string;
  readonly shown: string;
}

const opening = (language: string, code: string) => `\`\`\`${language} ${code.split('\n', 1)[0] ?? ''}`;

function firstGap(kind: string, source: readonly Part[], translation: readonly Part[]): string | null {
  for (let at = 0; at < Math.max(source.length, translation.length); at++) {
    const [here, there] = [source[at], translation[at]];
    if (here?.key === there?.key) continue;
    return `${kind} ${at + 1}: the source has ${here?.shown ?? 'none'}, the translation ${there?.shown ?? 'none'}`;
  }
  return null;
}

function codeGap(at: number, source: CodeBlock, translation: CodeBlock | undefined): string | null {
  // Another language, or no block at all, is told by the comparison of the blocks themselves.
  if (source.language === '' || source.language !== translation?.language) return null;
  const [here, there] = [codeLines(source), codeLines(translation)];
  const line = here.findIndex((each, index) => each !== there[index]);
  if (line < 0 && here.length === there.length) return null;
  const index = line < 0 ? here.length : line;
  return `code block ${at + 1}: the source has the line ${show(here[index])}, the translation ${show(there[index])}`;
}

const show = (line: string | undefined) => (line === undefined ? 'none' : `\`${line.trim()}\``);
