import { html, type TemplateResult } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';

/** A field that two people have filled differently. */
export interface Difference {
  readonly field: string;
  readonly mine: unknown;
  readonly now: unknown;
}

/** Both versions of what somebody else has changed meanwhile; saving again decides. @param told what was changed */
export const conflict = (told: string, differences: readonly Difference[], { people }: ConsoleTexts): TemplateResult =>
  html`<wa-callout variant="warning">
    <p>${told}</p>
    <table class="conflict">
      <thead>
        <tr>
          <th scope="col">${people.conflictField}</th>
          <th scope="col">${people.conflictMine}</th>
          <th scope="col">${people.conflictNow}</th>
        </tr>
      </thead>
      <tbody>
        ${differences.map(
          ({ field, mine, now }) =>
            html`<tr>
              <th scope="row">${field}</th>
              <td>${mine}</td>
              <td>${now}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p>${people.conflictHint}</p>
  </wa-callout>`;
