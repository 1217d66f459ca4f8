import { html, type TemplateResult } from 'lit';
import { MasukError } from '../kit/api.js';

/** Several of a few. @param before what was chosen, by commas */
export function choices(
  name: string,
  label: string,
  all: readonly (readonly [string, string])[],
  before = '',
): TemplateResult {
  const ticked = new Set(before.split(','));
  return html`<fieldset>
    <legend>${label}</legend>
    ${all.map(
      ([value, text]) =>
        html`<wa-checkbox name=${name} value=${value} .checked=${ticked.has(value)}>${text}</wa-checkbox>`,
    )}
  </fieldset>`;
}

/** What was ticked. @throws MasukError with `missing` where nothing was */
export function chosen(form: FormData, name: string, missing: string): string[] {
  const all = form.getAll(name).map(String);
  if (all.length === 0) throw new MasukError({ code: 'nothing_chosen', status: 0, message: missing });
  return all;
}

/** Addresses, one a line. */
export const lines = (text = ''): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
