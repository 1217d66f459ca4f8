import { html, nothing, type TemplateResult } from 'lit';
import { ifDefined } from 'lit/directives/if-defined.js';
import { live } from 'lit/directives/live.js';
import type { Texts } from '../texts/id.js';
import { eye, eyeClosed, warning } from './icons.js';
import { type FieldName, type Problem, sentenceOf } from './problem.js';
import { minutesAndSeconds } from './typed.js';

/** What every view is drawn with. */
export interface View {
  readonly texts: Texts;
  readonly now: number;
  readonly problem: Problem | null;
  /** The call under way, if any. */
  readonly running: string | null;
  /** It takes long. */
  readonly slow: boolean;
  /** Passwords that are shown as they are. */
  readonly shown: ReadonlySet<FieldName>;
  type(field: FieldName, value: string): void;
  toggle(field: FieldName): void;
}

interface TextField {
  readonly name: FieldName;
  readonly label: string;
  readonly hint?: string;
  readonly type?: 'text' | 'tel';
  readonly inputmode?: 'tel' | 'text';
  readonly autocomplete: 'tel' | 'username' | 'name';
  readonly value: string;
}

/** Seconds until the problem allows another try. */
export function waitOf(problem: Problem | null, now: number): number {
  return problem?.until == null ? 0 : Math.max(0, (problem.until - now) / 1000);
}

export function textField(view: View, field: TextField): TemplateResult {
  const { name, label, hint, type = 'text', inputmode, autocomplete, value } = field;
  return html`<div class="field" part="field">
    <label for=${name} part="label">${label}</label>
    <input
      id=${name}
      name=${name}
      part="input"
      type=${type}
      inputmode=${ifDefined(inputmode)}
      autocomplete=${autocomplete}
      autocapitalize=${name === 'name' ? 'words' : 'none'}
      spellcheck="false"
      maxlength="200"
      required
      .value=${live(value)}
      aria-invalid=${view.problem?.field === name ? 'true' : nothing}
      aria-describedby="${name}-hint ${name}-problem"
      @input=${(event: InputEvent) => view.type(name, (event.target as HTMLInputElement).value)}
    />
    ${below(view, name, hint)}
  </div>`;
}

export function passwordField(
  view: View,
  name: 'password' | 'newPassword' | 'confirm',
  label: string,
  hint?: string,
): TemplateResult {
  const shown = view.shown.has(name);
  const { show, hide } = view.texts.password;
  return html`<div class="field" part="field">
    <label for=${name} part="label">${label}</label>
    <div class="with-toggle">
      <input
        id=${name}
        name=${name}
        part="input"
        type=${shown ? 'text' : 'password'}
        autocomplete=${name === 'password' ? 'current-password' : 'new-password'}
        autocapitalize="none"
        spellcheck="false"
        maxlength="1024"
        required
        aria-invalid=${view.problem?.field === name ? 'true' : nothing}
        aria-describedby="${name}-hint ${name}-problem"
        @input=${() => view.type(name, '')}
      />
      <button
        class="toggle"
        part="toggle"
        type="button"
        aria-label=${shown ? hide : show}
        aria-controls=${name}
        @click=${() => view.toggle(name)}
      >
        ${shown ? eyeClosed : eye}
      </button>
    </div>
    ${below(view, name, hint)}
  </div>`;
}

/** Hint and problem of a field, in one place: the one makes room for the other. */
export function below(view: View, name: FieldName, hint: string | undefined): TemplateResult {
  const problem = view.problem?.field === name ? view.problem : null;
  // The rule for a new password is wanted most when it was broken.
  const hidden = hint === undefined || (problem !== null && name !== 'newPassword');
  return html`<p id="${name}-hint" class="hint" part="hint" ?hidden=${hidden}>${hint}</p>
    <div id="${name}-problem" class="problem ${problem ? '' : 'empty'}" part="problem" role="alert">
      ${problem ? words(view, problem) : nothing}
    </div>`;
}

/** A problem of the whole form; always there, so that a screen reader hears what comes into it. */
export function formProblem(view: View, more: TemplateResult | typeof nothing = nothing): TemplateResult {
  const problem = view.problem?.field === null ? view.problem : null;
  return html`<div id="problem" class="form-problem ${problem ? '' : 'empty'}" role="alert" tabindex="-1">
    ${problem ? html`<div class="box" part="problem problem-box">${words(view, problem)}${more}</div>` : nothing}
  </div>`;
}

function words({ texts, now }: View, problem: Problem): TemplateResult {
  const wait = waitOf(problem, now);
  const { attemptsLeft, reasons, requestId, code } = problem;
  return html`<p>
      ${warning}<span
        >${sentenceOf(problem, texts)}${
          attemptsLeft !== null && attemptsLeft > 0 ? html` ${texts.code.attemptsLeft(attemptsLeft)}.` : nothing
        }${
          wait > 0
            ? html` <span aria-hidden="true">${texts.again(minutesAndSeconds(wait))}</span
                ><span class="spoken">${texts.againSpoken(problem.wait)}</span>`
            : nothing
        }</span
      >
    </p>
    ${
      reasons.length > 0 && problem.code === 'password_refused'
        ? html`<ul>
            ${reasons.map((reason) => html`<li>${reason}</li>`)}
          </ul>`
        : nothing
    }
    ${code === 'internal_error' && requestId ? html`<p class="report">${texts.reportAs(requestId)}</p>` : nothing}`;
}

/** The form's button: keeps its place and the focus while it works, and says what it does. */
export function submitButton(view: View, name: string, label: string, working: string): TemplateResult {
  const busy = view.running === name;
  const { notices } = view.texts;
  const slow = name === 'request' ? notices.slow : notices.slowCheck;
  const blocked = view.running !== null || waitOf(view.problem, view.now) > 0;
  return html`<button
    class="primary"
    part="button"
    type="submit"
    aria-disabled=${blocked ? 'true' : 'false'}
    aria-busy=${busy ? 'true' : 'false'}
  >
    ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : nothing}<span
      >${busy ? (view.slow ? slow : working) : label}</span
    >
  </button>`;
}

/** Another way on, written like a link. */
export function way(label: string, go: () => void, part = 'link'): TemplateResult {
  return html`<button class="link" part=${part} type="button" @click=${go}>${label}</button>`;
}
