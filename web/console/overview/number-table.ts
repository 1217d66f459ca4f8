import { html, type TemplateResult } from 'lit';

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => unknown;
  /** Names its row. */
  readonly isName?: boolean;
  /** Words; without either it is a number. */
  readonly isText?: boolean;
}

const classOf = <Row>({ isName, isText }: Column<Row>): string => (isName || isText ? '' : 'numeric');

/**
 * A table of numbers. The roles say what a card's CSS takes from a table's elements.
 *
 * @param long whether it has too many rows for cards: on a phone it is moved sideways
 */
export const numbers = <Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  caption: string,
  long = false,
): TemplateResult =>
  html`<div class="list" tabindex="0" role="group" aria-label=${caption}>
    <table role="table" class=${long ? '' : 'cards'}>
      <thead role="rowgroup">
        <tr role="row">
          ${columns.map(
            (column) => html`<th role="columnheader" scope="col" class=${classOf(column)}>${column.header}</th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          (row) =>
            html`<tr role="row">
              ${columns.map(
                (column) =>
                  html`<td role="cell" class=${classOf(column)} data-label=${column.header}>
                    <div>${column.cell(row)}</div>
                  </td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
