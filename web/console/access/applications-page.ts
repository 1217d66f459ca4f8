import '@awesome.me/webawesome/dist/components/textarea/textarea.js';
import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Entry } from '../kit/api.js';
import { ask, type Values } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { pageHead } from '../kit/heads.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { pager } from '../kit/pager.js';
import { Remote } from '../kit/remote.js';
import { secretDialog } from '../kit/secret.js';
import { empty, shown } from '../kit/states.js';
import { applicationFields, bodyOf, valuesOf } from './application-fields.js';

export type Application = Entry<'/api/oidc/clients'>;
type Applications = { readonly data: readonly Application[]; readonly nextCursor: string | null };

const DRAFT = 'application';

/** `/admin/applications`: what logs people in here. */
export class ApplicationsPage extends ConsolePage {
  private readonly applications = new Remote<Applications>(this);
  private readonly table = new ListTable<Application>(this, 'applications');
  private draftDue = true;

  get heading(): string {
    return this.texts.access.applications.title;
  }

  load(): void {
    const cursor = this.place.query.get('cursor');
    void this.applications.load(() => get('/api/oidc/clients', { query: { cursor } }));
  }

  protected override updated(): void {
    super.updated();
    const draft = this.draftDue && this.mayChange ? takeDraft(DRAFT) : null;
    this.draftDue = false;
    if (draft) this.create(draft);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { applications } = texts.access;
    const create = html`<wa-button variant="brand" @click=${() => this.create()}>
      <wa-icon slot="start" name="plus"></wa-icon>${applications.create}
    </wa-button>`;
    const columns = this.columns();
    return html`${pageHead(applications.title, applications.intro, this.mayChange ? create : nothing)}
    ${shown(
      this.applications,
      texts,
      () => this.load(),
      ({ data, nextCursor }) =>
        data.length === 0
          ? empty(applications.none, applications.noneHint)
          : html`${this.table.render({ rows: data, columns, caption: applications.title, texts, key: ({ id }) => id })}
            ${pager(this.place, nextCursor, texts)}`,
    )}`;
  }

  private columns(): Column<Application>[] {
    const { access } = this.texts;
    const { applications } = access;
    const columns: Column<Application>[] = [
      { id: 'name', header: access.name, fixed: true, cell: ({ name }) => html`<b>${name}</b>` },
      { id: 'kind', header: applications.kind, cell: ({ kind }) => applications.kinds[kind] },
      { id: 'id', header: applications.clientId, cell: ({ id }) => html`<code class="id">${id}</code>` },
      {
        id: 'redirects',
        header: applications.redirects,
        cell: ({ redirectUris }) =>
          redirectUris.length === 0
            ? html`<span class="quiet">–</span>`
            : redirectUris.map((address) => html`<span class="address">${address}</span><br />`),
      },
      { id: 'scopes', header: applications.scopes, extra: true, cell: ({ scopes }) => scopes.join(' ') },
      {
        id: 'consent',
        header: applications.consent,
        cell: ({ firstParty }) => (firstParty ? applications.asksNot : applications.asks),
      },
      { id: 'created', header: access.created, extra: true, cell: ({ createdAt }) => moment(createdAt, this.language) },
    ];
    if (!this.mayChange) return columns;
    return [...columns, { id: 'actions', header: access.actions, fixed: true, cell: (row) => this.actions(row) }];
  }

  private actions(row: Application): TemplateResult {
    const { applications } = this.texts.access;
    const button = (label: string, run: () => void, variant = 'neutral') =>
      html`<wa-button size="small" appearance="outlined" variant=${variant} @click=${run}>${label}</wa-button>`;
    return html`<div class="row-actions">
      ${button(applications.edit, () => this.edit(row))}
      ${row.kind === 'web' ? button(applications.rotate, () => this.rotate(row)) : nothing}
      ${button(applications.remove, () => this.discard(row), 'danger')}
    </div>`;
  }

  private create(values: Values = {}): void {
    const { texts } = this;
    const { applications } = texts.access;
    ask({
      title: applications.createTitle,
      form: DRAFT,
      values,
      submit: applications.createSubmit,
      fields: (typed) => applicationFields(typed, texts, true),
      run: async (typed) => {
        const kind = (typed['kind'] ?? 'web') as Application['kind'];
        const { data } = await act('post', '/api/oidc/clients', { body: { kind, ...bodyOf(typed, null) } });
        this.load();
        if (data.secret !== null) return secretDialog(applications.secret(data.name), data.secret, texts);
        this.say(applications.registered);
        return undefined;
      },
    });
  }

  private edit(row: Application): void {
    const { texts } = this;
    const { applications } = texts.access;
    ask({
      title: applications.editTitle(row.name),
      form: `${DRAFT} ${row.id}`,
      values: valuesOf(row),
      submit: applications.editSubmit,
      fields: (typed) => applicationFields(typed, texts, false),
      run: async (typed) => {
        await act('patch', '/api/oidc/clients/{id}', { at: { id: row.id }, body: bodyOf(typed, row) });
        this.say(applications.saved);
        this.load();
      },
    });
  }

  private rotate({ id, name }: Application): void {
    const { texts } = this;
    const { applications } = texts.access;
    ask({
      title: applications.rotateTitle(name),
      text: applications.rotateText,
      submit: applications.rotate,
      danger: true,
      run: async () => {
        const { data } = await act('post', '/api/oidc/clients/{id}/secret', { at: { id } });
        return secretDialog(applications.secret(name), data.secret, texts);
      },
    });
  }

  private discard({ id, name }: Application): void {
    const { applications } = this.texts.access;
    ask({
      title: applications.removeTitle(name),
      text: applications.removeText,
      submit: applications.remove,
      danger: true,
      run: async () => {
        await act('delete', '/api/oidc/clients/{id}', { at: { id } });
        this.say(applications.removed);
        this.load();
      },
    });
  }
}
customElements.define('console-applications', ApplicationsPage);
