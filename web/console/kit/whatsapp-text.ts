import { html, type TemplateResult } from 'lit';

/** What WhatsApp's marks make of a text. */
export type Part = string | { readonly style: Style; readonly parts: readonly Part[] };
type Style = 'bold' | 'italic' | 'struck' | 'mono';

const STYLES: Readonly<Record<string, Style>> = { '*': 'bold', _: 'italic', '~': 'struck' };
const MARKS = Object.keys(STYLES);

const CODE = /```([\s\S]+?)```|(?<!`)`([^`\n]+)`(?!`)/;
const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/;

/**
 * A text with WhatsApp's marks as its reader sees it: `*bold*`, `_italic_`, `~struck~`, code in one or three backticks. Everything
 * else stays text.
 */
export const whatsappText = (text: string): (TemplateResult | string)[] => partsOf(text).map(drawn);

function drawn(part: Part): TemplateResult | string {
  if (typeof part === 'string') return part;
  const inside = part.parts.map(drawn);
  switch (part.style) {
    case 'bold':
      return html`<b>${inside}</b>`;
    case 'italic':
      return html`<i>${inside}</i>`;
    case 'struck':
      return html`<s>${inside}</s>`;
    case 'mono':
      return html`<code>${inside}</code>`;
  }
}

export function partsOf(text: string): Part[] {
  // Each third piece is what came before some code; then comes the code itself, in one of two groups.
  const parts = text.split(CODE).flatMap((piece: string | undefined, at): readonly Part[] => {
    if (piece === undefined) return [];
    return at % 3 === 0 ? lined(piece) : [{ style: 'mono', parts: [piece] }];
  });
  return joined(parts);
}

/** Marks reach no further than their line. */
const lined = (text: string): Part[] =>
  text.split(/(?<=\n)/).flatMap((line) => between({ line, ends: endsIn(line) }, 0, line.length, MARKS));

interface Line {
  readonly line: string;
  /** For each mark and place, where the next such mark is that may end what it began. */
  readonly ends: Readonly<Record<string, readonly number[]>>;
}

/** Looked for once from the end, so that a line full of marks takes no longer than another one. */
function endsIn(line: string): Line['ends'] {
  const ends = Object.fromEntries(MARKS.map((mark) => [mark, new Array<number>(line.length + 2).fill(Infinity)]));
  for (let at = line.length - 1; at >= 0; at -= 1) {
    for (const mark of MARKS) {
      const next = ends[mark];
      if (next === undefined) continue;
      const isEnd = line[at] === mark && !SPACE.test(line[at - 1] ?? ' ') && !WORD.test(line[at + 1] ?? ' ');
      next[at] = isEnd ? at : (next[at + 1] ?? Infinity);
    }
  }
  return ends;
}

function between(whole: Line, from: number, to: number, marks: readonly string[]): Part[] {
  const { line, ends } = whole;
  const parts: Part[] = [];
  let rest = from;
  for (let at = from; at < to; at += 1) {
    const mark = line[at] ?? '';
    const style = marks.includes(mark) ? STYLES[mark] : undefined;
    if (style === undefined || !begins(line, at)) continue;
    const end = ends[mark]?.[at + 2] ?? Infinity;
    if (end >= to) continue;
    const inside = between(
      whole,
      at + 1,
      end,
      marks.filter((other) => other !== mark),
    );
    parts.push(line.slice(rest, at), { style, parts: inside });
    rest = end + 1;
    at = end;
  }
  return [...parts, line.slice(rest, to)].filter((part) => part !== '');
}

function begins(line: string, at: number): boolean {
  const next = line[at + 1] ?? ' ';
  return !WORD.test(line[at - 1] ?? ' ') && !SPACE.test(next) && next !== line[at];
}

function joined(parts: readonly Part[]): Part[] {
  const all: Part[] = [];
  for (const part of parts) {
    const last = all.at(-1);
    if (typeof part === 'string' && typeof last === 'string') all[all.length - 1] = last + part;
    else all.push(part);
  }
  return all;
}
