import { html, nothing, type TemplateResult } from 'lit';
import { type Masuk } from '../../client/src/masuk.js';
import { type OneCall } from '../login/call.js';
import { formProblem, passwordField, submitButton, type View, waitOf, way } from '../login/fields.js';
import { type FieldName, ownProblem, placedIn, type Problem, problemOf } from '../login/problem.js';
import { textOf } from '../login/flow-host.js';
import { type Texts } from '../texts/id.js';

const FIELDS = ['password', 'newPassword', 'confirm'] as const satisfies readonly FieldName[];

/** Where an account that has no password gets its first one. */
const FORGOT = '/forgot-password';

/** What can take the cursor. */
export type FocusTarget = (typeof FIELDS)[number] | 'problem' | 'change-password';

/** What the form is given by the element around it. */
interface FormFrame {
  readonly masuk: Pick<Masuk, 'changePassword' | 'serverNow'>;
  readonly call: OneCall<string>;
  /** Characters that a password must have at least. */
  leastLength(): number;
  /** Something to draw has changed. */
  changed(): void;
  focus(target: FocusTarget): void;
  /** The password is another one, and every other session has ended. */
  passwordChanged(): void;
  /** The session is over. @returns whether the failure says so */
  isOver(error: unknown): boolean;
}

/** Another password in place of the present one. It is closed until somebody wants it. */
export class PasswordForm {
  private isOpen = false;
  private problem: Problem | null = null;
  private notice: 'changed' | 'tryAgain' | null = null;
  private readonly shown = new Set<FieldName>();

  constructor(private readonly frame: FormFrame) {}

  /** Once a second, while a wait counts down. */
  tick(): void {
    if (this.problem?.until == null) return;
    if (waitOf(this.problem, this.frame.masuk.serverNow()) === 0) [this.problem, this.notice] = [null, 'tryAgain'];
    this.frame.changed();
  }

  /** @param username what a password manager keeps the password under */
  render(texts: Texts, username: string): TemplateResult {
    const { account, notices } = texts;
    const said = { changed: account.password.changed, tryAgain: notices.tryAgain };
    return html`<section class="password" aria-labelledby="password-title">
      <div class="row">
        <h3 id="password-title">${account.password.title}</h3>
        ${this.isOpen ? nothing : this.opener(account.password.change)}
      </div>
      <div class="status ${this.notice ? '' : 'empty'}" role="status">
        ${this.notice ? html`<span>${said[this.notice]}</span>` : nothing}
      </div>
      ${this.isOpen ? this.form(texts, username) : nothing}
    </section>`;
  }

  private opener(label: string): TemplateResult {
    return html`<button id="change-password" class="secondary" type="button" @click=${() => this.open()}>
      ${label}
    </button>`;
  }

  private form(texts: Texts, username: string): TemplateResult {
    const { reset, account } = texts;
    const view = this.view(texts);
    const noPassword =
      this.problem?.code === 'password_not_set'
        ? html`<a class="link" href=${FORGOT}>${account.password.first}</a>`
        : nothing;
    return html`<p class="intro">${account.password.intro}</p>
      <form novalidate aria-labelledby="password-title" @submit=${this.onSubmit}>
        <input
          class="spoken"
          type="text"
          name="username"
          autocomplete="username"
          tabindex="-1"
          aria-hidden="true"
          readonly
          .value=${username}
        />
        ${passwordField(view, 'password', account.password.current)}
        ${passwordField(view, 'newPassword', reset.newPassword, reset.newHint(this.frame.leastLength()))}
        ${passwordField(view, 'confirm', reset.confirm)} ${formProblem(view, noPassword)}
        ${submitButton(view, 'password', account.password.submit, reset.saving)}
        <div class="ways">${way(account.password.cancel, () => this.close())}</div>
      </form>`;
  }

  private view(texts: Texts): View {
    const { masuk, call, changed } = this.frame;
    return {
      ...{ texts, now: masuk.serverNow(), problem: this.problem, running: call.running, slow: call.slow },
      shown: this.shown,
      type: (field) => {
        if (this.problem?.field === field && this.problem.until === null) this.problem = null;
        changed();
      },
      toggle: (field) => {
        if (!this.shown.delete(field)) this.shown.add(field);
        changed();
      },
    };
  }

  private open(): void {
    [this.isOpen, this.problem, this.notice] = [true, null, null];
    this.frame.focus('password');
  }

  /** What was typed goes with the fields. What is under way goes on, and its success is still told. */
  private close(): void {
    if (this.frame.call.running === 'password') this.frame.call.abandon();
    [this.isOpen, this.problem, this.notice] = [false, null, null];
    this.shown.clear();
    this.frame.focus('change-password');
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const typed = { currentPassword: textOf(form, 'password'), newPassword: textOf(form, 'newPassword') };
    const wrong = this.wrongWith(typed, textOf(form, 'confirm'));
    if (wrong !== null) this.place(ownProblem(wrong));
    if (wrong !== null || waitOf(this.problem, this.frame.masuk.serverNow()) > 0) return;
    this.problem = this.notice = null;
    void this.frame.call.run('password', async () => this.frame.masuk.changePassword(typed), {
      done: (_, wanted) => {
        if (wanted) this.close();
        this.notice = 'changed';
        this.frame.passwordChanged();
      },
      failed: (error) => {
        if (!this.frame.isOver(error)) this.place(problemOf(error, this.frame.masuk.serverNow()));
      },
    });
  };

  /** What can be seen here, before anything is sent; null when nothing is wrong. */
  private wrongWith(typed: { currentPassword: string; newPassword: string }, confirmed: string): string | null {
    if (typed.currentPassword === '') return 'current_password_missing';
    if (typed.newPassword === '') return 'new_password_missing';
    if ([...typed.newPassword].length < this.frame.leastLength()) return 'password_short';
    return typed.newPassword === confirmed ? null : 'passwords_differ';
  }

  private place(problem: Problem): void {
    // A login by code, which the login page offers then, changes no password.
    const code = problem.code === 'login_locked' ? 'password_locked' : problem.code;
    this.problem = placedIn(FIELDS, { ...problem, code });
    const { field } = this.problem;
    this.frame.focus(FIELDS.find((name) => name === field) ?? 'problem');
  }
}
