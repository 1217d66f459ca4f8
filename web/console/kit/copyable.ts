import '@awesome.me/webawesome/dist/components/copy-button/copy-button.js';
import { html, type TemplateResult } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';

/** What is copied rather than read. @param what it is, for a screen reader that meets several such buttons */
export const copyButton = (value: string, what: string, { dialog }: ConsoleTexts): TemplateResult =>
  html`<wa-copy-button
    value=${value}
    copy-label=${`${dialog.copy}: ${what}`}
    success-label=${dialog.copied}
    error-label=${dialog.copy}
  ></wa-copy-button>`;

/** An id, and a button that copies it. */
export const copyableId = (id: string, what: string, texts: ConsoleTexts): TemplateResult =>
  html`<span class="copyable"><code class="id">${id}</code>${copyButton(id, what, texts)}</span>`;
