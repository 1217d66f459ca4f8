import { isFields, type Fields } from '../json-fields.js';

/** What of a message may be put in. */
const NAMES = ['number', 'e164', 'text', 'shortText'] as const;
export type Placeholder = (typeof NAMES)[number];
export type Values = Readonly<Record<Placeholder, string>>;

/** These hold digits and nothing else, so they may stand in a path, too. */
const NUMBERS: readonly Placeholder[] = ['number', 'e164'];

type Piece = string | { readonly put: Placeholder };

/** A text with places for values. Values are put in once: what looks like a placeholder in one stays as it is. */
class TextTemplate {
  private constructor(private readonly pieces: readonly Piece[]) {}

  /** Undefined for a text with a placeholder that is not known, or with half of one. */
  static of(text: string): TextTemplate | undefined {
    const pieces: Piece[] = [];
    for (const [index, part] of text.split(/\{\{(.*?)\}\}/s).entries()) {
      if (index % 2 === 0) {
        if (part.includes('{{') || part.includes('}}')) return undefined;
        pieces.push(part);
      } else {
        const put = NAMES.find((name) => name === part.trim());
        if (put === undefined) return undefined;
        pieces.push({ put });
      }
    }
    return new TextTemplate(pieces);
  }

  get placeholders(): readonly Placeholder[] {
    return this.pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.put]));
  }

  /** What stands in it by itself. */
  get constants(): readonly string[] {
    return this.pieces.filter((piece) => typeof piece === 'string');
  }

  fill(values: Values, escape: (value: string) => string = (value) => value): string {
    return this.pieces.map((piece) => (typeof piece === 'string' ? piece : escape(values[piece.put]))).join('');
  }
}

/** Something of a request that is made anew for each message. */
export interface Template {
  readonly placeholders: readonly Placeholder[];
  /** What the operator wrote into it, which may be a credential. */
  readonly constants: readonly string[];
  fill(values: Values): string;
}

/** An address whose scheme, host and port no message reaches. */
export interface UrlTemplate extends Template {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly isSecure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
}

/** Scheme, host and port; path; query. No user, no password, no fragment, and nothing but visible ASCII. */
const PARTS = /^(https?:\/\/[^/?#@\\{}\s]+)(\/[^?#\\\s]*)?(\?[^#\\\s]*)?$/i;

/** Of a path, what is as long as a credential; shorter parts are words that its API says, too. */
const isLong = (part: string) => part.length >= 16;

/** `fill` makes path and query; values are escaped for both. */
export function urlTemplate(text: string): UrlTemplate | undefined {
  const [, authority, path = '/', query = ''] = /^[\x21-\x7e]{1,4096}$/.test(text) ? (PARTS.exec(text) ?? []) : [];
  if (authority === undefined || !URL.canParse(authority)) return undefined;
  const { origin, protocol, hostname } = new URL(authority);
  const [inPath, inQuery] = [TextTemplate.of(path), TextTemplate.of(query)];
  // Dots in a text would lead to another path.
  if (!inPath || !inQuery || inPath.placeholders.some((name) => !NUMBERS.includes(name))) return undefined;
  return {
    origin,
    isSecure: protocol === 'https:',
    host: hostname.replace(/^\[|\]$/g, ''),
    placeholders: [...inPath.placeholders, ...inQuery.placeholders],
    constants: [...path.split('/').filter(isLong), ...new URLSearchParams(query).values()],
    fill: (values) => inPath.fill(values, encodeURIComponent) + inQuery.fill(values, encodeURIComponent),
  };
}

/** Placeholders stand in texts of a JSON document, and are written as JSON again: no value can end its text. */
export function jsonTemplate(text: string): Template | undefined {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return undefined;
  }
  const texts: TextTemplate[] = [];
  const make = isFields(document) || Array.isArray(document) ? nodeOf(document, texts) : undefined;
  if (!make) return undefined;
  return { ...summaryOf(texts), fill: (values) => JSON.stringify(make(values)) };
}

type Make = (values: Values) => unknown;

/** @param texts where the templates of its texts are collected; undefined: a placeholder is wrong, or names a key */
function nodeOf(node: unknown, texts: TextTemplate[]): Make | undefined {
  if (typeof node === 'string') {
    const template = TextTemplate.of(node);
    if (template) texts.push(template);
    return template && ((values) => template.fill(values));
  }
  if (Array.isArray(node)) return listOf(node, texts);
  return isFields(node) ? objectOf(node, texts) : () => node;
}

function listOf(list: readonly unknown[], texts: TextTemplate[]): Make | undefined {
  const makes: Make[] = [];
  for (const each of list) {
    const make = nodeOf(each, texts);
    if (!make) return undefined;
    makes.push(make);
  }
  return (values) => makes.map((make) => make(values));
}

function objectOf(object: Fields, texts: TextTemplate[]): Make | undefined {
  const fields: [string, Make][] = [];
  for (const [key, value] of Object.entries(object)) {
    const make = nodeOf(value, texts);
    if (!make || hasPlaceholder(key)) return undefined;
    fields.push([key, make]);
  }
  return (values) => Object.fromEntries(fields.map(([key, make]) => [key, make(values)]));
}

/** `to={{number}}&text={{text}}`: placeholders stand in values, which are encoded again with what was put in. */
export function formTemplate(text: string): Template | undefined {
  const fields: [string, TextTemplate][] = [];
  for (const [name, value] of new URLSearchParams(text)) {
    const template = TextTemplate.of(value);
    if (!template || name === '' || hasPlaceholder(name)) return undefined;
    fields.push([name, template]);
  }
  if (fields.length === 0) return undefined;
  return {
    ...summaryOf(fields.map(([, template]) => template)),
    fill: (values) =>
      new URLSearchParams(fields.map(([name, template]): [string, string] => [name, template.fill(values)])).toString(),
  };
}

function hasPlaceholder(text: string): boolean {
  return text.includes('{{') || text.includes('}}');
}

function summaryOf(texts: readonly TextTemplate[]): Pick<Template, 'placeholders' | 'constants'> {
  return {
    placeholders: texts.flatMap(({ placeholders }) => placeholders),
    constants: texts.flatMap(({ constants }) => constants),
  };
}
