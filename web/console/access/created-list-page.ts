import { html, nothing, type TemplateResult } from 'lit';
import type { Values } from '../kit/console-dialog.js';
import { ConsolePage } from '../kit/console-page.js';
import { pageHead } from '../kit/page-parts.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { pager } from '../kit/pager.js';
import { Remote } from '../kit/remote.js';
import { empty, shown } from '../kit/states.js';

interface ListPart<Row> {
  readonly data: readonly Row[];
  readonly nextCursor: string | null;
}

/** What such a page says of its list as a whole. */
interface ListWords {
  readonly title: string;
  readonly intro: string;
  readonly create: string;
  readonly none: string;
  readonly noneHint: string;
}

/** A page with a list of what admins create: API keys, webhooks, applications. */
export abstract class CreatedListPage<Row extends { readonly id: string }> extends ConsolePage {
  private readonly list = new Remote<ListPart<Row>>(this);
  private readonly table = new ListTable<Row>(this, this.localName);
  private draftDue = true;

  protected abstract get words(): ListWords;
  protected abstract entries(cursor: string | null): Promise<ListPart<Row>>;
  protected abstract columns(): Column<Row>[];
  /** What can be done with a row; asked only where the viewer may do it. */
  protected abstract actions(row: Row): unknown;
  protected abstract create(values?: Values): void;
  /** Opens the form again that was open when the login ended. */
  protected abstract resume(): void;

  get heading(): string {
    return this.words.title;
  }

  load(): void {
    const cursor = this.place.query.get('cursor');
    void this.list.load(() => this.entries(cursor));
  }

  protected override updated(): void {
    super.updated();
    if (this.draftDue && this.mayChange) this.resume();
    this.draftDue = false;
  }

  protected override render(): TemplateResult {
    const { texts, words } = this;
    const create = html`<wa-button variant="brand" @click=${() => this.create()}>
      <wa-icon slot="start" name="plus"></wa-icon>${words.create}
    </wa-button>`;
    return html`${pageHead(words.title, words.intro, this.mayChange ? create : nothing)}
    ${shown(
      this.list,
      texts,
      () => this.load(),
      ({ data, nextCursor }) =>
        data.length === 0
          ? empty(words.none, words.noneHint)
          : html`${this.rows(data)} ${pager(this.place, nextCursor, texts)}`,
    )}`;
  }

  private rows(rows: readonly Row[]): TemplateResult {
    const { actions: header } = this.texts.access;
    const actions: Column<Row> = { id: 'actions', header, fixed: true, cell: (row) => this.actions(row) };
    const columns = this.mayChange ? [...this.columns(), actions] : this.columns();
    return this.table.render({ rows, columns, caption: this.words.title, texts: this.texts, key: ({ id }) => id });
  }
}
