import {
  columnVisibilityFeature,
  createColumnHelper,
  FlexRender,
  TableController,
  tableFeatures,
  type RowData,
} from '@tanstack/lit-table';
import { html, nothing, type LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ConsoleTexts } from '../texts/texts.js';

export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => unknown;
  /** Numbers are aligned to the end of their column. */
  readonly numeric?: boolean;
  /** May not be hidden. */
  readonly fixed?: boolean;
  /** Hidden until somebody wants to see it. */
  readonly extra?: boolean;
}

interface Shown<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly caption: string;
  readonly texts: ConsoleTexts;
  readonly key: (row: Row) => string;
}

const features = tableFeatures({ columnVisibilityFeature });

/**
 * A list as a table; on a phone each row is a card. The columns are those that the person wants to see: the choice stays
 * with the browser. The service sorts, filters and pages.
 */
export class ListTable<Row extends RowData> {
  private readonly controller: TableController<typeof features, Row>;
  private hidden: Record<string, boolean>;

  /** @param name of the list, under which the choice of columns is kept */
  constructor(
    private readonly host: LitElement,
    private readonly name: string,
  ) {
    this.controller = new TableController<typeof features, Row>(host);
    this.hidden = JSON.parse(localStorage.getItem(this.place) ?? '{}') as Record<string, boolean>;
  }

  render(shown: Shown<Row>): TemplateResult {
    const { columns, caption, texts } = shown;
    const table = this.tableOf(shown);
    const byId = new Map(columns.map((column) => [column.id, column]));
    const classOf = (id: string) => (byId.get(id)?.numeric ? 'numeric' : '');
    // The roles say what a card's CSS takes from a table's elements.
    return html`<div class="list" tabindex="0" role="group" aria-label=${caption}>
        <table role="table" class="cards">
          <caption class="spoken">
            ${caption}
          </caption>
          <thead role="rowgroup">
            <tr role="row">
              ${table
                .getFlatHeaders()
                .map(
                  (header) =>
                    html`<th role="columnheader" scope="col" class=${classOf(header.column.id)}>
                      ${FlexRender({ header })}
                    </th>`,
                )}
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${repeat(
              table.getRowModel().rows,
              (row) => row.id,
              (row) =>
                html`<tr role="row">
                  ${row.getVisibleCells().map(
                    (cell) =>
                      html`<td
                        role="cell"
                        data-label=${byId.get(cell.column.id)?.header ?? ''}
                        class=${classOf(cell.column.id)}
                      >
                        <div>${FlexRender({ cell })}</div>
                      </td>`,
                  )}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <div class="list-foot">${this.chooser(columns, texts)}</div>`;
  }

  private tableOf({ rows, columns, key }: Shown<Row>) {
    const helper = createColumnHelper<typeof features, Row>();
    return this.controller.table({
      features,
      data: [...rows],
      getRowId: key,
      columns: columns.map(({ id, header, cell }) =>
        helper.display({ id, header, cell: ({ row }) => cell(row.original) as string }),
      ),
      state: { columnVisibility: this.visibility(columns) },
    });
  }

  private get place(): string {
    return `masuk-console-columns-${this.name}`;
  }

  private visibility(columns: readonly Column<Row>[]): Record<string, boolean> {
    return Object.fromEntries(columns.map((column) => [column.id, !this.isHidden(column)]));
  }

  private isHidden({ id, fixed = false, extra = false }: Column<Row>): boolean {
    return !fixed && (this.hidden[id] ?? extra);
  }

  private chooser(columns: readonly Column<Row>[], texts: ConsoleTexts): unknown {
    const free = columns.filter(({ fixed }) => !fixed);
    if (free.length < 2) return nothing;
    return html`<details class="columns" @focusout=${closeWhenLeft}>
      <summary><wa-icon name="view-columns"></wa-icon> ${texts.table.columns}</summary>
      <div>
        ${free.map(
          (column) =>
            html`<label
              ><input
                type="checkbox"
                .checked=${!this.isHidden(column)}
                @change=${(event: Event) => this.choose(column.id, (event.target as HTMLInputElement).checked)}
              />
              ${column.header}</label
            >`,
        )}
      </div>
    </details>`;
  }

  private choose(id: string, visible: boolean): void {
    this.hidden = { ...this.hidden, [id]: !visible };
    localStorage.setItem(this.place, JSON.stringify(this.hidden));
    this.host.requestUpdate();
  }
}

function closeWhenLeft(event: FocusEvent): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (event.relatedTarget instanceof Node && !details.contains(event.relatedTarget)) details.open = false;
}
