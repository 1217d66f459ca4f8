import { html, type TemplateResult } from 'lit';
import { get, type Entry } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { pageHead } from '../kit/page-parts.js';
import { Live } from '../kit/live.js';
import { moment, number } from '../kit/moments.js';
import { Remote } from '../kit/remote.js';
import { shown } from '../kit/states.js';
import { figuresOf } from './figures.js';
import type { Overview } from './overview.js';

type Provider = Entry<'/api/admin/providers'>;

const DOWN = ['danger', 'x-circle'] as const;
const PARTLY = ['warning', 'exclamation-triangle'] as const;
const WORKS = ['success', 'check-circle'] as const;

/** A zone as the service takes it. A browser without one counts by UTC, as the page then says. */
const ZONE = /^(?:UTC|[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+){1,2})$/;

function ownZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return ZONE.test(timeZone) ? timeZone : 'UTC';
}

/** `/admin/overview`: whether sending works, how codes fare, and who was refused; live. */
export class OverviewPage extends ConsolePage {
  private readonly overview = new Remote<Overview>(this);
  private readonly providers = new Remote<readonly Provider[]>(this);
  private readonly live = new Live(this, 'overview', () => this.read(true));
  private asked = '';

  get heading(): string {
    return this.texts.overview.title;
  }

  load(): void {
    this.read(false);
  }

  private read(quietly: boolean): void {
    const range = this.range;
    // Figures of another range are not those that were asked for.
    if (range !== this.asked) this.overview.clear();
    this.asked = range;
    const query = { range, timezone: ownZone() };
    void this.overview.load(async () => (await get('/api/admin/overview', { query })).data, quietly);
    void this.providers.load(async () => (await get('/api/admin/providers')).data, quietly);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { overview } = texts;
    const again = () => this.load();
    return html`${pageHead(overview.title, overview.intro)}
      ${shown(this.providers, texts, again, (all) => this.health(all))}
      <nav class="tabs" aria-label=${overview.span}>
        ${Object.entries(overview.spans).map(
          ([range, label]) =>
            html`<a href="/admin/overview?range=${range}" aria-current=${range === this.range ? 'page' : 'false'}
              >${label}</a
            >`,
        )}
      </nav>
      ${shown(this.overview, texts, again, (figures) => this.figures(figures))}`;
  }

  private get range(): Overview['range'] {
    const asked = this.place.query.get('range') ?? 'today';
    return Object.hasOwn(this.texts.overview.spans, asked) ? (asked as Overview['range']) : 'today';
  }

  private figures(figures: Overview): TemplateResult {
    const { texts, language } = this;
    const { overview } = texts;
    return html`<p class="fine since">
        <span>${overview.from} ${moment(figures.from, language)}, ${overview.zone(figures.timezone)}</span>
        <span class="live ${this.live.isOn ? 'on' : ''}">${this.live.isOn ? overview.live : overview.notLive}</span>
      </p>
      ${figuresOf(figures, texts, language)}`;
  }

  private health(all: readonly Provider[]): TemplateResult {
    const { overview } = this.texts;
    const up = all.filter(({ state, breaker }) => state === 'connected' && breaker !== 'open').length;
    const [tone, icon] = up === 0 ? DOWN : up < all.length ? PARTLY : WORKS;
    return html`<wa-callout variant=${tone} class="why">
      <wa-icon slot="icon" name=${icon}></wa-icon>
      <h2>${overview.whatsapp}</h2>
      <p>${this.answer(up, all.length)} <a href="/admin/devices">${overview.toDevices}</a></p>
    </wa-callout>`;
  }

  private answer(up: number, all: number): string {
    const { overview } = this.texts;
    const said = (count: number) => number(count, this.language);
    if (all === 0) return overview.noProvider;
    if (up === 0) return overview.down;
    return up < all ? overview.partly(said(up), said(all)) : overview.works(said(up));
  }
}
customElements.define('console-overview', OverviewPage);
