import './thread.js';
import { html, nothing, type TemplateResult } from 'lit';
import { get } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { Live } from '../kit/live.js';
import { Polling } from '../kit/polling.js';
import { empty, shown } from '../kit/states.js';
import { GrowingList } from './growing-list.js';
import { type Known } from './merge.js';
import { talkFilters, talkList } from './talk-list.js';
import { idOf, type State, type Talk } from './talk.js';
import type { ConsoleThread } from './thread.js';

/** Milliseconds between two looks at the list, where the service does not tell of changes. */
const AGAIN = 6_000;

/** Milliseconds from one look to the next, however much is said. */
const CALM = 2_000;

/** `/admin/conversations`, and `/:id`: the list, and the one that is open beside it; on a phone one or the other. */
export class ConversationsPage extends ConsolePage {
  private readonly talks = new GrowingList<Talk>(this, (cursor) => this.page(cursor), idOf);
  private state: string | null = null;

  private readonly live = new Live(this, 'conversations', () => this.lookEverywhere(), CALM);

  constructor() {
    super();
    new Polling(
      this,
      () => this.look(),
      AGAIN,
      () => this.live.isOn,
    );
  }

  get heading(): string {
    return this.thread?.heading ?? this.texts.conversations.title;
  }

  load(): void {
    const state = this.place.query.get('state');
    if (state !== this.state) this.talks.clear();
    this.state = state;
    this.lookEverywhere();
  }

  private lookEverywhere(): void {
    void this.look();
    this.thread?.load();
  }

  protected override render(): TemplateResult {
    const { texts, language, openId, viewer } = this;
    const { conversations } = texts;
    const title =
      openId === null
        ? html`<h1>${conversations.title}</h1>`
        : html`<p class="pane-title" aria-hidden="true">${conversations.title}</p>`;
    return html`<div class="talking ${openId === null ? '' : 'open'}">
      <section class="talk-pane" aria-label=${conversations.title}>
        <header>${title} ${talkFilters(this.place.query, this.place.path, texts)}</header>
        <div class="talk-box">
          ${shown(
            this.talks,
            texts,
            () => void this.look(),
            (known) => this.list(known),
          )}
        </div>
      </section>
      ${
        openId === null
          ? html`<div class="thread-pane nothing"><p class="quiet">${conversations.choose}</p></div>`
          : html`<console-thread
              class="thread-pane"
              .talkId=${openId}
              .viewer=${viewer}
              .language=${language}
              .isTold=${this.live.isOn}
              @talk-changed=${(event: CustomEvent<Talk>) => this.replace(event.detail)}
            ></console-thread>`
      }
    </div>`;
  }

  private get openId(): string | null {
    const { id } = this.place.parts;
    if (id === undefined) return null;
    try {
      return decodeURIComponent(id);
    } catch {
      return id;
    }
  }

  private get thread(): ConsoleThread | null {
    return this.querySelector<ConsoleThread>('console-thread');
  }

  private list({ items, nextCursor }: Known<Talk>): TemplateResult {
    const { texts, language, openId } = this;
    const { conversations } = texts;
    if (items.length === 0)
      return this.state === null
        ? empty(conversations.none, conversations.noneHint)
        : empty(conversations.noneOfState, conversations.noneOfStateHint);
    const more = html`<wa-button
      class="more-talks"
      appearance="outlined"
      size="small"
      ?loading=${this.talks.growing}
      @click=${() => void this.talks.more()}
      >${conversations.moreTalks}</wa-button
    >`;
    return html`${talkList({ talks: items, openId, texts, language, query: this.place.query })}
    ${nextCursor === null ? nothing : more}`;
  }

  private async look(): Promise<boolean> {
    await this.talks.look();
    return this.talks.error === null;
  }

  private async page(cursor: string | null): Promise<Known<Talk>> {
    const query = { state: this.state as State | null, cursor, limit: 25 };
    const { data, nextCursor } = await get('/api/conversations', { query });
    return { items: data, nextCursor };
  }

  /** What the thread knows to be new is not waited for. */
  private replace(talk: Talk): void {
    const known = this.talks.value;
    if (known === undefined) return;
    const items = known.items.map((each) => (idOf(each) === idOf(talk) ? talk : each));
    // A look that is on its way may have seen the conversation before it changed.
    this.talks.set({ ...known, items });
    void this.look();
  }
}
customElements.define('console-conversations', ConversationsPage);
