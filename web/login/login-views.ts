import { html, nothing, type TemplateResult } from 'lit';
import { codeForm, sentTo, type CodeActions } from './code-view.js';
import { formProblem, passwordField, submitButton, textField, type View, way } from './fields.js';
import { type LoginFlow } from './login-flow.js';

/** Heading, text under it, form, and the other ways on: what a step is made of. */
export interface StepView {
  readonly title: string;
  readonly intro: TemplateResult;
  readonly form: TemplateResult;
  readonly ways: TemplateResult | typeof nothing;
}

/** What the element does for a view. */
export interface Ways {
  readonly otpLength: number;
  back(): void;
  /** A link where the page has an address for it, else a button. */
  forgot: TemplateResult;
}

/** After these a code may be on its way although nobody said so. */
const MAY_HAVE_COME = new Set(['whatsapp_unavailable', 'otp_rate_limited', 'timeout', 'unexpected_answer']);

export function loginStep(flow: LoginFlow, view: View, ways: Ways): StepView {
  if (flow.step === 'code') return codeStep(flow, view, ways);
  return flow.step === 'password' ? passwordStep(flow, view, ways) : phoneStep(flow, view, ways);
}

function phoneStep(flow: LoginFlow, view: View, { forgot }: Ways): StepView {
  const { texts } = view;
  const code = view.problem?.code ?? '';
  const offers = MAY_HAVE_COME.has(code)
    ? html`<div class="offers">
        ${
          code === 'whatsapp_unavailable'
            ? html`<button class="secondary" part="button-secondary" type="button" @click=${() => flow.usePassword()}>
                ${texts.ways.password}
              </button>`
            : nothing
        }
        ${way(texts.ways.haveCode, () => flow.haveCode())}
      </div>`
    : nothing;
  return {
    title: texts.phone.title,
    intro: html`<p class="intro" part="intro">${texts.phone.intro}</p>`,
    form: html`${textField(view, {
      name: 'phone',
      label: texts.phone.label,
      hint: texts.phone.hint,
      type: 'tel',
      inputmode: 'tel',
      autocomplete: 'tel',
      value: flow.phone,
    })}
    ${formProblem(view, offers)} ${submitButton(view, 'request', texts.phone.submit, texts.phone.sending)}`,
    ways: html`${way(texts.ways.password, () => flow.usePassword())} ${forgot}`,
  };
}

function codeStep(flow: LoginFlow, view: View, { otpLength, back }: Ways): StepView {
  const { texts } = view;
  const actions: CodeActions = {
    entry: flow.code,
    length: otpLength,
    submitLabel: texts.code.submit,
    resend: () => flow.resend(),
    changeNumber: back,
  };
  return {
    title: texts.code.title,
    intro: sentTo(view, actions),
    form: codeForm(view, actions),
    ways: way(texts.ways.password, () => flow.usePassword()),
  };
}

function passwordStep(flow: LoginFlow, view: View, { back, forgot }: Ways): StepView {
  const { texts } = view;
  return {
    title: texts.password.title,
    intro: html`<p class="intro" part="intro">${texts.password.intro}</p>`,
    form: html`${textField(view, {
      name: 'identifier',
      label: texts.password.identifier,
      autocomplete: 'username',
      value: flow.identifier,
    })}
    ${passwordField(view, 'password', texts.password.label)} ${formProblem(view)}
    ${submitButton(view, 'login', texts.password.submit, texts.password.checking)}`,
    ways: html`${way(texts.ways.code, back)} ${forgot}`,
  };
}
