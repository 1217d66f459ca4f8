import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { type CodeEntry } from './code-entry.js';
import { below, formProblem, submitButton, type View, way } from './fields.js';
import { clock } from './icons.js';
import { ownProblem, type Problem } from './problem.js';
import { minutesAndSeconds, readablePhone } from './typed.js';

/** What a step with a code can do. */
export interface CodeActions {
  readonly entry: CodeEntry;
  readonly length: number;
  readonly submitLabel: string;
  resend(): void;
  changeNumber(): void;
}

/** The field for a code. One input for all digits, so that paste, autofill and screen readers have it easy. */
export function codeField(view: View, entry: CodeEntry, length: number): TemplateResult {
  const { texts, running } = view;
  const { typed } = entry;
  const invalid = view.problem?.field === 'code';
  const next = invalid && entry.wasRefused() ? 0 : Math.min(typed.length, length - 1);
  const paste = (event: ClipboardEvent) => {
    event.preventDefault();
    view.type('code', event.clipboardData?.getData('text') ?? '');
  };
  const stay = ({ currentTarget }: Event) => {
    (currentTarget as HTMLElement).scrollLeft = 0;
  };
  return html`<div class="field code-field" part="field">
    <label for="code" part="label">${texts.code.label(length)}</label>
    <div class="code ${invalid ? 'invalid' : ''}" data-length=${length} @scroll=${stay}>
      <div class="slots" part="slots" aria-hidden="true">
        ${Array.from({ length }, (_, at) => html`<i part="slot" class=${at === next ? 'next' : ''}></i>`)}
      </div>
      <input
        id="code"
        name="code"
        part="code"
        type="text"
        inputmode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9]*"
        spellcheck="false"
        required
        ?readonly=${running === 'verify' || running === 'reset'}
        .value=${live(typed)}
        aria-invalid=${invalid ? 'true' : nothing}
        aria-describedby="code-hint code-problem"
        @input=${(event: InputEvent) => view.type('code', (event.target as HTMLInputElement).value)}
        @paste=${paste}
      />
    </div>
    ${below(view, 'code', undefined)}
  </div>`;
}

/** The step's form: field, life of the code, a new one. */
export function codeForm(view: View, actions: CodeActions): TemplateResult {
  const { entry, length, submitLabel } = actions;
  const { texts, now } = view;
  const lock = entry.lockAt(now);
  if (lock !== null) return lockedForm(view, lock, actions);
  const over = entry.whyOver(now);
  const limited = over === null && view.problem?.code === 'otp_rate_limited';
  const seen: View = over !== null && view.problem?.field !== null ? { ...view, problem: ownProblem(over) } : view;
  return html`${codeField(seen, entry, length)} ${over ? nothing : openWhatsapp(view, entry)}
    ${over ? nothing : html`<div class="meanwhile">${life(view, entry, texts.code.livesFor)} ${resendButton(view, actions, 'link')}</div>`}
    ${formProblem(view, limited ? html`<p>${texts.stillGood}</p>` : nothing)}
    ${over ? resendButton(view, actions, 'primary') : submitButton(view, 'verify', submitLabel, texts.code.checking)}
    <p class="hint" part="hint">${texts.code.notReceived}</p>`;
}

/**
 * Leads a phone to the app that has the code. The app's own scheme: nothing is asked of WhatsApp's servers, and no message is begun. The
 * WebView of an Android app would show an error in place of the page.
 */
function openWhatsapp({ texts }: View, { sent }: CodeEntry): TemplateResult | typeof nothing {
  const isPhone = /Android|iPhone/.test(navigator.userAgent) && matchMedia('(pointer: coarse)').matches;
  const isElsewhere = sent?.channel != null && sent.channel in texts.code.sentBy;
  if (!isPhone || isElsewhere || navigator.userAgent.includes('; wv)')) return nothing;
  return html`<a class="secondary" part="button-secondary open-whatsapp" href="whatsapp://"
    >${texts.code.openWhatsapp}</a
  >`;
}

/** One clock: neither this code nor a new one helps before it has run down. */
function lockedForm(view: View, lock: Problem, { entry, length, submitLabel }: CodeActions): TemplateResult {
  const seen: View = { ...view, problem: { ...lock, field: null } };
  return html`${codeField(seen, entry, length)} ${formProblem(seen)}
  ${submitButton(seen, 'verify', submitLabel, view.texts.code.checking)}`;
}

/** Where the code went, and the way back when that is wrong. */
export function sentTo(view: View, { entry, length, changeNumber }: CodeActions): TemplateResult {
  const { texts } = view;
  const said = texts.code.sentBy[entry.sent?.channel ?? ''] ?? texts.code.sentTo;
  return html`<p class="intro" part="intro">${said(length)}</p>
    <p class="sent-to" part="sent-to">
      <b class="number">${readablePhone(entry.sent?.to ?? '')}</b>${way(texts.code.change, changeNumber)}
    </p>`;
}

/** How long the code still lives, where that is known. */
export function life({ now }: View, entry: CodeEntry, label: string): TemplateResult | typeof nothing {
  const seconds = entry.secondsLeft(now);
  if (seconds === null) return nothing;
  return html`<p class="life" part="timer" role="timer" aria-live="off">
    ${clock}<span>${label} <b>${minutesAndSeconds(Math.floor(seconds))}</b></span>
  </p>`;
}

function resendButton(view: View, { entry, resend }: CodeActions, look: 'primary' | 'link'): TemplateResult {
  const { texts, now, running } = view;
  const wait = entry.secondsToResend(now);
  const busy = running === 'resend';
  const blocked = running !== null || wait > 0;
  const label = busy
    ? view.slow
      ? texts.notices.slow
      : texts.code.resending
    : wait > 0
      ? texts.code.resendIn
      : texts.code.resend;
  return html`<button
    class=${look}
    part=${look === 'primary' ? 'button' : 'link'}
    type="button"
    aria-disabled=${blocked ? 'true' : 'false'}
    aria-busy=${busy ? 'true' : 'false'}
    @click=${resend}
  >
    ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}<span
      >${label}${wait > 0 && !busy ? html` <b class="count">(${minutesAndSeconds(Math.max(1, Math.round(wait)))})</b>` : nothing}</span
    >
  </button>`;
}
