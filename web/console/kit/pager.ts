import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';
import type { Place } from './console-page.js';
import { goTo } from './navigation.js';

/** The pages of a list that the service hands out by cursors. The address holds the cursor. */
export function pager(place: Place, nextCursor: string | null, texts: ConsoleTexts): TemplateResult | typeof nothing {
  const current = place.query.get('cursor') ?? '';
  if (current === '' && nextCursor === null) return nothing;
  const { table } = texts;
  const previous = place.trail.at(-1);
  const back = previous === undefined ? '' : previous;
  return html`<nav class="pager" aria-label=${table.pages}>
    ${
      current === ''
        ? nothing
        : html`<wa-button
            appearance="outlined"
            size="small"
            @click=${() => goTo(at(place, back), { trail: place.trail.slice(0, -1) })}
          >
            <wa-icon slot="start" name="chevron-left"></wa-icon>
            ${previous === undefined ? table.first : table.previous}
          </wa-button>`
    }
    ${
      nextCursor === null
        ? nothing
        : html`<wa-button
            appearance="outlined"
            size="small"
            @click=${() => goTo(at(place, nextCursor), { trail: [...place.trail, current] })}
          >
            ${table.next}<wa-icon slot="end" name="chevron-right"></wa-icon>
          </wa-button>`
    }
  </nav>`;
}

function at({ path, query }: Place, cursor: string): string {
  const next = new URLSearchParams(query);
  if (cursor === '') next.delete('cursor');
  else next.set('cursor', cursor);
  const search = next.toString();
  return search === '' ? path : `${path}?${search}`;
}
