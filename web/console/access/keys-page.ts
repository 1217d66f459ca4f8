import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Entry } from '../kit/api.js';
import { ask, type Values } from '../kit/console-dialog.js';
import { badge } from '../kit/page-parts.js';
import type { Column } from '../kit/list-table.js';
import { takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { secretDialog } from '../kit/secret.js';
import { choices, chosen } from './choices.js';
import { CreatedListPage } from './created-list-page.js';

type Key = Entry<'/api/api-keys'>;
type Scope = Key['scopes'][number];

const DAY = 86_400_000;

/** `/admin/keys`: who else may call. */
export class KeysPage extends CreatedListPage<Key> {
  protected get words() {
    return this.texts.access.keys;
  }

  protected entries(cursor: string | null) {
    return get('/api/api-keys', { query: { cursor } });
  }

  protected columns(): Column<Key>[] {
    const { access } = this.texts;
    const { keys } = access;
    const at = (iso: string | null, none: string) =>
      iso === null ? html`<span class="quiet">${none}</span>` : moment(iso, this.language);
    return [
      { id: 'name', header: access.name, fixed: true, cell: ({ name }) => html`<b>${name}</b>` },
      { id: 'hint', header: keys.hint, cell: ({ hint }) => html`<code>${hint}…</code>` },
      {
        id: 'scopes',
        header: keys.scopes,
        cell: ({ scopes }) => scopes.map((scope) => keys.scopeTexts[scope] ?? scope).join(', '),
      },
      { id: 'state', header: access.state, fixed: true, cell: (key) => this.state(key) },
      { id: 'used', header: access.lastUsed, cell: ({ lastUsedAt }) => at(lastUsedAt, access.unused) },
      { id: 'expires', header: access.expires, cell: ({ expiresAt }) => at(expiresAt, access.never) },
      { id: 'created', header: access.created, extra: true, cell: ({ createdAt }) => at(createdAt, '') },
    ];
  }

  private state({ revokedAt, expiresAt }: Key): TemplateResult {
    const { keys } = this.texts.access;
    if (revokedAt !== null) return badge(keys.revoked, 'neutral');
    const isOver = expiresAt !== null && Date.parse(expiresAt) <= Date.now();
    return isOver ? badge(keys.expired, 'neutral') : badge(keys.active, 'success');
  }

  protected actions(key: Key): unknown {
    const { keys } = this.texts.access;
    if (key.revokedAt !== null) return nothing;
    return html`<wa-button size="small" appearance="outlined" variant="danger" @click=${() => this.revoke(key)}
      >${keys.revoke}</wa-button
    >`;
  }

  private revoke({ id, name }: Key): void {
    const { keys } = this.texts.access;
    ask({
      title: keys.revokeTitle(name),
      text: keys.revokeText,
      submit: keys.revoke,
      danger: true,
      run: async () => {
        await act('delete', '/api/api-keys/{id}', { at: { id } });
        this.say(keys.revokedDone);
        this.load();
      },
    });
  }

  protected resume(): void {
    const kept = takeDraft('api-key');
    if (kept) this.create(kept.values);
  }

  protected create(values: Values = {}): void {
    const { texts } = this;
    const { keys } = texts.access;
    ask({
      title: keys.createTitle,
      form: 'api-key',
      values,
      submit: keys.createSubmit,
      fields: (typed) => this.fields(typed),
      run: async (typed, form) => {
        const scopes = chosen(form, 'scopes', keys.scopesMissing) as Scope[];
        const days = Number(typed['days'] ?? '');
        const expiresAt = days > 0 ? new Date(Date.now() + days * DAY).toISOString() : null;
        const requestsPerMinute = Number(typed['perMinute']) || null;
        const body = { name: typed['name'] ?? '', scopes, expiresAt, requestsPerMinute };
        const { data } = await act('post', '/api/api-keys', { body });
        this.load();
        return secretDialog(keys.shown(data.name), data.key, texts);
      },
    });
  }

  private fields(values: Values): TemplateResult {
    const { access } = this.texts;
    const { keys } = access;
    return html`<wa-input
        name="name"
        label=${access.name}
        hint=${keys.nameHint}
        required
        maxlength="100"
        autocomplete="off"
        autofocus
        .value=${values['name'] ?? ''}
      ></wa-input>
      ${choices('scopes', keys.scopes, Object.entries(keys.scopeTexts), values['scopes'])}
      <wa-input
        name="days"
        type="number"
        min="1"
        max="3650"
        label=${keys.days}
        hint=${keys.daysHint}
        .value=${values['days'] ?? ''}
      ></wa-input>
      <wa-input
        name="perMinute"
        type="number"
        min="1"
        max="100000"
        label=${keys.perMinute}
        .value=${values['perMinute'] ?? '600'}
      ></wa-input>`;
  }
}
customElements.define('console-keys', KeysPage);
