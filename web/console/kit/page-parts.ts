import { html, nothing, type TemplateResult } from 'lit';

/** The heading of a page, what it is about, and what can be done there. */
export function pageHead(title: string, intro: unknown, actions: unknown = nothing): TemplateResult {
  return html`<header class="page-head">
    <div>
      <h1>${title}</h1>
      <p>${intro}</p>
    </div>
    <div class="actions">${actions}</div>
  </header>`;
}

/** A name and its value, in a list of facts. */
export type Fact = readonly [string, unknown];

export function facts(all: readonly Fact[]): TemplateResult {
  return html`<dl class="facts">
    ${all.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

export type Tone = 'success' | 'warning' | 'danger' | 'neutral' | 'brand';

/** A state in one word; its colour says no more than the word does. */
export function badge(text: string, tone: Tone): TemplateResult {
  return html`<span class="badge ${tone}">${text}</span>`;
}

/** An account by the end of its id, which leads to its page; null: nobody's. */
export function accountLink(userId: string | null, open: string): TemplateResult {
  if (userId === null) return html`<span class="quiet">–</span>`;
  return html`<a href="/admin/people/${userId}" title=${open}><code class="id">${userId.slice(-12)}</code></a>`;
}
