import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { createMasuk, type Masuk, MasukError, type Session, type User } from '../../client/src/masuk.js';
import { OneCall } from '../login/call.js';
import { computer, leave, phoneDevice, warning } from '../login/icons.js';
import { type Problem, problemOf, sentenceOf } from '../login/problem.js';
import { forms } from '../login/styles.js';
import { foundation, theme } from '../login/theme.js';
import { type Texts } from '../texts/id.js';
import { type Language, languageOf, textsIn } from '../texts/language.js';
import { deviceName } from './device-name.js';
import { initialsOf } from './initials.js';
import { ago, day } from './moments.js';
import { type FocusTarget, PasswordForm } from './password-form.js';
import { account } from './styles.js';

/** Who is logged in on this page, where else, another password, and a way out. Says `masuk-logout` when nobody is any more. */
export class MasukAccount extends LitElement {
  static override styles = [theme, foundation, forms, account];
  static override properties = { language: {} };
  declare language: Language | null;

  private readonly masuk: Masuk = createMasuk({ session: 'cookie' });
  private readonly call = new OneCall<string>(() => this.requestUpdate());
  private user: User | null = null;
  private sessions: readonly Session[] = [];
  private problem: Problem | null = null;
  private ended = false;
  private leastLength = 0;
  private readonly password = this.passwordForm();
  /** Where the cursor goes after the next drawing. */
  private focusOn: FocusTarget | null = null;
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.language = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticking = setInterval(() => this.password.tick(), 1_000);
    this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticking);
  }

  get heading(): string {
    return this.texts.account.title;
  }

  protected override updated(): void {
    const target = this.focusOn === null ? null : this.renderRoot.querySelector<HTMLElement>(`#${this.focusOn}`);
    this.focusOn = null;
    target?.focus();
    if (target instanceof HTMLInputElement) target.select();
  }

  protected override render(): TemplateResult {
    const { user, texts } = this;
    return html`<div class="account">
      <h2 class="spoken">${texts.account.title}</h2>
      ${user === null ? this.waiting() : html`${this.who(user)} ${this.identifiers(user)}`}
      <div role="alert" class="form-problem ${this.problem ? '' : 'empty'}">
        ${this.problem ? this.complaint(this.problem) : nothing}
      </div>
      ${user === null ? nothing : this.password.render(texts, user.email ?? user.username ?? user.phone ?? '')}
      ${user === null ? nothing : this.devices()}
      <div class="status ${this.ended ? '' : 'empty'}" role="status">
        ${this.ended ? html`<span>${texts.account.ended}</span>` : nothing}
      </div>
    </div>`;
  }

  private get tongue(): Language {
    return languageOf(this.language ?? document.documentElement.lang);
  }

  private get texts(): Texts {
    return textsIn(this.tongue);
  }

  private load(): void {
    const { masuk } = this;
    void this.call.run('load', async () => Promise.all([masuk.me(), masuk.sessions(), masuk.options()]), {
      done: ([user, sessions, { passwordMinLength }]) => {
        [this.user, this.sessions, this.problem, this.leastLength] = [user, sessions, null, passwordMinLength];
      },
      failed: (error) => this.fail(error),
    });
  }

  private passwordForm(): PasswordForm {
    return new PasswordForm({
      ...{ masuk: this.masuk, call: this.call },
      leastLength: () => this.leastLength,
      changed: () => this.requestUpdate(),
      focus: (target) => {
        this.focusOn = target;
        this.requestUpdate();
      },
      passwordChanged: () => {
        this.ended = false;
        this.load();
      },
      isOver: (error) => this.isOver(error),
    });
  }

  private end(session: Session): void {
    this.ended = false;
    this.problem = null;
    const work = async () => {
      await this.masuk.endSession(session.id);
      return this.masuk.sessions();
    };
    void this.call.run(session.id, work, {
      done: (sessions) => {
        [this.sessions, this.ended] = [sessions, true];
      },
      failed: (error) => this.fail(error),
    });
  }

  private logout(): void {
    this.problem = null;
    void this.call.run('logout', async () => this.masuk.logout(), {
      done: () => this.gone(),
      failed: (error) => this.fail(error),
    });
  }

  private fail(error: unknown): void {
    if (!this.isOver(error)) this.problem = problemOf(error, this.masuk.serverNow());
  }

  /** Leaves the page where a failure says that nobody is logged in any more. */
  private isOver(error: unknown): boolean {
    const isOver = error instanceof MasukError && error.status === 401;
    if (isOver) this.gone();
    return isOver;
  }

  private gone(): void {
    this.dispatchEvent(new CustomEvent('masuk-logout', { bubbles: true, composed: true }));
  }

  private waiting(): TemplateResult | typeof nothing {
    if (this.problem !== null) return nothing;
    return html`<p class="loading" role="status">
      <span class="spinner" aria-hidden="true"></span>${this.texts.account.loading}
    </p>`;
  }

  private complaint(problem: Problem): TemplateResult {
    return html`<div class="box">
      <p>${warning}<span>${sentenceOf(problem, this.texts)}</span></p>
      ${
        this.user === null
          ? html`<button class="secondary" type="button" @click=${() => this.load()}>
              ${this.texts.account.retry}
            </button>`
          : nothing
      }
    </div>`;
  }

  private who(user: User): TemplateResult {
    const { account: said } = this.texts;
    const name = user.profile.fullName || said.none;
    const busy = this.call.running === 'logout';
    return html`<div class="who">
      <div class="initials" aria-hidden="true">${initialsOf(name)}</div>
      <div class="name">
        <p class="title">${name}</p>
        <span class="role">${said.roles[user.role] ?? user.role}</span>
      </div>
      <button
        class="secondary"
        type="button"
        aria-disabled=${this.call.running === null ? 'false' : 'true'}
        @click=${() => this.logout()}
      >
        ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : leave}${busy ? said.loggingOut : said.logout}
      </button>
    </div>`;
  }

  private identifiers({ phone, email, username }: User): TemplateResult {
    const { account: said } = this.texts;
    const rows = [
      [said.phone, phone],
      [said.email, email],
      [said.username, username],
    ].filter(([, value]) => value !== null);
    return html`<dl>
      ${rows.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
  }

  private devices(): TemplateResult {
    const { account: said } = this.texts;
    return html`<section class="sessions" aria-labelledby="sessions">
      <h3 id="sessions">${said.sessions}</h3>
      <p>${said.sessionsIntro}</p>
      <ul>
        ${this.sessions.map((session) => this.device(session))}
      </ul>
    </section>`;
  }

  private device(session: Session): TemplateResult {
    const { texts, tongue } = this;
    const { account: said } = texts;
    const name = deviceName(session.device, texts);
    const used = ago(session.lastUsedAt, this.masuk.serverNow(), tongue, said.now);
    const method = said.methods[session.method] ?? session.method;
    const ending = this.call.running === session.id;
    return html`<li>
      ${/Android|iOS|App/.test(session.device) ? phoneDevice : computer}
      <div class="device">
        <b>${name}</b>${session.current ? html`<span class="here">${said.thisDevice}</span>` : nothing}
        <p><span>${said.lastUsed(used)}</span><span>${session.place}</span></p>
        <p>${said.since(day(session.createdAt, tongue))} ${said.by(method)}</p>
      </div>
      ${
        session.current
          ? nothing
          : html`<button
              class="link"
              type="button"
              aria-label=${said.endNamed(name)}
              aria-disabled=${this.call.running === null ? 'false' : 'true'}
              @click=${() => this.end(session)}
            >
              ${ending ? html`<span class="spinner" aria-hidden="true"></span>` : said.end}
            </button>`
      }
    </li>`;
  }
}

customElements.define('masuk-account', MasukAccount);
