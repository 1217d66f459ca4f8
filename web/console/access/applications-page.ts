import '@awesome.me/webawesome/dist/components/textarea/textarea.js';
import { html, nothing, type TemplateResult } from 'lit';
import { act, get, getTagged, MasukError, type Entry } from '../kit/api.js';
import { copyableId } from '../kit/copyable.js';
import { conflict, merged } from '../kit/conflict.js';
import { ask, redraw, type Values } from '../kit/console-dialog.js';
import type { Column } from '../kit/list-table.js';
import { loginIsOver, takeDraft, type Beginning } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { failure } from '../kit/remote.js';
import { secretDialog } from '../kit/secret.js';
import { sentenceOf } from '../kit/states.js';
import { applicationFields, bodyOf, changesOf, fieldsIn, valuesOf } from './application-fields.js';
import { CreatedListPage } from './created-list-page.js';

export type Application = Entry<'/api/oidc/clients'>;

/** `/admin/applications`: what logs people in here. */
export class ApplicationsPage extends CreatedListPage<Application> {
  protected get words() {
    return this.texts.access.applications;
  }

  protected entries(cursor: string | null) {
    return get('/api/oidc/clients', { query: { cursor } });
  }

  protected columns(): Column<Application>[] {
    const { access } = this.texts;
    const { applications } = access;
    return [
      { id: 'name', header: access.name, fixed: true, cell: ({ name }) => html`<b>${name}</b>` },
      {
        id: 'kind',
        header: applications.kind,
        cell: ({ kind, firstParty }) =>
          html`${applications.kinds[kind]}<br /><span class="fine"
              >${applications.consent}: ${firstParty ? applications.asksNot : applications.asks}</span
            >`,
      },
      { id: 'id', header: applications.clientId, cell: ({ id, name }) => copyableId(id, name, this.texts) },
      {
        id: 'redirects',
        header: applications.redirects,
        cell: ({ redirectUris }) =>
          redirectUris.length === 0
            ? html`<span class="quiet">–</span>`
            : redirectUris.map((address) => html`<span class="address">${address}</span><br />`),
      },
      { id: 'scopes', header: applications.scopes, extra: true, cell: ({ scopes }) => scopes.join(' ') },
      { id: 'created', header: access.created, extra: true, cell: ({ createdAt }) => moment(createdAt, this.language) },
    ];
  }

  protected actions(row: Application): TemplateResult {
    const { applications } = this.texts.access;
    const button = (label: string, run: () => void, variant = 'neutral') =>
      html`<wa-button size="small" appearance="outlined" variant=${variant} @click=${run}>${label}</wa-button>`;
    return html`<div class="row-actions">
      ${button(applications.edit, () => void this.edit(row))}
      ${row.kind === 'web' ? button(applications.rotate, () => this.rotate(row)) : nothing}
      ${button(applications.remove, () => this.discard(row), 'danger')}
    </div>`;
  }

  protected resume(): void {
    const kept = takeDraft('application');
    if (kept) this.create({ scopes: '', ...kept.values });
    const changed = takeDraft('application-change');
    if (changed?.began) this.change(changed.began, { scopes: '', ...changed.values });
  }

  protected create(values: Values = {}): void {
    const { texts } = this;
    const { applications } = texts.access;
    ask({
      title: applications.createTitle,
      form: 'application',
      values,
      submit: applications.createSubmit,
      fields: (typed) => applicationFields(typed, texts, true),
      run: async (typed) => {
        const kind = (typed['kind'] ?? 'web') as Application['kind'];
        const { data } = await act('post', '/api/oidc/clients', { body: { kind, ...bodyOf(typed) } });
        this.load();
        if (data.secret !== null) return secretDialog(applications.secret(data.name), data.secret, texts);
        this.say(applications.registered);
        return undefined;
      },
    });
  }

  /** Begins with the application as it is now: the list may be older. */
  private async edit({ id }: Application): Promise<void> {
    try {
      const began = await beginning(id);
      this.change(began, began.values);
    } catch (error) {
      if (!loginIsOver(error)) this.say(sentenceOf(failure(error), this.texts));
    }
  }

  /** @param values what the form holds: what it began with, or what was typed before the login ended */
  private change(beginsWith: Beginning, values: Values): void {
    const { texts } = this;
    const { applications } = texts.access;
    const fields = fieldsIn(texts);
    const { id = '', name = '' } = beginsWith.values;
    let began = beginsWith;
    let versions: unknown;
    const title = applications.editTitle(name);
    ask({
      title,
      form: 'application-change',
      values,
      began: () => began,
      submit: applications.editSubmit,
      fields: (typed) => applicationFields(typed, texts, false),
      run: async (typed) => {
        const headers = began.tag === null ? {} : { 'if-match': began.tag };
        const body = changesOf(fields, began.values, typed);
        try {
          await act('patch', '/api/oidc/clients/{id}', { at: { id }, body, headers });
        } catch (error) {
          if (error instanceof MasukError && error.code === 'application_changed') {
            const now = await beginning(id);
            versions = conflict(applications.conflict, fields, [began.values, typed, now.values], texts);
            redraw({ title, values: merged(fields, began.values, typed, now.values) });
            began = now;
          }
          throw error;
        }
        this.say(applications.saved);
        this.load();
      },
      problem: ({ code }) => (code === 'application_changed' ? versions : undefined),
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
async function beginning(id: string): Promise<Beginning> {
  const { body, tag } = await getTagged('/api/oidc/clients/{id}', { at: { id } });
  return { tag, values: valuesOf(body.data) };
}
customElements.define('console-applications', ApplicationsPage);
