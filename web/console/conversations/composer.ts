import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { act, MasukError } from '../kit/api.js';
import { ask, type Values } from '../kit/console-dialog.js';
import { loginIsOver, takeDraft, watchForm } from '../kit/login.js';
import { IdempotencyKeys } from '../kit/idempotency-keys.js';
import { failure } from '../kit/remote.js';
import { sentenceOf } from '../kit/states.js';
import { consoleTexts, type ConsoleTexts, type Language } from '../texts/texts.js';
import { fileFields, mediaOf } from './file-fields.js';

/** Characters that an answer may have. */
const LONGEST = 4_096;

const REPLY = '/api/conversations/{phone}/reply';

/** Where the staff writes an answer. What is typed stays until it has arrived, also when another conversation is opened. */
export class ConsoleComposer extends LitElement {
  static override properties = { language: {}, talkId: { attribute: false }, person: { attribute: false } };
  declare language: Language;
  declare talkId: string;
  declare person: string;
  private readonly drafts = new Map<string, string>();
  private readonly keys = new IdempotencyKeys();
  private sending = false;
  private error: MasukError | null = null;

  override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    watchForm(this, null);
  }

  private get texts(): ConsoleTexts {
    return consoleTexts(this.language);
  }

  private get text(): string {
    return this.drafts.get(this.talkId) ?? '';
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('talkId')) return;
    this.error = null;
    const kept = takeDraft(`reply ${this.talkId}`)?.values['text'];
    if (kept !== undefined) this.drafts.set(this.talkId, kept);
    this.watch();
  }

  protected override updated(changed: PropertyValues<this>): void {
    const kept = changed.has('talkId') ? takeDraft(`file ${this.talkId}`) : null;
    if (kept) this.sendFile(kept.values);
  }

  protected override render(): TemplateResult {
    const { conversations } = this.texts;
    return html`<form class="composer" @submit=${(event: SubmitEvent) => void this.send(event)}>
      <label for="answer">${conversations.write}<span class="spoken">: ${this.person}</span></label>
      <textarea
        id="answer"
        name="text"
        rows="2"
        maxlength=${LONGEST}
        aria-describedby="answer-hint answer-problem"
        .value=${live(this.text)}
        @input=${this.typed}
        @keydown=${this.pressed}
      ></textarea>
      <div id="answer-problem" role="alert">
        ${this.error === null ? nothing : html`<wa-callout variant="danger" size="small">${sentenceOf(this.error, this.texts)}</wa-callout>`}
      </div>
      <div class="composer-foot">
        <p id="answer-hint" class="fine">
          ${conversations.writeHint} <span class="keys">${conversations.writeKeys}</span>
        </p>
        <wa-button appearance="outlined" @click=${() => this.sendFile()}>
          <wa-icon slot="start" name="paper-clip"></wa-icon>${conversations.sendFile}
        </wa-button>
        <wa-button type="submit" variant="brand" ?loading=${this.sending}>
          <wa-icon slot="start" name="paper-airplane"></wa-icon>${conversations.send}
        </wa-button>
      </div>
    </form>`;
  }

  private readonly typed = (event: Event): void => {
    this.drafts.set(this.talkId, (event.target as HTMLTextAreaElement).value);
    this.watch();
  };

  private readonly pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    this.querySelector('form')?.requestSubmit();
  };

  private watch(): void {
    const { text, talkId } = this;
    watchForm(this, text === '' ? null : () => ({ form: `reply ${talkId}`, values: { text } }));
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { text, talkId } = this;
    if (this.sending || text.trim() === '') return;
    [this.sending, this.error] = [true, null];
    this.watch();
    this.requestUpdate();
    try {
      await this.reply(talkId, { text }, this.keys);
      // What was typed meanwhile is the next answer.
      if (this.drafts.get(talkId) === text) this.drafts.delete(talkId);
      this.watch();
      this.dispatchEvent(new CustomEvent('answered'));
    } catch (error) {
      if (loginIsOver(error)) return;
      if (talkId === this.talkId) this.error = failure(error);
    }
    this.sending = false;
    this.requestUpdate();
  }

  private async reply(
    talkId: string,
    body: { text: string } | { media: ReturnType<typeof mediaOf> },
    keys: IdempotencyKeys,
  ): Promise<void> {
    const content = JSON.stringify([talkId, body]);
    await act('post', REPLY, { at: { phone: talkId }, body, headers: keys.headersFor(content) });
    keys.arrived(content);
  }

  private sendFile(values: Values = {}): void {
    const { texts, talkId } = this;
    const keys = new IdempotencyKeys();
    ask({
      title: texts.conversations.fileTitle,
      form: `file ${talkId}`,
      values,
      text: texts.conversations.fileText,
      submit: texts.conversations.send,
      fields: (typed) => fileFields(typed, texts),
      run: async (typed) => {
        await this.reply(talkId, { media: mediaOf(typed) }, keys);
        if (talkId === this.talkId) this.dispatchEvent(new CustomEvent('answered'));
      },
    });
  }
}
customElements.define('console-composer', ConsoleComposer);
