import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { type LoggedIn, MasukError } from '../../client/src/masuk.js';
import { type Texts } from '../texts/id.js';
import { type Language, languageOf, textsIn } from '../texts/language.js';
import { code } from './code-styles.js';
import { type View, waitOf, way } from './fields.js';
import { check } from './icons.js';
import { LoginFlow } from './login-flow.js';
import { loginStep, type StepView } from './login-views.js';
import { type Memory, memoryOf, Places, type Remembered } from './memory.js';
import { type FieldName, type Problem, problemOf, sentenceOf } from './problem.js';
import { ResetFlow } from './reset-flow.js';
import { resetStep } from './reset-views.js';
import { ServiceLink } from './service-link.js';
import { type Notice, type FlowHost } from './flow-host.js';
import { StepTrail } from './step-trail.js';
import { forms } from './styles.js';
import { OtherTabs } from './tabs.js';
import { foundation, theme } from './theme.js';

type Purpose = 'login' | 'forgot-password';

/** How long a changed password is told before the login comes back, in ms. */
const BACK_TO_LOGIN_AFTER = 2_000;

const places = new Places();

/**
 * Login by a code on WhatsApp or a password, and forgot password. Attributes: `purpose`, `language`, `api-base`,
 * `session`, `history`, `autofocus`, `forgot-url`, `login-url`; events: `masuk-login`, `masuk-error`, `masuk-step`.
 * All of it: docs/integration/element.md.
 */
export class MasukLogin extends LitElement {
  static override styles = [theme, foundation, forms, code];
  static override properties = {
    purpose: {},
    language: {},
    apiBase: { attribute: 'api-base' },
    session: {},
    keepsHistory: { type: Boolean, attribute: 'history' },
    forgotUrl: { attribute: 'forgot-url' },
    loginUrl: { attribute: 'login-url' },
    clientId: { attribute: 'client-id' },
    phone: {},
    deviceToken: { attribute: false },
    registrationToken: { attribute: false },
    isLoggedIn: { state: true },
  };
  declare purpose: Purpose;
  declare language: Language | null;
  /** Default: where this script came from. */
  declare apiBase: string | null;
  declare session: 'memory' | 'cookie';
  declare keepsHistory: boolean;
  declare forgotUrl: string | null;
  declare loginUrl: string | null;
  /** Of the application that the person logs in for; our own pages only. */
  declare clientId: string | null;
  /** A number that is filled in already. */
  declare phone: string | null;
  /** Of an earlier login on this device; only for `session="memory"`. */
  declare deviceToken: string | null;
  /** What `POST /api/auth/register` answered to this page: with it the first code keeps what was registered. */
  declare registrationToken: string | null;
  declare private isLoggedIn: boolean;

  private readonly service = new ServiceLink(() => this.requestUpdate());
  private flow!: LoginFlow | ResetFlow;
  private memory!: Memory;
  /** Among the elements of this page. */
  private place = 0;
  private trail: StepTrail | null = null;
  private tabs: OtherTabs | null = null;
  /** Where the cursor goes after the next drawing. */
  private focusOn: FieldName | 'first' | 'problem' | null = null;
  private readonly shown = new Set<FieldName>();
  private ticking: ReturnType<typeof setInterval> | undefined;
  private leaving: ReturnType<typeof setTimeout> | undefined;
  /** The problem whose wait is over, and was told so. */
  private waitedFor: Problem | null = null;

  constructor() {
    super();
    this.purpose = 'login';
    this.session = 'memory';
    this.language =
      this.apiBase =
      this.forgotUrl =
      this.loginUrl =
      this.deviceToken =
      this.registrationToken =
      this.clientId =
      this.phone =
        null;
    this.keepsHistory = this.isLoggedIn = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.place = places.take();
    this.ticking = setInterval(() => this.tick(), 1_000);
    this.tabs = new OtherTabs((news) => {
      if (news.kind === 'sent' && news.about === this.memory.key) this.flow.hear(news.sent);
    });
    addEventListener('online', this.onOnline);
    if (this.hasUpdated) this.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    places.leave(this.place);
    clearInterval(this.ticking);
    clearTimeout(this.leaving);
    this.tabs?.close();
    this.trail?.close();
    removeEventListener('online', this.onOnline);
  }

  /** The heading of the step that is shown. */
  get heading(): string {
    return this.stepView().title;
  }

