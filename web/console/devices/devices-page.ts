import { html, nothing, type TemplateResult } from 'lit';
import { get, type Entry } from '../kit/api.js';
import { ask } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { pageHead } from '../kit/page-parts.js';
import { Live } from '../kit/live.js';
import { takeDraft } from '../kit/login.js';
import { pager } from '../kit/pager.js';
import { Remote } from '../kit/remote.js';
import { empty, shown } from '../kit/states.js';
import { AccountsTable } from './accounts-table.js';
import { createDialog, pairingDialog } from './linking.js';
import { providerCard } from './provider-card.js';

/** What providers say of themselves nobody tells: milliseconds between two looks, while somebody looks. */
const AGAIN = 15_000;

type Accounts = { readonly data: readonly Entry<'/api/sessions'>[]; readonly nextCursor: string | null };

/** `/admin/devices`: what sends, and how it does. */
export class DevicesPage extends ConsolePage {
  private readonly providers = new Remote<readonly Entry<'/api/admin/providers'>[]>(this);
  private readonly accounts = new Remote<Accounts>(this);
  private readonly table = new AccountsTable(this, {
    changed: () => this.loadAccounts(),
    say: (text) => this.say(text),
  });
  private readonly live = new Live(this, 'devices', () => {
    this.loadProviders(true);
    this.loadAccounts(true);
  });
  private timer: ReturnType<typeof setInterval> | undefined;
  private draftDue = true;

  get heading(): string {
    return this.texts.devices.title;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => {
      if (document.hidden) return;
      this.loadProviders(true);
      if (!this.live.isOn) this.loadAccounts(true);
    }, AGAIN);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  load(): void {
    this.loadProviders();
    this.loadAccounts();
  }

  private loadProviders(quietly = false): void {
    void this.providers.load(async () => (await get('/api/admin/providers')).data, quietly);
  }

  private loadAccounts(quietly = false): void {
    const cursor = this.place.query.get('cursor');
    void this.accounts.load(() => get('/api/sessions', { query: { cursor } }), quietly);
  }

  protected override updated(): void {
    super.updated();
    if (this.draftDue && this.mayChange) this.resume();
    this.draftDue = false;
  }

  /** Opens the form again that was open when the login ended. */
  private resume(): void {
    const created = takeDraft('device');
    if (created) this.create(created.values);
    const paired = takeDraft('pairing');
    const { id = '', name = '' } = paired?.began?.values ?? {};
    if (paired) ask(pairingDialog({ id, name }, this.texts, paired.values));
  }

  protected override render(): TemplateResult {
    const { texts, language } = this;
    const { devices } = texts;
    return html`${pageHead(devices.title, devices.intro)}
      <section aria-labelledby="providers">
        <h2 id="providers">${devices.providers}</h2>
        ${shown(
          this.providers,
          texts,
          () => this.load(),
          (all) =>
            all.length === 0
              ? empty(devices.noProviders, devices.noProvidersHint)
              : html`<div class="grid">
                  ${all.map((each, place) => providerCard(each, place + 1, devices, language))}
                </div>`,
        )}
      </section>
      <section aria-labelledby="accounts">
        <div class="section-head">
          <h2 id="accounts">${devices.accounts}</h2>
          ${
            this.mayChange
              ? html`<wa-button variant="brand" size="small" @click=${() => this.create()}>
                  <wa-icon slot="start" name="plus"></wa-icon>${devices.create}
                </wa-button>`
              : nothing
          }
        </div>
        ${shown(
          this.accounts,
          texts,
          () => this.loadAccounts(),
          (page) => this.list(page),
        )}
      </section>`;
  }

  private list({ data, nextCursor }: Accounts): TemplateResult {
    const { texts, language, mayChange } = this;
    if (data.length === 0) return empty(texts.devices.noAccounts, texts.devices.noAccountsHint);
    return html`${this.table.render(data, { texts, language, mayChange })} ${pager(this.place, nextCursor, texts)}`;
  }

  private create(values = {}): void {
    ask(createDialog(this.texts, values, () => this.loadAccounts()));
  }
}
customElements.define('console-devices', DevicesPage);
