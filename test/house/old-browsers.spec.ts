import { beforeAll, describe, expect, it } from '@jest/globals';
import { Linter } from 'eslint';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// What people's browsers get runs from Chrome 78, Firefox 72 and Safari 13.1 on: docs/pages.md#browsers.

const WEB = join(import.meta.dirname, '..', '..', 'dist', 'web');

interface Chunk {
  readonly file: string;
}

const manifest = JSON.parse(readFileSync(join(WEB, 'manifest.json'), 'utf8')) as Record<string, Chunk>;
const files = [...Object.values(manifest).map(({ file }) => file), 'elements/masuk-login.js'];
const scripts = files.filter((file) => file.endsWith('.js'));
const read = (file: string) => readFileSync(join(WEB, file), 'utf8');

/** Of a newer language than all of them read; ES2020 is parsed for `import()` and `import.meta` alone, which they know. */
const SYNTAX = {
  ChainExpression: '?.',
  'LogicalExpression[operator="??"]': '??',
  'Literal[bigint]': 'BigInt',
  'ExportAllDeclaration[exported]': 'export * as',
  'Literal[regex.flags=/[dsv]/]': 'a flag of a regular expression',
  'Literal[regex.pattern=/\\\\p|\\(\\?</]': 'a class or a group of a regular expression',
};

/** Methods that one of them lacks. */
const METHODS =
  'any at canParse checkVisibility findLast findLastIndex fromAsync getOrInsert groupBy hasOwn hidePopover isWellFormed ' +
  'randomUUID replaceAll replaceChildren requestSubmit showModal showPopover throwIfAborted toReversed toSorted toSpliced ' +
  'withResolvers';
const GLOBALS =
  'AggregateError BigInt ElementInternals FinalizationRegistry ResizeObserver WeakRef navigation requestIdleCallback reportError ' +
  'scheduler structuredClone';

function problemsOf(code: string): string[] {
  const methods = `^(${METHODS.split(' ').join('|')})$`;
  const globals = `^(${GLOBALS.split(' ').join('|')})$`;
  const restricted = [
    ...Object.entries(SYNTAX).map(([selector, message]) => ({ selector, message })),
    { selector: `CallExpression > MemberExpression.callee[property.name=/${methods}/]`, message: 'a method' },
    { selector: 'MemberExpression[property.name="inert"]', message: 'a property' },
    { selector: 'MemberExpression[object.name="AbortSignal"]', message: 'AbortSignal' },
    { selector: `CallExpression > Identifier.callee[name=/${globals}/]`, message: 'a global' },
    { selector: `NewExpression > Identifier.callee[name=/${globals}/]`, message: 'a global' },
  ];
  return new Linter()
    .verify(code, {
      languageOptions: { ecmaVersion: 2020, sourceType: 'module' },
      linterOptions: { reportUnusedDisableDirectives: 'off' },
      rules: { 'no-restricted-syntax': ['error', ...restricted] },
    })
    .map(({ message, line, column }) => `${message}: ${code.split('\n')[line - 1]?.slice(column - 1, column + 60)}`);
}

describe('scripts', () => {
  it('are found', () => {
    expect(scripts.length).toBeGreaterThan(3);
  });

  it.each(scripts)('%s has no syntax and no method that they lack', (file) => {
    expect(problemsOf(read(file))).toEqual([]);
  });

  it.each([
    ['a class with a static block', 'class A { static { run(); } }'],
    ['a private field', 'class A { #a = 1; }'],
    ['an assignment', 'a ??= 1;'],
    ['an operator', 'a ?? 1;'],
    ['a chain', 'a?.b;'],
    ['a class of characters', String.raw`/\p{L}/u;`],
    ['a look behind', '/(?<!a)b/;'],
    ['a method', 'list.at(-1);'],
    ['a global', 'structuredClone(a);'],
    ['a static method', 'AbortSignal.timeout(1);'],
  ])('would be caught with %s', (_name, code) => {
    expect(problemsOf(code)).toHaveLength(1);
  });
});

interface Rule {
  /** Each `@` rule and selector around, outermost first. */
  readonly around: readonly string[];
  readonly declarations: readonly (readonly [string, string])[];
}

