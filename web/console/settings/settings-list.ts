import { html, nothing, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import { badge } from '../kit/page-parts.js';
import { empty } from '../kit/states.js';
import type { ConsoleTexts } from '../texts/texts.js';
import { plainMarkdown } from './plain-markdown.js';

export type Setting = Entry<'/api/admin/settings'>;

/** Settings by the headings of the documentation, as far as they are wanted. */
export function settingsList(
  all: readonly Setting[],
  { search, changed }: { search: string; changed: boolean },
  texts: ConsoleTexts,
): TemplateResult | TemplateResult[] {
  const { settings } = texts;
  const words = search.trim().toLowerCase();
  const wanted = all.filter(
    ({ name, doc, value, source }) =>
      (!changed || source === 'environment') &&
      [name, doc, value ?? ''].some((part) => part.toLowerCase().includes(words)),
  );
  if (wanted.length === 0) return empty(settings.none, settings.noneHint);
  const sections = [...new Set(wanted.map(({ section }) => section))];
  return sections.map(
    (section) =>
      html`<section aria-label=${settings.sections[section] ?? section}>
        <h2>${settings.sections[section] ?? section}</h2>
        <dl class="settings">
          ${wanted.filter((entry) => entry.section === section).map((entry) => one(entry, texts))}
        </dl>
      </section>`,
  );
}

function one(setting: Setting, { settings }: ConsoleTexts): TemplateResult {
  const { name, doc, source } = setting;
  return html`<div>
    <dt><code>${name}</code></dt>
    <dd class="value">${valueOf(setting, settings)}</dd>
    <dd>${badge(settings.sources[source], source === 'environment' ? 'brand' : 'neutral')}</dd>
    <dd class="fine doc" lang="en">${plainMarkdown(doc)}</dd>
  </div>`;
}

function valueOf({ masked, source, value, otherwise }: Setting, settings: ConsoleTexts['settings']): unknown {
  if (masked && source !== 'absent') return html`<wa-icon name="lock-closed"></wa-icon> ${settings.masked}`;
  if (value !== null) return html`<code>${value}</code>`;
  return html`<span class="quiet">${settings.absent}</span>${
      otherwise === null ? nothing : html` <span class="fine" lang="en">(${plainMarkdown(otherwise)})</span>`
    }`;
}
