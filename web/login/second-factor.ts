import { startAuthentication, type PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { createMasuk, MasukError } from '../../client/src/masuk.js';
import type { components } from '../../client/src/api.gen.js';
import { type Texts } from '../texts/id.js';
import { type Language, languageOf, textsIn } from '../texts/language.js';
import { warning } from './icons.js';
import { forms } from './styles.js';
import { foundation, theme } from './theme.js';

/** The own second factors, and what a session still needs. */
export type SecondFactorState = components['schemas']['SecondFactorDto'];

/** By what somebody proves who they are. */
type Way = 'totp' | 'recovery' | 'code' | 'password';

const masuk = createMasuk({ session: 'cookie' });

/** Asks a route that answers `{ success, message, data }`; the browser's cookie says who asks. @throws MasukError */
async function askService(path: string, body?: object): Promise<Record<string, unknown>> {
  const init = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const response = await masuk.fetch(path, { method: body ? 'POST' : 'GET', ...init });
  const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  if (response.ok) return (answer['data'] ?? {}) as Record<string, unknown>;
  const {
    code = 'unexpected_answer',
    message = '',
    details,
  } = answer as { code?: string; message?: string; details?: unknown };
  const retryAfter = Number(response.headers.get('retry-after')) || null;
  throw new MasukError({ code, status: response.status, message, details, retryAfter, requestId: null });
}

export const secondFactorState = async (): Promise<SecondFactorState> =>
  (await askService('/api/auth/second-factor')) as unknown as SecondFactorState;

/**
 * Proves again who somebody is, on our own pages: by a passkey, a code of an authenticator app or a recovery code; where the account
 * has no second factor, by a login code or the password. Events: `masuk-proved`, `masuk-proof-left`.
 */
class MasukSecondFactor extends LitElement {
  static override styles = [theme, foundation, forms];
  static override properties = { language: {}, state: { attribute: false }, leaveLabel: { attribute: false } };
  declare language: Language | null;
  declare state: SecondFactorState;
  /** What the way out says. */
  declare leaveLabel: string;
  private way: Way | null = null;
  private busy: 'passkey' | 'form' | 'send' | null = null;
  private problem: string | null = null;
  private sent = false;

  constructor() {
    super();
    this.language = null;
    this.leaveLabel = '';
  }

  private get texts(): Texts {
    return textsIn(languageOf(this.language ?? document.documentElement.lang));
  }

  private get ways(): Way[] {
    if (this.state.freshBy === 'login') return ['password', 'code'];
    const { totp, recoveryCodesLeft } = this.state;
    return [...(totp ? (['totp'] as const) : []), ...(recoveryCodesLeft > 0 ? (['recovery'] as const) : [])];
  }

  private get shown(): Way {
    return this.way ?? this.ways[0] ?? 'recovery';
  }

  protected override firstUpdated(): void {
    this.renderRoot.querySelector<HTMLElement>('input, .primary')?.focus();
  }

  protected override render(): TemplateResult {
    const { proof } = this.texts;
    const second = this.state.freshBy === 'second-factor';
    return html`<div class="step">
      <div class="head">
        <h2 id="title" tabindex="-1">${second ? proof.title : proof.freshTitle}</h2>
        <p class="intro">${second ? proof.intro : proof.freshIntro}</p>
      </div>
      ${second && this.state.passkeys.length > 0 ? this.passkeyButton() : nothing}
      ${second && this.ways.length === 0 ? this.complaint() : this.form()}
      <div class="ways">
        ${this.ways
          .filter((way) => way !== this.shown)
          .map(
            (way) =>
              html`<button class="link" type="button" @click=${() => this.choose(way)}>${proof.use[way]}</button>`,
          )}
        <button class="link" type="button" @click=${() => this.tell('masuk-proof-left')}>${this.leaveLabel}</button>
      </div>
    </div>`;
  }

  private passkeyButton(): TemplateResult {
    const { proof } = this.texts;
    return html`<button
      class="primary"
      type="button"
      id="passkey"
      aria-busy=${String(this.busy === 'passkey')}
      @click=${() => void this.byPasskey()}
    >
      ${proof.passkey}
    </button>`;
  }

  private form(): TemplateResult {
    const { proof, password } = this.texts;
    const way = this.shown;
    const numeric = way === 'totp' || way === 'code';
    return html`<form novalidate aria-labelledby="title" @submit=${(event: SubmitEvent) => void this.submit(event)}>
      <div class="field">
        <label for="proof">${way === 'password' ? password.label : proof.label[way]}</label>
        <input
          id="proof"
          name="proof"
          type=${way === 'password' ? 'password' : 'text'}
          inputmode=${numeric ? 'numeric' : 'text'}
          autocomplete=${numeric ? 'one-time-code' : way === 'password' ? 'current-password' : 'off'}
          autocapitalize="none"
          spellcheck="false"
          maxlength=${way === 'password' ? 1024 : 100}
          required
          aria-invalid=${this.problem === null ? nothing : 'true'}
          aria-describedby="proof-hint problem"
        />
        <p class="hint" id="proof-hint">${way === 'password' ? '' : proof.hint[way]}</p>
      </div>
      ${this.complaint()}
      ${
        way === 'code'
          ? html`<button class="link" type="button" @click=${() => void this.send()}>
              ${this.sent ? proof.sent : proof.send}
            </button>`
          : nothing
      }
      <button class="primary" type="submit" aria-busy=${String(this.busy === 'form')}>${proof.submit}</button>
    </form>`;
  }

  private complaint(): TemplateResult {
    const box =
      this.problem === null
        ? nothing
        : html`<div class="box">
            <p>${warning}<span>${this.problem}</span></p>
          </div>`;
    return html`<div id="problem" class="form-problem ${this.problem ? '' : 'empty'}" role="alert">${box}</div>`;
  }

  private choose(way: Way): void {
    [this.way, this.problem] = [way, null];
    this.requestUpdate();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLInputElement>('#proof')?.focus());
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const typed = this.renderRoot.querySelector<HTMLInputElement>('#proof')?.value ?? '';
    if (typed.trim() === '') {
      this.fail(this.texts.proof.missing);
      return;
    }
    const calls: Record<Way, [string, object]> = {
      totp: ['/api/auth/second-factor/totp/verify', { code: typed }],
      recovery: ['/api/auth/second-factor/recovery-codes/verify', { code: typed }],
      code: ['/api/auth/fresh-login', { otpCode: typed }],
      password: ['/api/auth/fresh-login', { password: typed }],
    };
    await this.run('form', () => askService(...calls[this.shown]));
  }

  private async byPasskey(): Promise<void> {
    await this.run('passkey', async () => {
      const options = await askService('/api/auth/second-factor/passkeys/verify/options', {});
      const response = await startAuthentication({
        optionsJSON: options as unknown as PublicKeyCredentialRequestOptionsJSON,
      });
      await askService('/api/auth/second-factor/passkeys/verify', { response });
    });
  }

  /** A login code to the own number. */
  private async send(): Promise<void> {
    if (this.busy !== null) return;
    this.busy = 'send';
    try {
      const { phone } = await masuk.me();
      if (phone === null) {
        this.fail(this.texts.problems['phone_number_required'] ?? '');
        return;
      }
      await masuk.requestOtp(phone);
      [this.sent, this.problem] = [true, null];
    } catch (error) {
      this.fail(this.sentence(error));
    } finally {
      this.busy = null;
      this.requestUpdate();
    }
  }

  private async run(what: 'passkey' | 'form', prove: () => Promise<unknown>): Promise<void> {
    if (this.busy !== null) return;
    [this.busy, this.problem] = [what, null];
    this.requestUpdate();
    try {
      await prove();
      this.tell('masuk-proved');
    } catch (error) {
      this.fail(this.sentence(error));
    } finally {
      this.busy = null;
      this.requestUpdate();
    }
  }

  private sentence(error: unknown): string {
    const { proof, problems } = this.texts;
    if (!(error instanceof MasukError)) return proof.passkeyFailed;
    const known = proof.problems[error.code] ?? problems[error.code] ?? error.message;
    return known === '' ? (problems['unexpected_answer'] ?? '') : known;
  }

  private fail(problem: string): void {
    this.problem = problem;
    this.requestUpdate();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLInputElement>('#proof')?.select());
  }

  private tell(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}
if (!customElements.get('masuk-second-factor')) customElements.define('masuk-second-factor', MasukSecondFactor);

/** A `<masuk-second-factor>` for this state. */
export function secondFactorElement(
  state: SecondFactorState,
  language: Language,
  leaveLabel: string,
): MasukSecondFactor {
  const element = document.createElement('masuk-second-factor') as MasukSecondFactor;
  return Object.assign(element, { state, language, leaveLabel });
}
