import {
  BarController,
  BarElement,
  CategoryScale,
  Chart,
  Legend,
  LinearScale,
  Tooltip,
  type ChartOptions,
} from 'chart.js';
import { html, LitElement, type TemplateResult } from 'lit';
import { LOCALES, number } from '../kit/moments.js';
import type { Language } from '../texts/texts.js';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip, Legend);

interface Series {
  readonly name: string;
  /** Null: not known. */
  readonly values: readonly (number | null)[];
}

/** Bars, one for each series, with their numbers on hover; across, or upright for time. A table beside it shows the same. */
export class BarChart extends LitElement {
  static override properties = {
    labels: { attribute: false },
    ticks: { attribute: false },
    series: { attribute: false },
    language: {},
    upright: { type: Boolean },
  };
  declare labels: readonly string[];
  /** What the axis says in place of the labels, where these are too long for it. */
  declare ticks: readonly string[] | undefined;
  declare series: readonly Series[];
  declare language: Language;
  declare upright: boolean;
  private chart: Chart | null = null;
  private drawn = '';
  private readonly scheme = new MutationObserver(() => this.draw());

  constructor() {
    super();
    this.upright = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.scheme.observe(document.documentElement, { attributeFilter: ['class'] });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.scheme.disconnect();
    this.chart?.destroy();
    this.chart = null;
  }

  protected override render(): TemplateResult {
    return html`<div class="chart"><canvas aria-hidden="true"></canvas></div>`;
  }

  /** The same numbers are not drawn again: somebody may be reading one of them. */
  protected override updated(): void {
    const wanted = JSON.stringify([this.labels, this.ticks, this.series, this.language, this.upright]);
    if (this.chart === null || wanted !== this.drawn) this.draw();
    this.drawn = wanted;
  }

  private draw(): void {
    const canvas = this.querySelector('canvas');
    if (canvas === null || !this.isConnected) return;
    this.chart?.destroy();
    const style = getComputedStyle(this);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const [text, line] = [color('--text-quiet'), color('--edge')];
    const font = { family: style.fontFamily };
    const { labels } = this;
    const [names, counts] = this.upright ? (['x', 'y'] as const) : (['y', 'x'] as const);
    this.chart = new Chart(canvas, {
      type: 'bar',
      data: {
        labels: [...this.labels],
        datasets: this.series.map(({ name, values }, at) => ({
          label: name,
          data: [...values],
          backgroundColor: color(`--chart-${(at % 5) + 1}`),
          borderRadius: 4,
          maxBarThickness: 22,
        })),
      },
      options: {
        animation: false,
        indexAxis: names,
        responsive: true,
        maintainAspectRatio: false,
        locale: LOCALES[this.language],
        interaction: { mode: 'index', axis: names, intersect: false },
        plugins: {
          legend: { position: 'bottom', labels: { color: text, font, boxWidth: 12 } },
          tooltip: {
            callbacks: {
              title: ([item]) => labels[item?.dataIndex ?? 0] ?? '',
              label: ({ dataset, parsed }) => `${dataset.label}: ${number(parsed[counts] ?? 0, this.language)}`,
            },
          },
        },
        scales: this.scales(text, line),
      },
    });
  }

  /** @param text colour of the letters @param line colour of the grid */
  private scales(text: string, line: string): NonNullable<ChartOptions<'bar'>['scales']> {
    const { upright, labels, ticks: short = labels } = this;
    const ticks = { color: text, font: { family: getComputedStyle(this).fontFamily } };
    const names = {
      ticks: {
        ...ticks,
        maxRotation: 0,
        autoSkip: upright,
        autoSkipPadding: 16,
        callback: (_: unknown, at: number) => (upright ? (short[at] ?? '') : inLines(short[at] ?? '')),
      },
      grid: { display: false },
      border: { color: line },
    };
    const counts = {
      beginAtZero: true,
      ticks: { ...ticks, precision: 0 },
      grid: { color: line },
      border: { display: false },
    };
    return upright ? { x: names, y: counts } : { y: names, x: counts };
  }
}
customElements.define('bar-chart', BarChart);

/** Letters of a line beside the bars; more of them would leave no room for these on a phone. */
const LINE = 12;

function inLines(label: string): string[] {
  const lines: string[] = [];
  for (const word of label.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < LINE) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
