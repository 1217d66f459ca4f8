import { html, nothing, type TemplateResult } from 'lit';
import { act, get, type Entry } from '../kit/api.js';
import { ask } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { filters } from '../kit/filters.js';
import { badge, pageHead } from '../kit/page-parts.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { takeDraft } from '../kit/login.js';
import { moment } from '../kit/moments.js';
import { goTo } from '../kit/navigation.js';
import { pager } from '../kit/pager.js';
import { Remote } from '../kit/remote.js';
import { empty, shown } from '../kit/states.js';
import { accountFields, bodyOf, ROLES } from './account-fields.js';

type Person = Entry<'/api/users'>;
type People = { readonly data: readonly Person[]; readonly nextCursor: string | null };

/** `/admin/people`: all accounts, by search and filters. */
export class PeoplePage extends ConsolePage {
  private readonly people = new Remote<People>(this);
  private readonly table = new ListTable<Person>(this, 'people');
  private draftDue = true;

  get heading(): string {
    return this.texts.people.title;
  }

  load(): void {
    const { query } = this.place;
    const [role, active] = [query.get('role') as Person['role'] | null, query.get('isActive')];
    const isActive = active === null ? null : active === 'true';
    const asked = { search: query.get('search'), cursor: query.get('cursor'), role, isActive, limit: 25 };
    void this.people.load(() => get('/api/users', { query: asked }));
  }

  protected override updated(): void {
    super.updated();
    const draft = this.draftDue && this.mayChange ? takeDraft('person-new') : null;
    this.draftDue = false;
    if (draft) this.add(draft.values);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { people } = texts;
    const roles = ROLES.map((role) => [role, texts.roles[role]] as const);
    const states = [['true', people.active] as const, ['false', people.inactive] as const];
    const add = html`<wa-button variant="brand" @click=${() => this.add()}>
      <wa-icon slot="start" name="user-plus"></wa-icon>${people.add}
    </wa-button>`;
    return html`${pageHead(people.title, people.intro, this.mayChange ? add : nothing)}
    ${filters(
      this.place,
      [
        { name: 'search', label: people.search, hint: people.searchHint, type: 'search' },
        { name: 'role', label: people.role, options: roles },
        { name: 'isActive', label: people.state, options: states },
      ],
      texts,
    )}
    ${shown(
      this.people,
      texts,
      () => this.load(),
      (page) => this.list(page),
    )}`;
  }

  private list({ data, nextCursor }: People): TemplateResult {
    const { texts } = this;
    if (data.length === 0) return empty(texts.people.none, texts.people.noneHint);
    const columns = this.columns();
    return html`${this.table.render({ rows: data, columns, caption: texts.people.title, texts, key: ({ id }) => id })}
    ${pager(this.place, nextCursor, texts)}`;
  }

  private columns(): Column<Person>[] {
    const { people, roles } = this.texts;
    const none = html`<span class="quiet">–</span>`;
    return [
      {
        id: 'name',
        header: people.name,
        fixed: true,
        cell: ({ id, profile, username }) =>
          html`<a href="/admin/people/${id}">${profile.fullName || people.noName}</a>
            ${username === null ? nothing : html`<br /><span class="fine">${username}</span>`}`,
      },
      { id: 'phone', header: people.phone, cell: ({ phone }) => phone ?? none },
      {
        id: 'email',
        header: people.email,
        cell: ({ email }) => (email === null ? none : html`<span class="address">${email}</span>`),
      },
      { id: 'username', header: people.username, extra: true, cell: ({ username }) => username ?? none },
      { id: 'role', header: people.role, cell: ({ role }) => roles[role] },
      {
        id: 'state',
        header: people.state,
        cell: ({ isActive }) => (isActive ? badge(people.active, 'success') : badge(people.inactive, 'danger')),
      },
      {
        id: 'lastLogin',
        header: people.lastLogin,
        cell: ({ lastLoginAt: at }) =>
          at === null ? html`<span class="quiet">${people.lastLoginUnknown}</span>` : moment(at, this.language),
      },
    ];
  }

  private add(values = {}): void {
    const { texts } = this;
    ask({
      title: texts.people.addTitle,
      text: texts.people.addText,
      form: 'person-new',
      values,
      submit: texts.people.addSubmit,
      fields: (typed) => accountFields({ role: 'USER', ...typed }, texts),
      run: async (typed) => {
        const { data } = await act('post', '/api/users', { body: bodyOf(typed) });
        this.say(texts.people.added);
        goTo(`/admin/people/${data.id}`);
      },
    });
  }
}
customElements.define('console-people', PeoplePage);
