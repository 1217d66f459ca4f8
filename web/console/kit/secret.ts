import { html } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';
import type { DialogSpec } from './console-dialog.js';
import { copyButton } from './copyable.js';

/** A secret that the service tells once. */
export function secretDialog(title: string, secret: string, texts: ConsoleTexts, closed?: () => void): DialogSpec {
  return {
    title,
    text: html`<p>${texts.dialog.shownOnce}</p>
      <p class="secret">
        <code>${secret}</code>
        ${copyButton(secret, title, texts)}
      </p>`,
    ...(closed && { closed }),
  };
}