  /** Begins anew, with nothing typed. */
  reset(): void {
    if (!this.hasUpdated) return;
    this.memory.forget();
    this.begin();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const address = ['apiBase', 'session', 'deviceToken', 'language', 'clientId'] as const;
    if (address.some((name) => changed.has(name))) {
      const { base: baseUrl, session, deviceToken, clientId, tongue: language } = this;
      this.service.connect({ baseUrl, session, deviceToken, clientId, language });
    }
    if (changed.has('purpose') || changed.has('apiBase')) this.begin();
  }

  protected override updated(): void {
    if (!this.isLoggedIn && this.flow.step !== 'done') this.memory.write(this.flow.remembered());
    const target = this.focusOn;
    this.focusOn = null;
    if (target !== null) this.moveFocus(target);
  }

  protected override render(): TemplateResult {
    const { title, intro, form, ways } = this.isLoggedIn ? this.welcome() : this.stepView();
    return html`<div class="step" part="step" data-step=${this.flow.step}>
      <div class="head" part="header">
        <h2 id="title" part="title" tabindex="-1">${title}</h2>
        ${intro}
      </div>
      ${this.status()}
      <form part="form" novalidate aria-labelledby="title" @submit=${this.onSubmit}>${form}</form>
      ${ways === nothing ? nothing : html`<div class="ways" part="ways">${ways}</div>`}
    </div>`;
  }

  private get tongue(): Language {
    return languageOf(this.language ?? document.documentElement.lang);
  }

  private get texts(): Texts {
    return textsIn(this.tongue);
  }

  /** Browsers keep `Secure` cookies of safe addresses only: a login here would be forgotten at once. */
  private get isCookieRefused(): boolean {
    return this.session === 'cookie' && !isSecureContext;
  }

  private get base(): string {
    return this.apiBase ?? new URL(import.meta.url).origin;
  }

  private memoryFor(purpose: Purpose): Memory {
    return memoryOf(purpose, this.base, this.place);
  }

  private begin(handedOver?: Remembered): void {
    this.trail?.close();
    clearTimeout(this.leaving);
    this.isLoggedIn = false;
    this.memory = this.memoryFor(this.purpose);
    const host = this.flowHost();
    this.flow = this.purpose === 'forgot-password' ? new ResetFlow(host) : new LoginFlow(host);
    const kept = handedOver ?? this.memory.read();
    if (kept) this.flow.restore(kept);
    if (this.phone !== null && this.flow.step === this.flow.steps[0]) this.flow.phone = this.phone;
    this.trail = new StepTrail(this.purpose, this.keepsHistory, (step) => this.show(step, null));
    this.trail.begin(this.flow.step, this.flow.steps[0] ?? '');
    if (this.hasAttribute('autofocus') || this.hasUpdated) this.focusOn = 'first';
    this.requestUpdate();
  }

  /** What the flow may do here. */
  private flowHost(): FlowHost {
    return {
      service: this.service,
      registrationToken: () => this.registrationToken,
      changed: () => this.requestUpdate(),
      enter: (step, how = 'next') => {
        this.trail?.enter(step, this.flow.step, how);
        this.show(step, this.flow.notice);
      },
      back: () => this.trail?.back(this.flow.steps[0] ?? ''),
      failed: (error) => this.failed(error),
      focus: (field) => {
        this.focusOn = field;
        this.requestUpdate();
      },
      loggedIn: (login) => this.loggedIn(login),
      sent: (sent) => this.tabs?.tell({ kind: 'sent', about: this.memory.key, sent }),
      passwordChanged: (phone) => {
        this.memory.forget();
        this.leaving = setTimeout(() => this.backToLogin(phone), BACK_TO_LOGIN_AFTER);
      },
    };
  }

  private show(step: string, notice: Notice | null): void {
    this.flow.show(step);
    this.flow.notice = notice;
    this.shown.clear();
    this.focusOn = 'first';
    this.requestUpdate();
    this.tell('masuk-step', { purpose: this.purpose, step: this.flow.step, title: this.heading });
  }

  private failed(error: unknown): Problem {
    const problem = problemOf(error, this.service.now());
    const { status, retryAfter } = error instanceof MasukError ? error : { status: 0, retryAfter: null };
    const message = sentenceOf(problem, this.texts);
    this.tell('masuk-error', { code: problem.code, message, status, retryAfter });
    return problem;
  }

  /** A login that comes late, after its step was left, is a login all the same. */
  private loggedIn(login: LoggedIn): void {
    this.memory.forget();
    this.isLoggedIn = true;
    this.focusOn = 'first';
    const { token, refreshToken, deviceToken, expiresIn, user } = login;
    const tokens = this.session === 'memory' ? { token, refreshToken, deviceToken, expiresIn } : {};
    this.tell('masuk-login', { ...tokens, user });
  }

