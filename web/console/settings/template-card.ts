import { html, nothing, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import { whatsappText } from '../kit/whatsapp-text.js';
import type { ConsoleTexts } from '../texts/texts.js';

export type Template = Entry<'/api/admin/templates'>;
type Text = Template['texts'][number];

/** A message that the service sends, in each language beside the other. */
export function templateCard({ name, settings: variables, texts: all }: Template, texts: ConsoleTexts): TemplateResult {
  const { settings } = texts;
  return html`<section class="card template" aria-labelledby="template-${name}">
    <header>
      <h2 id="template-${name}">${settings.templates[name] ?? name}</h2>
      <code class="quiet">${name}</code>
    </header>
    <div class="grid">${all.map((text) => preview(text, settings))}</div>
    ${
      variables.length === 0
        ? nothing
        : html`<p class="fine">
            ${settings.changedBy} ${variables.map((variable) => html`<code>${variable}</code> `)}
          </p>`
    }
  </section>`;
}

function preview({ language, text, shortText, subject }: Text, settings: ConsoleTexts['settings']): TemplateResult {
  return html`<div>
    <h3>${settings.languages[language] ?? language}</h3>
    <p class="said bubble out" lang=${language}>${whatsappText(text)}</p>
    ${
      shortText === null || subject === null
        ? nothing
        : html`<details>
            <summary>${settings.otherChannels}</summary>
            <p class="fine">SMS</p>
            <p class="said" lang=${language}>${shortText}</p>
            <p class="fine">${settings.subject}</p>
            <p class="said" lang=${language}>${subject}</p>
          </details>`
    }
  </div>`;
}
