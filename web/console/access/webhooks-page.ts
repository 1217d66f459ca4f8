import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Entry } from '../kit/api.js';
import { ask, type Values } from '../kit/console-dialog.js';
import { badge } from '../kit/page-parts.js';
import type { Column } from '../kit/list-table.js';
import { takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { secretDialog } from '../kit/secret.js';
import { choices, chosen } from './choices.js';
import { WEBHOOK_TONES } from './webhook-tones.js';
import { CreatedListPage } from './created-list-page.js';

export type Webhook = Entry<'/api/webhooks'>;

/** `/admin/webhooks`: who is told of events. */
export class WebhooksPage extends CreatedListPage<Webhook> {
  protected get words() {
    return this.texts.access.webhooks;
  }

  protected entries(cursor: string | null) {
    return get('/api/webhooks', { query: { cursor } });
  }

  protected columns(): Column<Webhook>[] {
    const { access } = this.texts;
    const { webhooks } = access;
    return [
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
        cell: ({ events }) => events.map((event) => webhooks.eventTexts[event]).join(', '),
      },
      {
        id: 'success',
        header: webhooks.lastSuccess,
        cell: ({ lastSuccessAt: at }) =>
          at === null ? html`<span class="quiet">${access.unused}</span>` : moment(at, this.language),
      },
      { id: 'created', header: access.created, extra: true, cell: ({ createdAt }) => moment(createdAt, this.language) },
    ];
  }

  protected actions(webhook: Webhook): TemplateResult {
    return html`<wa-button size="small" appearance="outlined" variant="danger" @click=${() => this.discard(webhook)}
      >${this.words.remove}</wa-button
    >`;
  }

  private state({ status, disabledFor }: Webhook): TemplateResult {
    const { webhooks } = this.texts.access;
    const why =
      disabledFor === null ? nothing : html`<br /><span class="fine">${webhooks.disabledFor[disabledFor]}</span>`;
    return html`${badge(webhooks.states[status], WEBHOOK_TONES[status])}${why}`;
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

  protected resume(): void {
    const kept = takeDraft('webhook');
    if (kept) this.create({ events: '', ...kept.values });
  }

  protected create(values: Values = {}): void {
    const { texts } = this;
    const { webhooks } = texts.access;
    const all = Object.keys(webhooks.eventTexts).join(',');
    ask({
      title: webhooks.createTitle,
      form: 'webhook',
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
