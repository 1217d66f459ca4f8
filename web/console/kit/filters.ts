import { html, nothing, type TemplateResult } from 'lit';
import type { ConsoleTexts } from '../texts/texts.js';
import type { Place } from './console-page.js';
import { addressOf, goTo } from './navigation.js';

/** A filter of a list. The address holds its value under its name. */
type Field =
  | {
      readonly name: string;
      readonly label: string;
      readonly hint?: string;
      readonly type?: 'search' | 'datetime-local';
    }
  | { readonly name: string; readonly label: string; readonly options: readonly (readonly [string, string])[] };

/** `more`: of those that are seldom needed. */
export type Filter = Field & { readonly more?: boolean };

/** Filters above a list, and a way to clear them. */
export function filters(place: Place, fields: readonly Filter[], texts: ConsoleTexts): TemplateResult {
  const isSet = fields.some(({ name }) => place.query.get(name));
  const draw = (field: Filter) => one(field, place.query.get(field.name) ?? '', texts);
  const rest = fields.filter(({ more }) => more);
  const seldom = html`<details class="more" ?open=${rest.some(({ name }) => place.query.get(name))}>
    <summary>${texts.table.more}</summary>
    <div>${rest.map(draw)}</div>
  </details>`;
  return html`<form class="filters" role="search" @submit=${(event: SubmitEvent) => apply(event, place)}>
    ${fields.filter(({ more }) => !more).map(draw)} ${rest.length === 0 ? nothing : seldom}
    <div class="buttons">
      <wa-button type="submit" appearance="outlined">${texts.table.filter}</wa-button>
      ${isSet ? html`<wa-button appearance="plain" @click=${() => goTo(place.path)}>${texts.table.clear}</wa-button>` : nothing}
    </div>
  </form>`;
}

function one(field: Filter, value: string, texts: ConsoleTexts): TemplateResult {
  if (!('options' in field)) {
    const local = field.type === 'datetime-local' && value !== '' ? toLocal(value) : value;
    return html`<wa-input
      type=${field.type ?? 'text'}
      name=${field.name}
      label=${field.label}
      .value=${local}
      placeholder=${field.hint ?? ''}
      autocomplete="off"
      ?with-clear=${field.type !== 'datetime-local'}
    ></wa-input>`;
  }
  return html`<wa-select
    name=${field.name}
    label=${field.label}
    .value=${value === '' ? ALL : value}
    @change=${submitForm}
  >
    <wa-option value=${ALL}>${texts.table.all}</wa-option>
    ${field.options.map(([name, label]) => html`<wa-option value=${name}>${label}</wa-option>`)}
  </wa-select>`;
}

/** What "all" is called inside a select: an empty value would be none. */
const ALL = '-';

function submitForm(event: Event): void {
  (event.currentTarget as HTMLElement).closest('form')?.requestSubmit();
}

function apply(event: SubmitEvent, place: Place): void {
  event.preventDefault();
  const form = event.currentTarget as HTMLFormElement;
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== 'string' || value === ALL || value.trim() === '') continue;
    const isLocal = form.querySelector(`wa-input[name="${name}"]`)?.getAttribute('type') === 'datetime-local';
    values[name] = isLocal ? new Date(value).toISOString() : value.trim();
  }
  goTo(addressOf(place.path, values));
}

/** An instant as a field for the viewer's own time takes it. */
function toLocal(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return '';
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
