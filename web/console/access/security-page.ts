import { startRegistration, type PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser';
import { html, nothing, type TemplateResult } from 'lit';
import { act, get, MasukError, type Answer } from '../kit/api.js';
import { ask, type DialogSpec, type Values } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { badge, facts, pageHead } from '../kit/page-parts.js';
import { keep } from '../kit/api.js';
import { loginIsOver, takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { drawQr } from '../kit/qr.js';
import { Remote } from '../kit/remote.js';
import { shown } from '../kit/states.js';

type State = Answer<'/api/auth/second-factor', 'get'>['data'];
type Passkey = State['passkeys'][number];
type Enrolled = Answer<'/api/auth/second-factor/totp', 'post'>['data'];

/** The page of an application's request that waits for a second factor: what the server calls it, and nothing else. */
const INTERACTION = /^[\w-]{20,60}$/;

/** `/admin/security`: the viewer's own second factors. */
export class SecurityPage extends ConsolePage {
  private readonly state = new Remote<State>(this);
  private draftDue = true;

  get heading(): string {
    return this.texts.security.title;
  }

  load(): void {
    void this.state.load(async () => (await get('/api/auth/second-factor')).data);
  }

  protected override updated(): void {
    super.updated();
    const draft = this.draftDue ? takeDraft('passkey') : null;
    this.draftDue = false;
    if (draft) this.addPasskey(draft.values);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    return html`${pageHead(texts.security.title, texts.security.intro)}
    ${shown(
      this.state,
      texts,
      () => this.load(),
      (state) => this.whole(state),
    )}`;
  }

  private whole(state: State): TemplateResult {
    const { security } = this.texts;
    if (state.mode === 'off') return html`<wa-callout variant="neutral">${security.off}</wa-callout>`;
    const hasAny = state.totp !== null || state.passkeys.length > 0;
    const waiting = this.place.query.get('interaction') ?? '';
    const isWaitedFor = INTERACTION.test(waiting);
    const wanted = html`<wa-callout variant="warning"
      ><wa-icon slot="icon" name="exclamation-triangle"></wa-icon
      >${isWaitedFor ? security.requiredFor : security.required}</wa-callout
    >`;
    const back = html`<wa-callout variant="success"
      ><wa-icon slot="icon" name="shield-check"></wa-icon>${security.backIntro}
      <a href=${`/oidc/interaction/${waiting}`}>${security.back}</a></wa-callout
    >`;
    return html`${isWaitedFor && hasAny ? back : nothing}
      ${!hasAny && (isWaitedFor || state.needs === 'enrolment') ? wanted : nothing}
      <section class="card" aria-labelledby="app">
        <h2 id="app">${security.app}</h2>
        <p>${security.appIntro}</p>
        ${facts([[security.state, this.appState(state)]])}
        <div class="row-actions">
          <wa-button variant=${hasAny ? 'neutral' : 'brand'} appearance="outlined" @click=${() => this.setUp()}
            >${state.totp ? security.appReplace : security.appSetUp}</wa-button
          >
          ${state.totp ? this.remover(security.appRemove, () => this.removeApp()) : nothing}
        </div>
      </section>
      <section class="card" aria-labelledby="passkeys">
        <h2 id="passkeys">${security.passkeys}</h2>
        <p>${security.passkeysIntro}</p>
        ${state.passkeys.length === 0 ? html`<p class="quiet">${security.noPasskey}</p>` : this.passkeys(state.passkeys)}
        <div class="row-actions">
          <wa-button appearance="outlined" @click=${() => this.addPasskey()}>${security.passkeyAdd}</wa-button>
        </div>
      </section>
      ${hasAny ? this.recovery(state) : nothing}`;
  }

  private appState({ totp }: State): unknown {
    const { language, texts } = this;
    if (totp === null) return badge(texts.security.none, 'neutral');
    return html`${badge(texts.security.active, 'success')} ${texts.security.since} ${moment(totp.since, language)}`;
  }

  private passkeys(all: readonly Passkey[]): TemplateResult {
    const { language, texts } = this;
    const { security } = texts;
    return html`<ul class="passkeys">
      ${all.map(
        ({ id, name, createdAt, lastUsedAt }) =>
          html`<li>
            <span
              ><b>${name}</b><br /><small class="quiet"
                >${security.since} ${moment(createdAt, language)} ·
                ${lastUsedAt === null ? security.neverUsed : html`${security.lastUsed} ${moment(lastUsedAt, language)}`}</small
              ></span
            >
            ${this.remover(security.passkeyRemove(name), () => this.removePasskey(id, name), security.remove)}
          </li>`,
      )}
    </ul>`;
  }

  private remover(label: string, run: () => void, shownAs = label): TemplateResult {
    return html`<wa-button appearance="outlined" variant="danger" aria-label=${label} @click=${run}
      >${shownAs}</wa-button
    >`;
  }

  private recovery({ recoveryCodesLeft }: State): TemplateResult {
    const { security } = this.texts;
    return html`<section class="card" aria-labelledby="recovery">
      <h2 id="recovery">${security.recovery}</h2>
      <p>${security.recoveryIntro}</p>
      ${facts([[security.recoveryLeft, String(recoveryCodesLeft)]])}
      <div class="row-actions">
        <wa-button appearance="outlined" @click=${() => this.newCodes()}>${security.recoveryNew}</wa-button>
      </div>
    </section>`;
  }

  private setUp(): void {
    void this.withFailure(async () => {
      const { data } = await act('post', '/api/auth/second-factor/totp/setup');
      ask(this.setUpDialog(data));
      await drawQr(data.qr);
    });
  }

  private setUpDialog({ secret }: { secret: string }): DialogSpec {
    const { security } = this.texts;
    return {
      title: security.appTitle,
      submit: security.appSubmit,
      fields: () =>
        html`<p>${security.appHow}</p>
          <canvas class="qr" role="img" aria-label=${security.qrAlt}></canvas>
          <p>${security.appKey}</p>
          <p class="secret"><code>${secret}</code></p>
          <wa-input
            name="code"
            label=${security.appCode}
            inputmode="numeric"
            autocomplete="one-time-code"
            required
            maxlength="10"
            autofocus
          ></wa-input>`,
      run: async ({ code = '' }) => {
        const { data } = await act('post', '/api/auth/second-factor/totp', { body: { code } });
        return this.enrolled(data);
      },
    };
  }

  private addPasskey(values: Values = {}): void {
    const { security } = this.texts;
    ask({
      title: security.passkeyTitle,
      form: 'passkey',
      values,
      text: security.passkeyText,
      submit: security.passkeyAdd,
      fields: (typed) =>
        html`<wa-input
          name="name"
          label=${security.passkeyName}
          hint=${security.passkeyNameHint}
          required
          maxlength="60"
          autocomplete="off"
          autofocus
          .value=${typed['name'] ?? ''}
        ></wa-input>`,
      run: async ({ name = '' }) => {
        const { data: options } = await act('post', '/api/auth/second-factor/passkeys/options');
        const optionsJSON = options as unknown as PublicKeyCredentialCreationOptionsJSON;
        const response = await startRegistration({ optionsJSON }).catch((cause: unknown) => {
          throw new MasukError({ code: 'passkey_not_made', status: 0, message: security.passkeyNotMade, cause });
        });
        const body = { name, response: response as unknown as Record<string, never> };
        const { data } = await act('post', '/api/auth/second-factor/passkeys', { body });
        return this.enrolled(data);
      },
    });
  }

  private enrolled({ recoveryCodes }: Enrolled): DialogSpec | undefined {
    this.say(this.texts.security.added);
    this.load();
    return recoveryCodes === null ? undefined : this.codesDialog(recoveryCodes);
  }

  private codesDialog(codes: readonly string[]): DialogSpec {
    const { security } = this.texts;
    const file = () => keep(new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }), 'masuk-recovery-codes.txt');
    return {
      title: security.codesTitle,
      text: html`<p>${security.codesText}</p>
        <ul class="codes">
          ${codes.map((code) => html`<li><code>${code}</code></li>`)}
        </ul>
        <wa-button appearance="outlined" @click=${file}>${security.codesSave}</wa-button>`,
    };
  }

  private newCodes(): void {
    const { security } = this.texts;
    ask({
      title: security.recoveryNew,
      text: security.recoveryNewText,
      submit: security.recoveryNew,
      run: async () => {
        const { data } = await act('post', '/api/auth/second-factor/recovery-codes');
        this.load();
        return this.codesDialog(data.recoveryCodes);
      },
    });
  }

  private removeApp(): void {
    const { security } = this.texts;
    this.askToRemove(security.appRemoveTitle, () => act('delete', '/api/auth/second-factor/totp'));
  }

  private removePasskey(id: string, name: string): void {
    this.askToRemove(this.texts.security.passkeyRemove(name), () =>
      act('delete', '/api/auth/second-factor/passkeys/{id}', { at: { id } }),
    );
  }

  private askToRemove(title: string, run: () => Promise<unknown>): void {
    const { security } = this.texts;
    ask({
      title,
      text: security.removeText,
      submit: security.remove,
      danger: true,
      run: async () => {
        await run();
        this.say(security.removed);
        this.load();
      },
    });
  }

  /** What fails before a dialog is open is shown in one. */
  private async withFailure(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { problems, security } = this.texts;
      if (loginIsOver(error) || !(error instanceof MasukError)) return;
      ask({ title: security.title, text: html`<p role="alert">${problems[error.code] ?? error.message}</p>` });
    }
  }
}
customElements.define('console-security', SecurityPage);
