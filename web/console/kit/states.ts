import { html, nothing, type TemplateResult } from 'lit';
import { type ConsoleTexts } from '../texts/texts.js';
import type { MasukError } from './api.js';
import type { Remote } from './remote.js';

/** What a failure says, in the viewer's language. */
export const sentenceOf = (error: MasukError, texts: ConsoleTexts): string =>
  texts.problems[error.code] ?? (error.message === '' ? error.code : error.message);

export const loading = (texts: ConsoleTexts): TemplateResult =>
  html`<p class="state" role="status"><wa-spinner aria-hidden="true"></wa-spinner> ${texts.states.loading}</p>`;

export function empty(title: string, hint: string, more: unknown = nothing): TemplateResult {
  return html`<div class="state empty">
    <wa-icon name="inbox"></wa-icon>
    <p class="state-title">${title}</p>
    <p>${hint}</p>
    ${more}
  </div>`;
}

export function failed(error: MasukError, texts: ConsoleTexts, retry: () => void): TemplateResult {
  const lost = error.code === 'network_error' || error.code === 'timeout';
  return html`<div class="state failed" role="alert">
    <wa-icon name=${lost ? 'signal-slash' : 'exclamation-triangle'}></wa-icon>
    <p class="state-title">${lost ? texts.states.offline : texts.states.failed}</p>
    <p>${sentenceOf(error, texts)}</p>
    ${error.requestId === null ? nothing : html`<p class="fine">${texts.states.request(error.requestId)}</p>`}
    <wa-button appearance="outlined" @click=${retry}>${texts.states.retry}</wa-button>
  </div>`;
}

/** What was got, or how far it is; a failure to get it again is shown above what is known. */
export function shown<T>(
  remote: Remote<T>,
  texts: ConsoleTexts,
  retry: () => void,
  ready: (value: T) => unknown,
): unknown {
  const { value, error } = remote;
  if (value === undefined) return error ? failed(error, texts, retry) : loading(texts);
  const complaint = error
    ? html`<wa-callout variant="warning" role="alert">
        ${sentenceOf(error, texts)} <button class="link" @click=${retry}>${texts.states.retry}</button>
      </wa-callout>`
    : nothing;
  return html`${complaint}
    <div aria-busy=${String(remote.loading)}>${ready(value)}</div>`;
}
