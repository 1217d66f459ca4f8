import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Answer, type Entry } from '../kit/api.js';
import { ask } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { filters } from '../kit/filters.js';
import { badge, pageHead, type Tone } from '../kit/page-parts.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { loginIsOver } from '../kit/login.js';
import { moment, number } from '../kit/moments.js';
import { pager } from '../kit/pager.js';
import { failure, Remote } from '../kit/remote.js';
import { empty, sentenceOf, shown } from '../kit/states.js';
import { WEBHOOK_TONES } from './webhook-tones.js';

type Webhook = Entry<'/api/webhooks'>;
type Delivery = Entry<'/api/webhooks/{id}/deliveries'>;
type Deliveries = { readonly data: readonly Delivery[]; readonly nextCursor: string | null };

const TONES: Record<Delivery['status'], Tone> = { pending: 'warning', delivered: 'success', failed: 'danger' };

/** `/admin/webhooks/:id`: what was sent to one of them, and what it answered. */
export class DeliveriesPage extends ConsolePage {
  /** The webhook itself; null where it is not among those of the list. */
  private readonly webhook = new Remote<Webhook | null>(this);
  private readonly deliveries = new Remote<Deliveries>(this);
  private readonly table = new ListTable<Delivery>(this, 'deliveries');

  get heading(): string {
    return this.texts.access.webhooks.deliveries;
  }

  load(): void {
    const { parts, query } = this.place;
    const status = query.get('status') as Delivery['status'] | null;
    const at = { id: parts['id'] ?? '' };
    void this.webhook.load(() => webhookWith(at.id));
    void this.deliveries.load(() =>
      get('/api/webhooks/{id}/deliveries', { at, query: { status, cursor: query.get('cursor') } }),
    );
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { access } = texts;
    const { webhooks } = access;
    const again = html`<wa-button appearance="outlined" @click=${() => this.replayFailed()}>
      <wa-icon slot="start" name="arrow-path"></wa-icon>${webhooks.replayAll}
    </wa-button>`;
    const columns = this.columns();
    return html`<p class="crumb">
        <a href="/admin/webhooks"><wa-icon name="chevron-left"></wa-icon> ${webhooks.back}</a>
      </p>
      ${pageHead(webhooks.deliveries, this.which(), this.mayChange ? again : nothing)}
      ${filters(
        this.place,
        [{ name: 'status', label: access.state, options: Object.entries(webhooks.deliveryStates) }],
        texts,
      )}
      ${shown(
        this.deliveries,
        texts,
        () => this.load(),
        ({ data, nextCursor }) =>
          data.length === 0
            ? empty(webhooks.noDeliveries, webhooks.intro)
            : html`${this.table.render({ rows: data, columns, caption: webhooks.deliveries, texts, key: ({ id }) => id })}
              ${pager(this.place, nextCursor, texts)}`,
      )}`;
  }

  /** Its address, which people know; its id until that is known, and where it is not. */
  private which(): TemplateResult {
    const { value } = this.webhook;
    if (!value) return html`<code>${this.place.parts['id']}</code>`;
    const { states } = this.texts.access.webhooks;
    return html`<span class="address">${value.url}</span> ${badge(states[value.status], WEBHOOK_TONES[value.status])}`;
  }

  private columns(): Column<Delivery>[] {
    const { access } = this.texts;
    const { webhooks } = access;
    const { language } = this;
    const columns: Column<Delivery>[] = [
      { id: 'at', header: access.created, fixed: true, cell: ({ createdAt }) => moment(createdAt, language) },
      { id: 'event', header: webhooks.event, fixed: true, cell: ({ event }) => html`<code>${event}</code>` },
      {
        id: 'state',
        header: access.state,
        fixed: true,
        cell: ({ status }) => badge(webhooks.deliveryStates[status], TONES[status]),
      },
      { id: 'attempts', header: webhooks.attempts, numeric: true, cell: ({ attempts }) => number(attempts, language) },
      {
        id: 'answer',
        header: webhooks.lastAnswer,
        cell: (delivery) => this.lastAnswer(delivery),
      },
      {
        id: 'next',
        header: webhooks.next,
        cell: ({ nextAttemptAt: at }) => (at === null ? html`<span class="quiet">–</span>` : moment(at, language)),
      },
    ];
    if (!this.mayChange) return columns;
    const replay = ({ id }: Delivery) =>
      html`<wa-button size="small" appearance="outlined" @click=${() => void this.replay(id)}
        >${webhooks.replay}</wa-button
      >`;
    return [...columns, { id: 'actions', header: access.actions, fixed: true, cell: replay }];
  }

  private lastAnswer({ lastStatus: status, lastError: error }: Delivery): unknown {
    const { deliveryErrors } = this.texts.access.webhooks;
    // Of an answer whose status says no, the status says all.
    const why = error === null || error === 'status' ? [] : [deliveryErrors[error] ?? error];
    const said = [...(status === null ? [] : [`HTTP ${status}`]), ...why];
    return said.length === 0 ? html`<span class="quiet">–</span>` : said.join(', ');
  }

  private async replay(deliveryId: string | null): Promise<void> {
    const { webhooks } = this.texts.access;
    const body = deliveryId === null ? {} : { deliveryId };
    try {
      const { data } = await act('post', '/api/webhooks/{id}/replay', {
        at: { id: this.place.parts['id'] ?? '' },
        body,
      });
      this.say(webhooks.replayed(number(data.queued, this.language)));
      this.load();
    } catch (error) {
      if (deliveryId === null) throw error;
      if (!loginIsOver(error)) this.say(sentenceOf(failure(error), this.texts));
    }
  }

  private replayFailed(): void {
    const { webhooks } = this.texts.access;
    ask({
      title: webhooks.replayAllTitle,
      text: webhooks.replayAllText,
      submit: webhooks.replayAll,
      run: () => this.replay(null),
    });
  }
}
customElements.define('console-deliveries', DeliveriesPage);

/** No route tells of one webhook: it is looked for among all. */
async function webhookWith(id: string): Promise<Webhook | null> {
  for (let cursor: string | null = null; ;) {
    const page: Answer<'/api/webhooks', 'get'> = await get('/api/webhooks', { query: { cursor } });
    const found = page.data.find((webhook) => webhook.id === id);
    if (found || page.nextCursor === null) return found ?? null;
    cursor = page.nextCursor;
  }
}
