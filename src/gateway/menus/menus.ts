import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';

/** Something that a recipient can choose. */
export interface MenuChoice {
  /** What its sender calls it. */
  readonly id: string;
  readonly title: string;
}

/** A menu as a text; the choices are what its numbers mean, in their order. */
export interface MenuContent {
  readonly text: string;
  readonly choices: readonly MenuChoice[];
}

interface MenuSection {
  readonly title?: string;
  readonly rows: readonly (MenuChoice & { readonly description?: string })[];
}

/** A menu as its sender wants it. */
export interface Menu {
  readonly text: string;
  readonly footer?: string;
  /** The text above the choices. */
  readonly heading?: string;
  readonly sections: readonly MenuSection[];
}

/** A longer answer is a text of its own, whatever it begins with. */
const LONGEST_ANSWER = 120;

/** What a keyboard puts around a digit to make a picture of it. */
const KEYCAP = /[\ufe0f\u20e3]/g;

/** WhatsApp shows native menus of linked accounts to nobody any more: a text with a number before each choice. */
export function renderMenu({ text, footer, heading, sections }: Menu, language: Language): MenuContent {
  const choices = sections.flatMap(({ rows }) => rows.map(({ id, title }) => ({ id, title })));
  let number = 0;
  const blocks = sections.map(({ title, rows }) => {
    const lines = rows.flatMap((row) => {
      number += 1;
      return [`${number}. ${row.title}`, ...(row.description ? [`    ${row.description}`] : [])];
    });
    return [...(title ? [`*${title}*`] : []), ...lines].join('\n');
  });
  const parts = [text, ...(heading ? [`*${heading}*`] : []), ...blocks, TEXTS[language].messages.answerByNumber];
  return { text: [...parts, ...(footer ? [`_${footer}_`] : [])].join('\n\n'), choices };
}

/**
 * Which choice an answer means: its number, however it is written, or its title.
 *
 * @returns null when it means none, or more than one
 */
export function choiceOf(answer: string, choices: readonly MenuChoice[]): MenuChoice | null {
  if (answer.length > LONGEST_ANSWER) return null;
  const plain = answer.replace(KEYCAP, '').normalize('NFKC').trim();
  const number = /^(?:no(?:mor|\.)?|#)?\s*(\d{1,3})[.)]?$/i.exec(plain)?.[1];
  const named = choices.filter(({ title }) => folded(title) === folded(plain));
  if (named.length === 1) return named[0] ?? null;
  return number === undefined ? null : (choices[Number(number) - 1] ?? null);
}

function folded(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}