  private backToLogin(phone: string): void {
    const handedOver: Remembered = { step: 'password', phone, identifier: phone, notice: 'passwordChanged' };
    this.memoryFor('login').write(handedOver);
    if (this.loginUrl !== null) location.replace(this.loginUrl);
    else this.purpose = 'login';
  }

  /** The other purpose, here or on its own page; a number that was typed already goes along. */
  private change(purpose: Purpose): void {
    const { phone } = this.flow;
    const memory = this.memoryFor(purpose);
    const step = purpose === 'login' ? 'phone' : 'request';
    if (phone !== '') memory.write({ ...memory.read(), step, phone });
  }

  private wayTo(purpose: Purpose, address: string | null, label: string): TemplateResult {
    if (address === null) {
      return way(label, () => {
        this.change(purpose);
        this.purpose = purpose;
      });
    }
    return html`<a class="link" part="link" href=${address} @click=${() => this.change(purpose)}>${label}</a>`;
  }

  private stepView(): StepView {
    const { flow, texts } = this;
    const { otpLength, passwordMinLength } = this.service.options;
    const back = () => this.trail?.back(flow.steps[0] ?? '');
    const view: View = {
      ...{ texts, now: this.service.now(), problem: flow.problem, running: flow.call.running, slow: flow.call.slow },
      ...{ shown: this.shown, type: (field, value) => flow.type(field, value) },
      toggle: (field) => {
        if (!this.shown.delete(field)) this.shown.add(field);
        this.requestUpdate();
      },
    };
    if (flow instanceof LoginFlow) {
      const forgot = this.wayTo('forgot-password', this.forgotUrl, texts.ways.forgot);
      return loginStep(flow, view, { otpLength, back, forgot });
    }
    const login = this.wayTo('login', this.loginUrl, texts.ways.login);
    return resetStep(flow, view, { otpLength, passwordMinLength, back, login });
  }

  private welcome(): StepView {
    const { loggedIn } = this.texts.notices;
    const form = html`<div class="success" part="success">${check}</div>`;
    return { title: loggedIn, intro: html``, form, ways: nothing };
  }

  /** Always there, so that a screen reader hears what comes into it. */
  private status(): TemplateResult {
    const { notice, call, step } = this.flow;
    const { notices } = this.texts;
    const slow = call.slow ? (call.running === 'request' || call.running === 'resend' ? 'slow' : 'slowCheck') : null;
    // What the button or the text above says already is for the ear only.
    const spoken = slow ?? (notice === 'sent' ? notice : null);
    const silent = notice === 'sent' || step === 'done' || this.isLoggedIn;
    const seen = this.isCookieRefused ? 'needsHttps' : silent ? null : notice;
    return html`<div class="status ${seen ? '' : 'empty'}" role="status" part="status">
      ${seen ? html`<span>${notices[seen]}</span>` : nothing}${
        spoken ? html`<p class="spoken">${notices[spoken]}</p>` : nothing
      }
    </div>`;
  }

  private moveFocus(target: FieldName | 'first' | 'problem'): void {
    if (target === 'problem') return this.renderRoot.querySelector<HTMLElement>('#problem')?.focus();
    const first = target === 'first';
    const fields = [...this.renderRoot.querySelectorAll<HTMLInputElement>(first ? 'form .field input' : `#${target}`)];
    const field = fields.find(({ value }) => value === '') ?? fields[0];
    if (field === undefined) return this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
    field.focus();
    if (!first) field.select();
  }

  private readonly onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    this.flow.submit(new FormData(event.target as HTMLFormElement));
  };

  private readonly onOnline = (): void => {
    if (this.flow.problem?.code !== 'network_error') return;
    this.flow.problem = null;
    this.flow.notice = 'online';
    this.requestUpdate();
  };

  /** Once a second, while something counts down. */
  private tick(): void {
    const { problem } = this.flow;
    const hasWait = problem !== null && problem.until !== null && problem !== this.waitedFor;
    if (hasWait && waitOf(problem, this.service.now()) === 0) {
      this.waitedFor = problem;
      this.flow.notice = 'tryAgain';
    }
    if (hasWait || this.flow.step === 'code' || this.flow.step === 'new-password') this.requestUpdate();
  }

  private tell(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

// A page may load the file twice, in two versions even: the first one stays.
if (!customElements.get('masuk-login')) customElements.define('masuk-login', MasukLogin);
