import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { act, downloadFile, get } from '../kit/api.js';
import type { Viewer } from '../kit/console-page.js';
import { loginIsOver } from '../kit/login.js';
import { Polling } from '../kit/polling.js';
import { failure, Remote } from '../kit/remote.js';
import { sentenceOf, shown } from '../kit/states.js';
import { consoleTexts, type ConsoleTexts, type Language } from '../texts/texts.js';
import './composer.js';
import { GrowingList } from './growing-list.js';
import { type Known } from './merge.js';
import { messageLog } from './message-log.js';
import { newsOf } from './news.js';
import { titleOf, type Message, type State, type Talk } from './talk.js';
import { STATES } from './talk-list.js';

/** Milliseconds between two looks at what is said, where the service does not tell of changes. */
const AGAIN = 4_000;

/** Pixels from the end within which somebody counts as reading the newest message. */
const NEAR_END = 60;

const keyOf = ({ id }: Message): string => id;

/** One conversation: what was said, who answers, and the answer. */
export class ConsoleThread extends LitElement {
  static override properties = {
    language: {},
    talkId: { attribute: false },
    viewer: { attribute: false },
    isTold: { attribute: false },
  };
  declare language: Language;
  declare talkId: string;
  declare viewer: Viewer;
  /** Whether the service tells of changes, and the page has the thread look then. */
  declare isTold: boolean;
  private readonly talk = new Remote<Talk>(this);
  private readonly log = new GrowingList<Message>(this, (cursor) => this.page(cursor), keyOf);
  private fetching: string | null = null;
  private problem = '';
  private told = '';
  /** The message that the reader sees at the top, and where it is, before what is new is drawn. */
  private reader: { bubble: Element; top: number } | null = null;
  /** Whether the newest message stays in sight: until the reader scrolls up. */
  private pinned = true;
  private lastTop = 0;
  private readonly resized = new ResizeObserver(() => this.keepEnd());
  private newBelow = false;

  constructor() {
    super();
    new Polling(
      this,
      () => this.look(),
      AGAIN,
      () => this.isTold,
    );
  }

  override createRenderRoot(): this {
    return this;
  }

  get heading(): string {
    const { value } = this.talk;
    return value === undefined ? this.talkId : titleOf(value, this.texts.conversations.hiddenNumber);
  }

  load(): void {
    void this.look();
  }

  private get texts(): ConsoleTexts {
    return consoleTexts(this.language);
  }

