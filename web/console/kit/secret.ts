import '@awesome.me/webawesome/dist/components/copy-button/copy-button.js';
import { html } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';
import type { DialogSpec } from './console-dialog.js';

/** A secret that the service tells once. */
export function secretDialog(title: string, secret: string, { dialog }: ConsoleTexts, closed?: () => void): DialogSpec {
  return {
    title,
    text: html`<p>${dialog.shownOnce}</p>
      <p class="secret">
        <code>${secret}</code>
        <wa-copy-button
          value=${secret}
          copy-label=${dialog.copy}
          success-label=${dialog.copied}
          error-label=${dialog.copy}
        ></wa-copy-button>
      </p>`,
    ...(closed && { closed }),
  };
}
