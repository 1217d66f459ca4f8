import { html, type TemplateResult } from 'lit';

/** A line of the documentation: code in backticks, and of links their text, because their pages are not here. */
export function plainMarkdown(line: string): (TemplateResult | string)[] {
  const written = line.replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').replace(/\\(?=\*)/g, '');
  return written.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part));
}