  private get box(): HTMLElement | null {
    return this.querySelector('.log-box');
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('talkId')) {
      [this.talk, this.log].forEach((each) => each.clear());
      [this.problem, this.told, this.newBelow, this.pinned, this.lastTop] = ['', '', false, true, 0];
      void this.look();
    }
    this.reader = this.pinned ? null : this.topmost();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.box) this.resized.observe(this.box);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resized.disconnect();
  }

  protected override firstUpdated(): void {
    if (this.box) this.resized.observe(this.box);
  }

  private topmost(): { bubble: Element; top: number } | null {
    const { box } = this;
    if (box === null) return null;
    const { top: edge } = box.getBoundingClientRect();
    for (const bubble of box.querySelectorAll('.bubble')) {
      const { top, bottom } = bubble.getBoundingClientRect();
      if (bottom > edge) return { bubble, top };
    }
    return null;
  }

  private keepEnd(): void {
    const { box } = this;
    if (box === null || !this.pinned) return;
    box.scrollTop = box.scrollHeight;
    this.lastTop = box.scrollTop;
  }

  protected override updated(): void {
    const { box, reader } = this;
    this.keepEnd();
    // Nobody who reads is moved: neither by what came above, nor by what came below.
    if (!this.pinned && box !== null && reader?.bubble.isConnected)
      box.scrollTop += reader.bubble.getBoundingClientRect().top - reader.top;
    this.dispatchEvent(new CustomEvent('console-drawn', { bubbles: true }));
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { conversations } = texts;
    return html`<p class="crumb">
        <a href="/admin/conversations"><wa-icon name="chevron-left"></wa-icon> ${conversations.back}</a>
      </p>
      ${this.head()}
      <div
        class="log-box"
        role="log"
        aria-live="off"
        aria-label=${conversations.log}
        tabindex="0"
        @scroll=${this.scrolled}
      >
        ${shown(
          this.log,
          texts,
          () => this.load(),
          (known) => this.messages(known),
        )}
      </div>
      <p class="spoken" role="status">${this.told}</p>
      ${this.problem === '' ? nothing : html`<wa-callout variant="danger" role="alert">${this.problem}</wa-callout>`}
      ${this.newBelow ? this.toEnd() : nothing} ${this.answer()}`;
  }

  private head(): TemplateResult {
    const { conversations } = this.texts;
    const { value } = this.talk;
    const number =
      value?.name == null ? nothing : html`<span class="quiet">${value.phone ?? conversations.hiddenNumber}</span>`;
    return html`<header class="thread-head">
      <div>
        <h1 dir="auto" title=${value?.name == null ? nothing : conversations.unverifiedName}>${this.heading}</h1>
        ${number}
      </div>
      ${value === undefined ? nothing : this.states(value)}
    </header>`;
  }

  private states({ state: current }: Talk): TemplateResult {
    const { conversations } = this.texts;
    return html`<div class="segments" role="group" aria-label=${conversations.stateLabel}>
      ${STATES.map(
        (state) =>
          html`<button
            type="button"
            aria-pressed=${String(state === current)}
            title=${conversations.stateHints[state]}
            @click=${() => void this.change({ state })}
          >
            ${conversations.states[state]}
          </button>`,
      )}
    </div>`;
  }

  private messages({ items, nextCursor }: Known<Message>): TemplateResult {
    const { texts, language, fetching } = this;
    const older = html`<wa-button
      appearance="outlined"
      size="small"
      class="older"
      ?loading=${this.log.growing}
      @click=${() => void this.log.more()}
      >${texts.conversations.older}</wa-button
    >`;
    return html`${nextCursor === null ? nothing : older}
    ${messageLog({
      messages: items.toReversed(),
      ...{ texts, language, fetching },
      openFile: (message) => void this.openFile(message),
    })}`;
  }

  private toEnd(): TemplateResult {
    const show = () => {
      this.pinned = true;
      this.keepEnd();
      this.scrolled();
    };
    return html`<button type="button" class="new-below" @click=${show}>
      <wa-icon name="arrow-down"></wa-icon> ${this.texts.conversations.newBelow}
    </button>`;
  }

  private answer(): unknown {
    const { value } = this.talk;
    if (value === undefined) return nothing;
    if (!value.canReply) return html`<p class="composer-note quiet">${this.texts.conversations.notAnswerable}</p>`;
    return html`<console-composer
      .talkId=${this.talkId}
      .language=${this.language}
      .person=${this.heading}
      @answered=${() => this.answered()}
    ></console-composer>`;
  }

  private answered(): void {
    this.tell(this.texts.conversations.sent);
    this.pinned = true;
    this.keepEnd();
    void this.look();
  }

  private async look(): Promise<boolean> {
    const { talkId } = this;
    if (!talkId) return true;
    const at = { phone: talkId };
    const known = this.log.value;
    await Promise.all([
      this.talk.load(async () => (await get('/api/conversations/{phone}', { at })).data),
      this.log.look(),
    ]);
    if (talkId !== this.talkId) return true;
    if (known && this.log.value) this.tellNews(known.items, this.log.value.items);
    this.read();
    return this.talk.error === null && this.log.error === null;
  }

  private async page(cursor: string | null): Promise<Known<Message>> {
    const call = { at: { phone: this.talkId }, query: { cursor, limit: 30 } };
    const { data, nextCursor } = await get('/api/conversations/{phone}/messages', call);
    return { items: data, nextCursor };
  }

  private tellNews(before: readonly Message[], now: readonly Message[]): void {
    const sentences = newsOf(before, now, this.heading, this.texts);
    if (sentences.length === 0) return;
    if (!this.pinned) this.newBelow = true;
    this.tell(sentences.join(' '));
  }

  private tell(text: string): void {
    this.told = text;
    this.requestUpdate();
  }

  private readonly scrolled = (): void => {
    const { box } = this;
    if (box === null) return;
    const isUp = box.scrollTop < this.lastTop;
    this.lastTop = box.scrollTop;
    const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END;
    // What grows below, or beside the log, moves the end away without anybody scrolling.
    this.pinned = atEnd || (this.pinned && !isUp);
    if (!this.pinned) return;
    if (this.newBelow) {
      this.newBelow = false;
      this.requestUpdate();
    }
    this.read();
  };

  /** What stands before somebody's eyes is read, up to the newest message that was drawn, and no further. */
  private read(): void {
    const newest = this.log.value?.items[0];
    const { value: talk } = this.talk;
    if (!newest || !talk || talk.unread === 0 || document.hidden || !this.pinned) return;
    void this.change({ readTo: newest.id }, true);
  }

  private async change(body: { state?: State; readTo?: string }, quietly = false): Promise<void> {
    const { talkId } = this;
    try {
      const { data } = await act('patch', '/api/conversations/{phone}', { at: { phone: talkId }, body });
      this.dispatchEvent(new CustomEvent('talk-changed', { detail: data }));
      if (talkId !== this.talkId) return;
      this.talk.set(data);
      const { conversations } = this.texts;
      if (body.state) this.tell(conversations.stateSet(conversations.states[body.state]));
      this.problem = quietly ? this.problem : '';
    } catch (error) {
      // What was read is said again with the next look.
      if (loginIsOver(error) || quietly) return;
      this.problem = sentenceOf(failure(error), this.texts);
    }
    this.requestUpdate();
  }

  private async openFile({ id, media, kind }: Message): Promise<void> {
    if (this.fetching !== null) return;
    const { conversations } = this.texts;
    [this.fetching, this.problem] = [id, ''];
    this.requestUpdate();
    try {
      const at = { phone: this.talkId, messageId: id };
      const name = await downloadFile('/api/conversations/{phone}/messages/{messageId}/media', at);
      this.tell(conversations.opened(name));
    } catch (error) {
      if (loginIsOver(error)) return;
      const what = media?.fileName ?? conversations.kinds[kind] ?? kind;
      this.problem = conversations.fileFailed(what, sentenceOf(failure(error), this.texts));
    }
    this.fetching = null;
    this.requestUpdate();
  }
}
customElements.define('console-thread', ConsoleThread);
