import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { consoleTexts, type ConsoleTexts, type Language } from '../texts/texts.js';
import type { MasukError } from './api.js';
import { loginIsOver, watchForm, type Beginning } from './login.js';
import { failure } from './remote.js';
import { sentenceOf } from './states.js';

export type Values = Record<string, string>;

/** What a dialog asks, shows, and does. */
export interface DialogSpec {
  readonly title: string;
  readonly text?: unknown;
  /** Fields of a form. */
  readonly fields?: (values: Values) => TemplateResult;
  /** What the fields begin with. */
  readonly values?: Values;
  /** The form's name: what is typed in it outlives a login that has ended. */
  readonly form?: string;
  /** What it began with, where it changes something. */
  readonly began?: () => Beginning;
  /** What the button says that does it; without one there is nothing to do. */
  readonly submit?: string;
  readonly danger?: boolean;
  /** @returns a dialog that follows, or nothing */
  readonly run?: (values: Values, form: FormData) => Promise<DialogSpec | undefined> | Promise<void>;
  /** What is shown of a failure instead of its sentence. */
  readonly problem?: (error: MasukError, values: Values) => unknown;
  readonly closed?: () => void;
}

/** Asks before something is done, takes what a form needs, and shows what may be seen once. One for all pages. */
export class ConsoleDialog extends LitElement {
  static override properties = { language: {} };
  declare language: Language;
  private spec: DialogSpec | null = null;
  private busy = false;
  private isOpen = false;
  private error: MasukError | null = null;

  override createRenderRoot(): this {
    return this;
  }

  show(spec: DialogSpec): void {
    this.spec?.closed?.();
    [this.spec, this.busy, this.error, this.isOpen] = [spec, false, null, true];
    const { form, began } = spec;
    watchForm(this, form === undefined ? null : () => ({ form, values: this.values(), began: began?.() }));
    this.requestUpdate();
  }

  /** Draws the dialog anew: what it shows has changed. */
  refresh(spec: DialogSpec): void {
    if (this.spec === null) return;
    this.spec = { ...this.spec, ...spec };
    this.requestUpdate();
  }

  close(): void {
    this.isOpen = false;
    this.requestUpdate();
  }

  protected override render(): unknown {
    const { spec } = this;
    if (spec === null) return nothing;
    const texts = consoleTexts(this.language);
    return html`<wa-dialog
      label=${spec.title}
      .open=${this.isOpen}
      @wa-hide=${(event: Event) => this.hides(event)}
      @wa-after-hide=${(event: Event) => this.hidden_(event)}
    >
      <form id="dialog-form" @submit=${(event: SubmitEvent) => void this.submit(event)}>
        ${spec.text === undefined ? nothing : html`<div class="dialog-text">${spec.text}</div>`}
        ${spec.fields?.(spec.values ?? {}) ?? nothing}
        <div role="alert" class="dialog-problem">
          ${this.error === null ? nothing : this.complaint(this.error, texts)}
        </div>
      </form>
      ${this.buttons(spec, texts)}
    </wa-dialog>`;
  }

  private buttons(spec: DialogSpec, { dialog }: ConsoleTexts): TemplateResult {
    const isQuestion = spec.run !== undefined;
    return html`<wa-button
        slot="footer"
        appearance="outlined"
        ?autofocus=${spec.fields === undefined}
        @click=${() => this.close()}
        >${isQuestion ? dialog.cancel : dialog.close}</wa-button
      >
      ${
        isQuestion
          ? html`<wa-button
              slot="footer"
              variant=${spec.danger ? 'danger' : 'brand'}
              ?loading=${this.busy}
              @click=${() => this.form?.requestSubmit()}
              >${spec.submit}</wa-button
            >`
          : nothing
      }`;
  }

  private complaint(error: MasukError, texts: ConsoleTexts): unknown {
    const own = this.spec?.problem?.(error, this.values());
    if (own !== undefined) return own;
    const fields = Array.isArray(error.details) ? (error.details as { field?: string; problem?: string }[]) : [];
    const problems = fields.filter(({ field, problem }) => field !== undefined && problem !== undefined);
    return html`<wa-callout variant="danger">
      ${sentenceOf(error, texts)}
      ${
        problems.length === 0
          ? nothing
          : html`<ul>
              ${problems.map(({ field, problem }) => html`<li>${field}: ${problem}</li>`)}
            </ul>`
      }
    </wa-callout>`;
  }

  private get form(): HTMLFormElement | null {
    return this.querySelector('form');
  }

  private values(): Values {
    const data = this.form === null ? new FormData() : new FormData(this.form);
    const values: Values = {};
    for (const [name, value] of data)
      if (typeof value === 'string') values[name] = name in values ? `${values[name]},${value}` : value;
    return values;
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { spec } = this;
    if (this.busy || spec?.run === undefined) return;
    [this.busy, this.error] = [true, null];
    this.requestUpdate();
    try {
      const next = await spec.run(this.values(), new FormData(this.form ?? undefined));
      if (this.spec !== spec) return;
      if (next) this.show(next);
      else this.close();
    } catch (error) {
      if (loginIsOver(error)) return;
      this.error = failure(error);
    }
    this.busy = false;
    this.requestUpdate();
  }

  private hides(event: Event): void {
    if (event.target !== event.currentTarget) return;
    // What is being done is waited for.
    if (this.busy && this.isOpen) event.preventDefault();
  }

  private hidden_(event: Event): void {
    if (event.target !== event.currentTarget) return;
    watchForm(this, null);
    const { spec } = this;
    [this.spec, this.isOpen, this.error] = [null, false, null];
    spec?.closed?.();
    this.requestUpdate();
  }
}
customElements.define('console-dialog', ConsoleDialog);

const theDialog = (): ConsoleDialog => document.querySelector('console-dialog') as ConsoleDialog;

export const ask = (spec: DialogSpec): void => theDialog().show(spec);
export const redraw = (spec: DialogSpec): void => theDialog().refresh(spec);
