import { html, nothing, type TemplateResult } from 'lit';
import { codeField, codeForm, life, sentTo, type CodeActions } from './code-view.js';
import { formProblem, passwordField, submitButton, textField, type View, way } from './fields.js';
import { check } from './icons.js';
import { type StepView } from './login-views.js';
import { ownProblem } from './problem.js';
import { type ResetFlow } from './reset-flow.js';

/** What the element does for a view, and knows of the service. */
export interface ResetWays {
  readonly otpLength: number;
  readonly passwordMinLength: number;
  back(): void;
  /** Back to the login: a link where the page has an address for it, else a button. */
  login: TemplateResult;
}

/** After these a code may be on its way although nobody said so. */
const MAY_HAVE_COME = new Set(['whatsapp_unavailable', 'otp_rate_limited', 'timeout', 'unexpected_answer']);

export function resetStep(flow: ResetFlow, view: View, ways: ResetWays): StepView {
  if (flow.step === 'code') return codeStep(flow, view, ways);
  if (flow.step === 'new-password') return newPasswordStep(flow, view, ways);
  return flow.step === 'done' ? doneStep(view) : requestStep(flow, view, ways);
}

function requestStep(flow: ResetFlow, view: View, { login }: ResetWays): StepView {
  const { texts } = view;
  const offers = MAY_HAVE_COME.has(view.problem?.code ?? '')
    ? html`<div class="offers">${way(texts.ways.haveCode, () => flow.haveCode())}</div>`
    : nothing;
  return {
    title: texts.reset.title,
    intro: html`${progress(view, 1)}
      <p class="intro" part="intro">${texts.reset.intro}</p>`,
    form: html`${textField(view, {
      name: 'name',
      label: texts.reset.name,
      hint: texts.reset.nameHint,
      autocomplete: 'name',
      value: flow.name,
    })}
    ${textField(view, {
      name: 'phone',
      label: texts.phone.label,
      hint: texts.phone.hint,
      type: 'tel',
      inputmode: 'tel',
      autocomplete: 'tel',
      value: flow.phone,
    })}
    ${formProblem(view, offers)} ${submitButton(view, 'request', texts.reset.submit, texts.phone.sending)}`,
    ways: login,
  };
}

function codeStep(flow: ResetFlow, view: View, { otpLength, back, login }: ResetWays): StepView {
  const { texts } = view;
  const actions: CodeActions = {
    entry: flow.code,
    length: otpLength,
    submitLabel: texts.reset.codeSubmit,
    resend: () => flow.resend(),
    changeNumber: back,
  };
  const test = flow.code.isOver(view.now) ? null : flow.testCode;
  return {
    title: texts.reset.codeTitle,
    intro: html`${progress(view, 2)} ${sentTo(view, actions)}
    ${test === null ? nothing : html`<p class="test-code" part="hint">${texts.reset.testCode(test)}</p>`}`,
    form: codeForm(view, actions),
    ways: login,
  };
}

function newPasswordStep(
  flow: ResetFlow,
  view: View,
  { otpLength, passwordMinLength, back, login }: ResetWays,
): StepView {
  const { texts } = view;
  const over = flow.code.whyOver(view.now);
  // Only a new code helps then, whatever else went wrong.
  const seen: View = over === null ? view : { ...view, problem: { ...ownProblem(over), field: null } };
  const note = flow.wasReloaded ? html`<p class="note" part="hint">${texts.reset.codeAgain}</p>` : nothing;
  const again = flow.wantsCodeAgain ? html`${note} ${codeField(view, flow.code, otpLength)}` : nothing;
  return {
    title: texts.reset.newTitle,
    intro: html`${progress(view, 3)}
      <p class="intro" part="intro">${texts.reset.newIntro}</p>`,
    form: html`<input
        class="spoken"
        type="text"
        name="username"
        autocomplete="username"
        tabindex="-1"
        aria-hidden="true"
        readonly
        .value=${flow.phone}
      />
      ${again} ${over === null ? life(view, flow.code, texts.reset.codeLivesFor) : nothing}
      ${passwordField(seen, 'newPassword', texts.reset.newPassword, texts.reset.newHint(passwordMinLength))}
      ${passwordField(seen, 'confirm', texts.reset.confirm)} ${formProblem(seen)}
      ${
        over === null
          ? submitButton(view, 'reset', texts.reset.newSubmit, texts.reset.saving)
          : html`<button class="primary" part="button" type="button" @click=${back}>${texts.ways.newCode}</button>`
      }`,
    ways: html`${flow.wantsCodeAgain ? way(texts.ways.newCode, back) : nothing} ${login}`,
  };
}

function doneStep({ texts }: View): StepView {
  return {
    title: texts.reset.doneTitle,
    intro: html`<p class="intro" part="intro">${texts.reset.doneIntro}</p>`,
    form: html`<div class="success" part="success">${check}</div>`,
    ways: nothing,
  };
}

function progress({ texts }: View, number: number): TemplateResult {
  return html`<div class="progress" part="progress">
    <span>${texts.reset.step(number, 3)}</span>
    <div class="bars" aria-hidden="true">${[1, 2, 3].map((at) => html`<i class=${at <= number ? 'on' : ''}></i>`)}</div>
  </div>`;
}
