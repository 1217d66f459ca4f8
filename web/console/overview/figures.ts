import { html, nothing, type TemplateResult } from 'lit';
import { duration, moment, number, percent } from '../kit/moments.js';
import { empty } from '../kit/states.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import './bar-chart.js';
import { partName, shortPartName } from './part-names.js';
import type { Overview } from './overview.js';
import { numbers, type Column } from './number-table.js';

const STAGES = ['requested', 'accepted', 'sent', 'delivered', 'read', 'verified', 'failed'] as const;
/** What is drawn over time: more bars could not be told apart on a phone. */
const OVER_TIME = ['requested', 'verified', 'failed'] as const;
const KINDS = ['wrongCodes', 'wrongPasswords', 'lockouts', 'limited', 'other', 'unsorted'] as const;
const OTHERS = ['waiting', 'unknown', 'expired'] as const;

/** Everything that the overview counts: tiles, charts, and tables with the same numbers. */
export function figuresOf(figures: Overview, texts: ConsoleTexts, language: Language): TemplateResult {
  const { overview } = texts;
  const { funnel } = figures;
  const codes =
    funnel.requested === 0
      ? empty(overview.nothing, overview.hint)
      : html`${way(figures, texts, language)} ${providers(figures, texts, language)}
        ${failures(figures, texts, language)} ${overTime(figures, texts, language)}`;
  return html`${tiles(figures, texts, language)} ${codes} ${refused(figures, texts, language)}`;
}

function tiles(
  { funnel, p95AcceptMs, p95DeliverMs, spend }: Overview,
  texts: ConsoleTexts,
  language: Language,
): TemplateResult {
  const { overview } = texts;
  const took = (ms: number | null) =>
    ms === null ? html`<span class="quiet">${overview.noFigure}</span>` : duration(ms, language);
  const share = funnel.requested === 0 ? nothing : percent(funnel.verified / funnel.requested, language);
  return html`<dl class="tiles">
    ${tile(overview.stages.requested, number(funnel.requested, language))}
    ${tile(overview.stages.verified, number(funnel.verified, language), share)}
    ${tile(overview.p95Accept, took(p95AcceptMs))} ${tile(overview.p95Deliver, took(p95DeliverMs))}
    ${tile(
      overview.spend,
      overview.spendOf(number(spend.used, language), number(spend.cap, language)),
      html`<progress max=${spend.cap} value=${spend.used} aria-label=${overview.spend}></progress>
        ${spend.endsAt === null ? overview.spendNone : html`${overview.spendEnds} ${moment(spend.endsAt, language)}`}`,
    )}
  </dl>`;
}

const tile = (name: string, value: unknown, more: unknown = nothing): TemplateResult =>
  html`<div class="tile">
    <dt>${name}</dt>
    <dd><b>${value}</b> ${more === nothing ? nothing : html`<span class="fine">${more}</span>`}</dd>
  </div>`;

function way({ funnel, providers: asked }: Overview, { overview }: ConsoleTexts, language: Language): TemplateResult {
  const series = [
    { name: overview.all, values: STAGES.map((stage) => funnel[stage]) },
    ...asked.map((each) => ({ name: each.provider, values: STAGES.map((stage) => each[stage]) })),
  ];
  return html`<section class="card" aria-labelledby="way">
    <h2 id="way">${overview.chart}</h2>
    <bar-chart
      .labels=${STAGES.map((stage) => overview.stages[stage])}
      .series=${series}
      .language=${language}
      aria-label=${overview.chartLabel}
      role="img"
    ></bar-chart>
    <p class="fine">
      ${overview.hint}
      ${OTHERS.filter((state) => funnel[state] > 0).map(
        (state) => html`<span>${overview.others[state]}: ${number(funnel[state], language)}.</span> `,
      )}
    </p>
  </section>`;
}

function providers(figures: Overview, texts: ConsoleTexts, language: Language): TemplateResult {
  const { overview } = texts;
  const all = {
    provider: overview.all,
    ...figures.funnel,
    p95AcceptMs: figures.p95AcceptMs,
    p95DeliverMs: figures.p95DeliverMs,
  };
  type Row = Omit<typeof all, 'waiting' | 'unknown' | 'expired'>;
  const columns: Column<Row>[] = [
    { header: overview.provider, cell: ({ provider }) => html`<b>${provider}</b>`, isName: true },
    ...STAGES.map((stage) => ({
      header: overview.stages[stage],
      cell: (row: Row) => counted(row[stage], stage === 'requested' ? 0 : row.requested, texts, language),
    })),
    { header: overview.p95Accept, cell: ({ p95AcceptMs: ms }) => took(ms, texts, language) },
    { header: overview.p95Deliver, cell: ({ p95DeliverMs: ms }) => took(ms, texts, language) },
  ];
  return html`<section aria-labelledby="providers">
    <h2 id="providers">${overview.table}</h2>
    <p class="fine words">${overview.tableHint}</p>
    ${numbers([all, ...figures.providers], columns, overview.table)}
  </section>`;
}