/** The rules of a sheet; enough for sheets without strings that hold braces. */
function rulesIn(css: string): Rule[] {
  const rules: Rule[] = [];
  const open: { name: string; declarations: [string, string][] }[] = [];
  let text = '';
  const keep = () => {
    const [, name, value] = /^\s*([\w-]+)\s*:([\s\S]+)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) open.at(-1)?.declarations.push([name, value.trim()]);
    text = '';
  };
  for (const sign of css.replace(/\/\*[\s\S]*?\*\//g, '')) {
    if (sign === '{') {
      open.push({ name: text.trim(), declarations: [] });
      text = '';
    } else if (sign === '}') {
      keep();
      rules.push({ around: open.map(({ name }) => name), declarations: open.pop()?.declarations ?? [] });
    } else if (sign === ';') keep();
    else text += sign;
  }
  return rules;
}

/** Where one of them lacks it, the declaration is dropped: what stands before it in the rule counts. */
const DROPPED = /\b(min|max|clamp)\(|dvh|overflow-wrap|anywhere|\bclip\b/;
/** Properties that may be missing: nothing depends on them. */
const LOST =
  /^(text-wrap|text-underline-offset|text-decoration-thickness|container-type|forced-color-adjust|color-scheme)$/;
const LACKING =
  /^(aspect-ratio|inset(-(block|inline)(-(start|end))?)?|(margin|padding|border)-(inline|block)|place-self|translate|scale|rotate|row-gap)$/;

function problemsOfSheet(css: string): string[] {
  return rulesIn(css).flatMap(({ around, declarations }) => {
    // What a browser was asked about first is its own business.
    if (around.some((name) => name.startsWith('@supports'))) return [];
    const where = around.join(' ');
    const of = (name: string) => declarations.filter(([each]) => each === name).map(([, value]) => value);
    const isFlex = of('display').some((value) => value.includes('flex'));
    return [
      ...(/:(is|where|has)\(|:not\([^)]*,|@(layer|container|scope|property|starting-style)|&/.test(where)
        ? [where]
        : []),
      ...declarations
        .filter(([name, value], at) => {
          if (LACKING.test(name) || (name.endsWith('gap') && !name.startsWith('--') && isFlex)) return true;
          if (/color-mix\(|light-dark\(|\blch\(|oklch|cqi|cqw|:is\(/.test(value)) return true;
          const fallback = declarations.slice(0, at).some(([earlier]) => earlier === name);
          if (!DROPPED.test(value) || LOST.test(name)) return false;
          // A value with a variable is not dropped but void.
          return !fallback || /\b(var|env)\(/.test(value);
        })
        .map(([name, value]) => `${where} { ${name}: ${value} }`),
    ];
  });
}

describe('style sheets', () => {
  let sheets: string[];
  beforeAll(() => {
    const inScripts = scripts.flatMap((file) =>
      [...read(file).matchAll(/`(\s*[.:][^`$;{}]*\{\s*[\w-]+\s*:[^`$]*)`/g)].map((found) => found[1] ?? ''),
    );
    sheets = [...files.filter((file) => file.endsWith('.css')).map(read), ...inScripts];
  });

  it('ask no browser for what it lacks', () => {
    // The page's own; theme, foundation, forms and code of the login and of the element; the account's.
    expect(sheets.length).toBeGreaterThan(7);
    expect([...new Set(sheets.flatMap(problemsOfSheet))]).toEqual([]);
  });

  it.each([
    ['a gap between boxes in a row', '.a { display: flex; gap: 1rem }'],
    ['a property', '.a { margin-inline: auto }'],
    ['a selector', '.a:is(.b) { color: red }'],
    ['a colour', '.a { color: color-mix(in srgb, red, blue) }'],
    ['a function without a fallback', '.a { width: max(1rem, 16px) }'],
    ['a function whose fallback is void', '.a { width: 1rem; width: max(1rem, var(--b)) }'],
  ])('would be caught with %s', (_name, css) => {
    expect(problemsOfSheet(css)).toHaveLength(1);
  });
});
