import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';

type Values = Readonly<Record<string, string>>;

/** The fields of a form that two people may fill at once. */
export interface Fields {
  /** What each is called. */
  readonly names: Readonly<Record<string, string>>;
  readonly same: (name: string, one: string, other: string) => boolean;
  readonly shown: (name: string, value: string) => unknown;
}

/** The fields that hold something else than they began with. */
export const touched = ({ names, same }: Fields, began: Values, mine: Values): string[] =>
  Object.keys(names).filter((name) => !same(name, began[name] ?? '', mine[name] ?? ''));

/** What a form holds once somebody else has saved meanwhile: what was touched as typed, the rest as it is now. */
export function merged(fields: Fields, began: Values, mine: Values, now: Values): Values {
  const own = touched(fields, began, mine);
  return Object.fromEntries(
    Object.keys(fields.names).map((name) => [name, (own.includes(name) ? mine : now)[name] ?? '']),
  );
}

/**
 * Both versions of what somebody else has changed meanwhile; saving again decides about what was touched.
 *
 * @param told what was changed
 */
export function conflict(
  told: string,
  fields: Fields,
  [began, mine, now]: readonly [Values, Values, Values],
  { people }: ConsoleTexts,
): TemplateResult {
  const own = touched(fields, began, mine);
  const { names, same, shown } = fields;
  const different = Object.entries(names).filter(
    ([name]) => !same(name, (own.includes(name) ? mine : began)[name] ?? '', now[name] ?? ''),
  );
  return html`<wa-callout variant="warning">
    <p>${told}</p>
    ${
      different.length === 0
        ? nothing
        : html`<table class="conflict">
            <thead>
              <tr>
                <th scope="col">${people.conflictField}</th>
                <th scope="col">${people.conflictMine}</th>
                <th scope="col">${people.conflictNow}</th>
              </tr>
            </thead>
            <tbody>
              ${different.map(
                ([name, field]) =>
                  html`<tr>
                    <th scope="row">${field}</th>
                    <td>
                      ${own.includes(name) ? shown(name, mine[name] ?? '') : html`<i>${people.conflictUntouched}</i>`}
                    </td>
                    <td>${shown(name, now[name] ?? '')}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
    <p>${people.conflictHint}</p>
  </wa-callout>`;
}