function counted(count: number | null, of: number, { overview, states }: ConsoleTexts, language: Language): unknown {
  if (count === null) return html`<span class="quiet">${states.unknown}</span>`;
  const share =
    of === 0
      ? nothing
      : html` <span class="fine share" title=${overview.share}>${percent(count / of, language)}</span>`;
  return html`${number(count, language)}${share}`;
}

const took = (ms: number | null, { overview }: ConsoleTexts, language: Language): unknown =>
  ms === null ? html`<span class="quiet">${overview.noFigure}</span>` : duration(ms, language);

function failures({ failures: failed }: Overview, texts: ConsoleTexts, language: Language): TemplateResult {
  const { overview, people, states } = texts;
  const said = (reason: string | null) => (reason === null ? states.unknown : (people.reasons[reason] ?? reason));
  return html`<section aria-labelledby="failures">
    <h2 id="failures">${overview.failures}</h2>
    ${
      failed.length === 0
        ? html`<p class="quiet">${overview.noFailures}</p>`
        : numbers(
            failed,
            [
              { header: overview.reason, cell: ({ reason }) => said(reason), isName: true },
              { header: overview.codes, cell: ({ codes }) => number(codes, language) },
            ],
            overview.failures,
          )
    }
  </section>`;
}

function overTime(figures: Overview, { overview, states }: ConsoleTexts, language: Language): TemplateResult {
  const { series, part, timezone } = figures;
  const name = (at: string) => partName(at, part, timezone, language);
  const tick = (at: string) => shortPartName(at, part, timezone, language);
  const shown = (count: number | null) =>
    count === null ? html`<span class="quiet">${states.unknown}</span>` : number(count, language);
  const stages = STAGES.filter((stage) => stage !== 'sent');
  return html`<section class="card" aria-labelledby="time">
    <h2 id="time">${overview.time[part]}</h2>
    <bar-chart
      upright
      .labels=${series.map(({ at }) => name(at))}
      .ticks=${series.map(({ at }) => tick(at))}
      .series=${OVER_TIME.map((stage) => ({ name: overview.stages[stage], values: series.map((row) => row[stage]) }))}
      .language=${language}
      aria-label=${overview.timeLabel}
      role="img"
    ></bar-chart>
    ${asTable(
      overview.sameNumbers,
      numbers(
        series,
        [
          { header: overview.at[part], cell: ({ at }) => name(at), isName: true },
          ...stages.map((stage) => ({
            header: overview.stages[stage],
            cell: (row: (typeof series)[number]) => shown(row[stage]),
          })),
        ],
        overview.time[part],
        true,
      ),
    )}
  </section>`;
}

function refused(figures: Overview, { overview }: ConsoleTexts, language: Language): TemplateResult {
  const { refused: counts, refusals } = figures;
  const total = KINDS.reduce((sum, kind) => sum + counts[kind], 0);
  const shown = KINDS.filter((kind) => kind !== 'unsorted' || counts.unsorted > 0);
  const more = (kind: string) => (kind === 'unsorted' ? overview.unsortedHint : nothing);
  const columns: Column<Overview['refusals'][number]>[] = [
    { header: overview.event, cell: ({ event }) => html`<code>${event}</code>`, isName: true },
    { header: overview.code, cell: ({ code }) => (code === null ? '–' : html`<code>${code}</code>`), isText: true },
    { header: overview.count, cell: ({ count }) => number(count, language) },
  ];
  const all = html`<dl class="tiles">
      ${shown.map((kind) => tile(overview.refusedKinds[kind], number(counts[kind], language), more(kind)))}
    </dl>
    ${refusedOverTime(figures, overview, language)} ${numbers(refusals, columns, overview.refused)}`;
  return html`<section class="card" aria-labelledby="refused">
    <h2 id="refused">${overview.refused}</h2>
    <p class="fine">${overview.refusedIntro}</p>
    ${total === 0 ? html`<p>${overview.noRefusals}</p>` : all}
  </section>`;
}

function refusedOverTime(
  { series, part, timezone, refused: counts }: Overview,
  overview: ConsoleTexts['overview'],
  language: Language,
): TemplateResult {
  type Row = Overview['series'][number];
  const name = (at: string) => partName(at, part, timezone, language);
  const columns: Column<Row>[] = [
    { header: overview.at[part], cell: ({ at }) => name(at), isName: true },
    ...KINDS.map((kind) => ({ header: overview.refusedKinds[kind], cell: (row: Row) => number(row[kind], language) })),
  ];
  const drawn = KINDS.filter((kind) => counts[kind] > 0);
  const tick = (at: string) => shortPartName(at, part, timezone, language);
  return html`<bar-chart
      upright
      .labels=${series.map(({ at }) => name(at))}
      .ticks=${series.map(({ at }) => tick(at))}
      .series=${drawn.map((kind) => ({ name: overview.refusedKinds[kind], values: series.map((row) => row[kind]) }))}
      .language=${language}
      aria-label=${overview.timeLabel}
      role="img"
    ></bar-chart>
    ${asTable(overview.sameNumbers, numbers(series, columns, overview.time[part], true))}`;
}

const asTable = (title: string, table: TemplateResult): TemplateResult =>
  html`<details class="same">
    <summary>${title}</summary>
    ${table}
  </details>`;
