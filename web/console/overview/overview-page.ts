import { html, type TemplateResult } from 'lit';
import { get, type Answer, type Entry } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { pageHead } from '../kit/heads.js';
import { moment, number, percent } from '../kit/moments.js';
import { Remote } from '../kit/remote.js';
import { empty, shown } from '../kit/states.js';
import './stage-chart.js';

type Funnel = Answer<'/api/admin/delivery', 'get'>['data'];
type Provider = Entry<'/api/admin/providers'>;

const STAGES = ['requested', 'accepted', 'sent', 'delivered', 'read', 'verified', 'failed'] as const;

/** Stages that only a receipt tells of. */
const RECEIPTS: ReadonlySet<string> = new Set(['sent', 'delivered', 'read']);

const DOWN = ['danger', 'x-circle'] as const;
const PARTLY = ['warning', 'exclamation-triangle'] as const;
const WORKS = ['success', 'check-circle'] as const;

interface Row {
  readonly name: string;
  readonly counts: readonly (number | null)[];
}

const DAY = 86_400_000;

/** `/admin/overview`: whether sending works, and how far codes come. */
export class OverviewPage extends ConsolePage {
  private readonly funnel = new Remote<Funnel>(this);
  private readonly providers = new Remote<readonly Provider[]>(this);

  get heading(): string {
    return this.texts.overview.title;
  }

  load(): void {
    const from = new Date(Date.now() - Number(this.days) * DAY).toISOString();
    void this.funnel.load(async () => (await get('/api/admin/delivery', { query: { from } })).data);
    void this.providers.load(async () => (await get('/api/admin/providers')).data);
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const { overview } = texts;
    return html`${pageHead(overview.title, overview.intro)}
      ${shown(
        this.providers,
        texts,
        () => this.load(),
        (all) => this.health(all),
      )}
      <nav class="tabs" aria-label=${overview.span}>
        ${Object.entries(overview.spans).map(
          ([days, label]) =>
            html`<a href="/admin/overview?days=${days}" aria-current=${days === this.days ? 'page' : 'false'}
              >${label}</a
            >`,
        )}
      </nav>
      ${shown(
        this.funnel,
        texts,
        () => this.load(),
        (funnel) => this.figures(funnel),
      )}`;
  }

  private get days(): string {
    const asked = this.place.query.get('days') ?? '1';
    return asked in this.texts.overview.spans ? asked : '1';
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

  private figures(funnel: Funnel): TemplateResult {
    const { texts, language } = this;
    const { overview } = texts;
    const since = html`<p class="fine">${overview.from} ${moment(funnel.from, language)}</p>`;
    if (funnel.all.requested === 0) return html`${since}${empty(overview.nothing, overview.hint)}`;
    const labels = STAGES.map((stage) => overview.stages[stage]);
    const rows = this.rows(funnel);
    const series = rows.map(({ name, counts }) => ({ name, values: counts }));
    return html`${since}
      <section class="card" aria-labelledby="way">
        <h2 id="way">${overview.chart}</h2>
        <stage-chart
          .labels=${labels}
          .series=${series}
          .language=${language}
          aria-label=${overview.chartLabel}
          role="img"
        ></stage-chart>
        <p class="fine">${overview.hint}</p>
      </section>
      <section aria-labelledby="numbers">
        <h2 id="numbers">${overview.table}</h2>
        ${this.table(rows)}
      </section>`;
  }

  /** Counts by stage. Null: not known, because nobody reports it. */
  private rows({ all, providers }: Funnel): readonly Row[] {
    const senders = new Map((this.providers.value ?? []).map((each) => [each.provider, each.sendsReceipts]));
    // A provider that is not in use any more may have sent receipts; what it has reported, it has.
    const reports = (name: string, count: number) => count > 0 || senders.get(name) === true;
    const someReport = [...senders.values()].some(Boolean);
    return [
      {
        name: this.texts.overview.all,
        counts: STAGES.map((stage) => (RECEIPTS.has(stage) && all[stage] === 0 && !someReport ? null : all[stage])),
      },
      ...providers.map((each) => ({
        name: each.provider,
        counts: STAGES.map((stage) =>
          RECEIPTS.has(stage) && !reports(each.provider, each[stage]) ? null : each[stage],
        ),
      })),
    ];
  }

  private table(rows: readonly Row[]): TemplateResult {
    const { overview } = this.texts;
    return html`<div class="list" tabindex="0" role="group" aria-label=${overview.table}>
      <table role="table" class="cards">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">${overview.provider}</th>
            ${STAGES.map((stage) => html`<th role="columnheader" scope="col" class="numeric">${overview.stages[stage]}</th>`)}
          </tr>
        </thead>
        <tbody role="rowgroup">
          ${rows.map(
            ({ name, counts }) =>
              html`<tr role="row">
                <td role="cell" data-label=${overview.provider}><b>${name}</b></td>
                ${STAGES.map((stage, at) => this.cell(counts[at] ?? null, counts[0] ?? 0, stage))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  private cell(count: number | null, requested: number, stage: (typeof STAGES)[number]): TemplateResult {
    const { overview, states } = this.texts;
    const share =
      stage === 'requested' || requested === 0 || count === null
        ? ''
        : html` <span class="fine" title=${overview.share}>${percent(count / requested, this.language)}</span>`;
    return html`<td role="cell" class="numeric" data-label=${overview.stages[stage]}>
      <div>
        ${count === null ? html`<span class="quiet">${states.unknown}</span>` : number(count, this.language)}${share}
      </div>
    </td>`;
  }
}
customElements.define('console-overview', OverviewPage);
