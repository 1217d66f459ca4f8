import { html, nothing, type TemplateResult } from 'lit';
import { download, type Path } from '../kit/api.js';
import { ConsolePage } from '../kit/console-page.js';
import { filters } from '../kit/filters.js';
import { pageHead } from '../kit/page-parts.js';
import { ListTable } from '../kit/list-table.js';
import { loginIsOver } from '../kit/login.js';
import { pager } from '../kit/pager.js';
import { failure, Remote } from '../kit/remote.js';
import { empty, sentenceOf, shown } from '../kit/states.js';
import { KINDS, logOf, type AnyLog, type Kind } from './kinds.js';

interface LogPage {
  readonly kind: Kind;
  readonly data: readonly { readonly id?: string; readonly name?: string }[];
  readonly nextCursor: string | null;
}

/** `/admin/logs/:kind`: what happened, by filters that the address holds. */
export class LogsPage extends ConsolePage {
  private readonly page = new Remote<LogPage>(this);
  private readonly tables = new Map<Kind, ListTable<never>>();
  private downloading = false;

  get heading(): string {
    return `${this.texts.logs.kinds[this.kind]} · ${this.texts.logs.title}`;
  }

  load(): void {
    const { kind } = this;
    if (this.page.value?.kind !== kind) this.page.clear();
    const log = this.log;
    const query = this.queryOf(log);
    void this.page.load(async () => ({
      kind,
      ...(await log.load({ ...query, cursor: this.place.query.get('cursor') })),
    }));
  }

  protected override render(): TemplateResult {
    const { texts, kind, log } = this;
    const { logs } = texts;
    const fields = log.filters(texts);
    return html`${pageHead(logs.title, logs.intros[kind], log.file === null || !this.mayChange ? nothing : this.csv(log.file))}
      <nav class="tabs" aria-label=${logs.kinds.label}>
        ${KINDS.map(
          (each) =>
            html`<a href="/admin/logs/${each}" aria-current=${each === kind ? 'page' : nothing}
              >${logs.kinds[each]}</a
            >`,
        )}
      </nav>
      ${fields.length === 0 ? nothing : filters(this.place, fields, texts)}
      ${shown(
        this.page,
        texts,
        () => this.load(),
        (page) => this.list(page, log),
      )}`;
  }

  private get kind(): Kind {
    return (this.place.parts['kind'] ?? 'audit') as Kind;
  }

  private get log(): AnyLog {
    return logOf(this.kind);
  }

  private queryOf(log: AnyLog): Record<string, string> {
    const given = log.filters(this.texts).map(({ name }) => [name, this.place.query.get(name) ?? ''] as const);
    return Object.fromEntries(given.filter(([, value]) => value !== ''));
  }

  private list({ data, nextCursor, kind }: LogPage, log: AnyLog): unknown {
    const { texts } = this;
    // What is there belongs to another log, whose answer is waited for.
    if (kind !== this.kind) return nothing;
    if (data.length === 0) {
      const isFiltered = Object.keys(this.queryOf(log)).length > 0;
      return isFiltered
        ? empty(texts.logs.none, texts.logs.noneHint)
        : empty(texts.logs.empty, texts.logs.intros[kind]);
    }
    const table = this.tables.get(kind) ?? new ListTable<never>(this, `log-${kind}`);
    this.tables.set(kind, table);
    const columns = log.columns(texts, this.language);
    const key = (row: { id?: string; name?: string }) => row.id ?? row.name ?? '';
    return html`${table.render({ rows: data as never[], columns: columns, caption: texts.logs.kinds[kind], texts, key })}
    ${pager(this.place, nextCursor, texts)}`;
  }

  private csv(path: Path): TemplateResult {
    const { table } = this.texts;
    return html`<wa-button appearance="outlined" ?loading=${this.downloading} @click=${() => void this.download(path)}>
      <wa-icon slot="start" name="arrow-down-tray"></wa-icon>${table.csv}
    </wa-button>`;
  }

  private async download(path: Path): Promise<void> {
    if (this.downloading) return;
    this.downloading = true;
    this.requestUpdate();
    this.say(this.texts.table.downloading, { stays: true });
    try {
      await download(path, this.queryOf(this.log), `${this.kind}.csv`, 'text/csv');
      this.say('');
    } catch (error) {
      if (loginIsOver(error)) return;
      this.say(sentenceOf(failure(error), this.texts), { stays: true });
    }
    this.downloading = false;
    this.requestUpdate();
  }
}
customElements.define('console-logs', LogsPage);
