import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Entry } from '../kit/api.js';
import { ask, type Values } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { badge, pageHead, type Tone } from '../kit/heads.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { pager } from '../kit/pager.js';
import { Remote } from '../kit/remote.js';
import { secretDialog } from '../kit/secret.js';
import { empty, shown } from '../kit/states.js';
import { choices, chosen } from './choices.js';

export type Webhook = Entry<'/api/webhooks'>;
type Webhooks = { readonly data: readonly Webhook[]; readonly nextCursor: string | null };

const DRAFT = 'webhook';

const TONES: Record<Webhook['status'], Tone> = { active: 'success', failing: 'warning', disabled: 'danger' };

/** `/admin/webhooks`: who is told of events. */
export class WebhooksPage extends ConsolePage {
  private readonly webhooks = new Remote<Webhooks>(this);
  private readonly table = new ListTable<Webhook>(this, 'webhooks');
  private draftDue = true;

  get heading(): string {
    return this.texts.access.webhooks.title;
  }

  load(): void {
    const cursor = this.place.query.get('cursor');
    void this.webhooks.load(() => get('/api/webhooks', { query: { cursor } }));
  }

  protected override updated(): void {
    super.updated();
    const draft = this.draftDue && this.mayChange ? takeDraft(DRAFT) : null;
    this.draftDue = false;
    if (draft) this.create(draft);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { webhooks } = texts.access;
    const create = html`<wa-button variant="brand" @click=${() => this.create()}>
      <wa-icon slot="start" name="plus"></wa-icon>${webhooks.create}
    </wa-button>`;
    const columns = this.columns();
    return html`${pageHead(webhooks.title, webhooks.intro, this.mayChange ? create : nothing)}
    ${shown(
      this.webhooks,
      texts,
      () => this.load(),
      ({ data, nextCursor }) =>
        data.length === 0
          ? empty(webhooks.none, webhooks.noneHint)
          : html`${this.table.render({ rows: data, columns, caption: webhooks.title, texts, key: ({ id }) => id })}
            ${pager(this.place, nextCursor, texts)}`,
    )}`;
  }

  private columns(): Column<Webhook>[] {
    const { access } = this.texts;
    const { webhooks } = access;
    const columns: Column<Webhook>[] = [
      {
        id: 'url',
        header: webhooks.url,
        fixed: true,
        cell: ({ id, url }) => html`<a class="address" href="/admin/webhooks/${id}">${url}</a>`,
      },
      { id: 'state', header: access.state, fixed: true, cell: (webhook) => this.state(webhook) },
      {
        id: 'events',
        header: webhooks.events,
        cell: ({ events }) => events.map((event) => webhooks.eventTexts[event] ?? event).join(', '),
      },
      {
        id: 'success',
        header: webhooks.lastSuccess,
        cell: ({ lastSuccessAt: at }) =>
          at === null ? html`<span class="quiet">${access.unused}</span>` : moment(at, this.language),
      },
      { id: 'created', header: access.created, extra: true, cell: ({ createdAt }) => moment(createdAt, this.language) },
    ];
    if (!this.mayChange) return columns;
    const remove = (webhook: Webhook) =>
      html`<wa-button size="small" appearance="outlined" variant="danger" @click=${() => this.discard(webhook)}
        >${webhooks.remove}</wa-button
      >`;
    return [...columns, { id: 'actions', header: access.actions, fixed: true, cell: remove }];
  }

  private state({ status, disabledFor }: Webhook): TemplateResult {
    const { webhooks } = this.texts.access;
    const why =
      disabledFor === null ? nothing : html`<br /><span class="fine">${webhooks.disabledFor[disabledFor]}</span>`;
    return html`${badge(webhooks.states[status], TONES[status])}${why}`;
  }

  private discard({ id, url }: Webhook): void {
    const { webhooks } = this.texts.access;
    ask({
      title: webhooks.removeTitle,
      text: webhooks.removeText(url),
      submit: webhooks.remove,
      danger: true,
      run: async () => {
        await act('delete', '/api/webhooks/{id}', { at: { id } });
        this.say(webhooks.removed);
        this.load();
      },
    });
  }

  private create(values: Values = {}): void {
    const { texts } = this;
    const { webhooks } = texts.access;
    const all = Object.keys(webhooks.eventTexts).join(',');
    ask({
      title: webhooks.createTitle,
      form: DRAFT,
      values,
      submit: webhooks.createSubmit,
      fields: (typed) =>
        html`<wa-input
            name="url"
            type="url"
            label=${webhooks.url}
            hint=${webhooks.urlHint}
            required
            maxlength="2048"
            autocomplete="off"
            autofocus
            .value=${typed['url'] ?? ''}
          ></wa-input>
          ${choices('events', webhooks.events, Object.entries(webhooks.eventTexts), typed['events'] ?? all)}`,
      run: async (typed, form) => {
        const events = chosen(form, 'events', webhooks.eventsMissing) as Webhook['events'];
        const { data } = await act('post', '/api/webhooks', { body: { url: typed['url'] ?? '', events } });
        this.load();
        return secretDialog(webhooks.secret, data.secret, texts);
      },
    });
  }
}
customElements.define('console-webhooks', WebhooksPage);
