import { html, nothing, type TemplateResult } from 'lit';
import { get, type Answer } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { badge, pageHead } from '../kit/page-parts.js';
import { ListTable } from '../kit/list-table.js';
import { moment } from '../kit/moments.js';
import { Remote } from '../kit/remote.js';
import { empty, shown } from '../kit/states.js';
import { KINDS, type Kind } from './kinds.js';
import { settingsList, type Setting } from './settings-list.js';
import { templateCard, type Template } from './template-card.js';

type TestNumbers = Answer<'/api/admin/test-numbers', 'get'>['data'];
type SigningKeys = Answer<'/api/admin/signing-keys', 'get'>['data'];
type Key = SigningKeys['keys'][number];

/** `/admin/settings` and its neighbours: what the service runs with. It is set in the environment, and read here. */
export class SettingsPage extends ConsolePage {
  private readonly settings = new Remote<readonly Setting[]>(this);
  private readonly templates = new Remote<readonly Template[]>(this);
  private readonly numbers = new Remote<TestNumbers>(this);
  private readonly keys = new Remote<SigningKeys>(this);
  private readonly numbersTable = new ListTable<TestNumbers['numbers'][number]>(this, 'test-numbers');
  private readonly keysTable = new ListTable<Key>(this, 'signing-keys');
  private wanted = { search: '', changed: false };

  get heading(): string {
    return this.texts.settings.kinds[this.kind];
  }

  load(): void {
    switch (this.kind) {
      case 'settings':
        return void this.settings.load(async () => (await get('/api/admin/settings')).data);
      case 'templates':
        return void this.templates.load(async () => (await get('/api/admin/templates')).data);
      case 'test-numbers':
        return void this.numbers.load(async () => (await get('/api/admin/test-numbers')).data);
      case 'signing-keys':
        return void this.keys.load(async () => (await get('/api/admin/signing-keys')).data);
    }
  }

  protected override render(): TemplateResult {
    const { settings } = this.texts;
    return html`${pageHead(this.heading, settings.intros[this.kind])}
      <nav class="tabs" aria-label=${settings.title}>
        ${KINDS.map(
          (kind) =>
            html`<a href="/admin/${kind}" aria-current=${kind === this.kind ? 'page' : nothing}
              >${settings.kinds[kind]}</a
            >`,
        )}
      </nav>
      ${this.content()}`;
  }

  private get kind(): Kind {
    return KINDS.find((kind) => kind === this.place.parts['kind']) ?? 'settings';
  }

  private content(): unknown {
    const { texts } = this;
    const retry = () => this.load();
    switch (this.kind) {
      case 'settings':
        return shown(this.settings, texts, retry, (all) => this.searched(all));
      case 'templates':
        return shown(this.templates, texts, retry, (all) => all.map((each) => templateCard(each, texts)));
      case 'test-numbers':
        return shown(this.numbers, texts, retry, (all) => this.testNumbers(all));
      case 'signing-keys':
        return shown(this.keys, texts, retry, (all) => this.signingKeys(all));
    }
  }

  private searched(all: readonly Setting[]): TemplateResult {
    const { settings } = this.texts;
    const wish = (more: Partial<typeof this.wanted>) => {
      this.wanted = { ...this.wanted, ...more };
      this.requestUpdate();
    };
    return html`<form class="filters" role="search" @submit=${(event: Event) => event.preventDefault()}>
        <wa-input
          type="search"
          label=${settings.search}
          placeholder="OTP"
          autocomplete="off"
          with-clear
          .value=${this.wanted.search}
          @input=${(event: Event) => wish({ search: (event.target as HTMLInputElement).value })}
        ></wa-input>
        <wa-checkbox
          .checked=${this.wanted.changed}
          @change=${(event: Event) => wish({ changed: (event.target as HTMLInputElement).checked })}
          >${settings.onlySet}</wa-checkbox
        >
      </form>
      ${settingsList(all, this.wanted, this.texts)}`;
  }

  private testNumbers({ until, numbers }: TestNumbers): TemplateResult {
    const { texts, language } = this;
    const { settings } = texts;
    if (until === null) return empty(settings.noNumbers, settings.noNumbersHint);
    return html`<p>${settings.until} ${moment(until, language)}</p>
      ${this.numbersTable.render({
        rows: numbers,
        texts,
        caption: settings.kinds['test-numbers'],
        key: ({ phone }) => phone,
        columns: [
          { id: 'phone', header: settings.phone, fixed: true, cell: ({ phone }) => html`<code>${phone}</code>` },
          { id: 'outcome', header: settings.outcome, fixed: true, cell: ({ outcome }) => settings.outcomes[outcome] },
          {
            id: 'inForce',
            header: settings.inForce,
            cell: ({ inForce }) => (inForce ? badge(settings.counts, 'success') : badge(settings.countsNot, 'neutral')),
          },
        ],
      })}`;
  }

  private signingKeys({ algorithm, keys }: SigningKeys): TemplateResult {
    const { texts, language } = this;
    const { settings } = texts;
    if (algorithm === 'HS256') return empty(settings.noKeys, settings.noKeysHint);
    const at = (iso: string | null) => (iso === null ? html`<span class="quiet">–</span>` : moment(iso, language));
    const tones = { NEXT: 'warning', ACTIVE: 'success', RETIRED: 'neutral' } as const;
    return this.keysTable.render({
      rows: keys,
      texts,
      caption: settings.kinds['signing-keys'],
      key: ({ kid }) => kid,
      columns: [
        { id: 'kid', header: settings.kid, fixed: true, cell: ({ kid }) => html`<code class="id">${kid}</code>` },
        {
          id: 'state',
          header: settings.state,
          fixed: true,
          cell: ({ state }) => badge(settings.keyStates[state], tones[state]),
        },
        { id: 'algorithm', header: settings.algorithm, cell: (key) => key.algorithm },
        { id: 'created', header: settings.created, cell: ({ createdAt }) => at(createdAt) },
        { id: 'from', header: settings.signsFrom, cell: ({ signsFrom }) => at(signsFrom) },
        { id: 'until', header: settings.signsUntil, cell: ({ signsUntil }) => at(signsUntil) },
        { id: 'removed', header: settings.removed, cell: ({ removedAt }) => at(removedAt) },
      ],
    });
  }
}
customElements.define('console-settings', SettingsPage);
