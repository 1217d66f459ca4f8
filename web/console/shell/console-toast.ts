import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Saying } from '../kit/console-page.js';

/** How long a sentence is there, in milliseconds, once nobody points at it and the cursor is not in it. */
const SHOWN_FOR = 6_000;

/** A line over the page for what was done. It leaves by itself; an error, and what is under way, stay until they are replaced or closed. */
export class ConsoleToast extends LitElement {
  static override properties = { closeLabel: { attribute: false } };
  declare closeLabel: string;
  private said: Saying = { text: '' };
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isPointedAt = false;
  private hasCursor = false;

  override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  say(saying: Saying): void {
    this.clear();
    if (saying.text === '') return;
    // Said anew, a sentence that is there already is read out again.
    void this.updateComplete.then(() => {
      this.said = saying;
      this.requestUpdate();
      this.wait();
    });
  }

  clear(): void {
    clearTimeout(this.timer);
    [this.said, this.isPointedAt, this.hasCursor] = [{ text: '' }, false, false];
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const { text } = this.said;
    return html`<div
      class="toast ${text === '' ? '' : 'says'}"
      @pointerenter=${() => this.held({ isPointedAt: true })}
      @pointerleave=${() => this.held({ isPointedAt: false })}
      @focusin=${() => this.held({ hasCursor: true })}
      @focusout=${() => this.held({ hasCursor: false })}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.close();
      }}
    >
      <span role="status">${text}</span>
      ${
        text === ''
          ? nothing
          : html`<button class="icon" aria-label=${this.closeLabel} @click=${() => this.close()}>
              <wa-icon name="xmark"></wa-icon>
            </button>`
      }
    </div>`;
  }

  private held(how: { isPointedAt?: boolean; hasCursor?: boolean }): void {
    Object.assign(this, how);
    this.wait();
  }

  private wait(): void {
    clearTimeout(this.timer);
    if (this.said.text === '' || this.said.stays === true || this.isPointedAt || this.hasCursor) return;
    this.timer = setTimeout(() => this.clear(), SHOWN_FOR);
  }

  private close(): void {
    this.clear();
    // Where the cursor was is gone.
    document.getElementById('content')?.focus({ preventScroll: true });
  }
}
customElements.define('console-toast', ConsoleToast);
