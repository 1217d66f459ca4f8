import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { badge, type Tone } from '../kit/page-parts.js';
import { day, hour, moment, utc } from '../kit/moments.js';
import { whatsappText } from '../kit/whatsapp-text.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import type { Message } from './talk.js';

interface Shown {
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly texts: ConsoleTexts;
  readonly language: Language;
  /** The file that is being fetched, by its message. */
  readonly fetching: string | null;
  readonly openFile: (message: Message) => void;
}

const TONES: Readonly<Record<string, Tone>> = {
  pending: 'warning',
  unknown: 'warning',
  delivered: 'success',
  read: 'success',
  failed: 'danger',
  expired: 'danger',
};

/** Kinds that carry no file. */
const WITHOUT_FILE: ReadonlySet<string> = new Set(['text', 'reply', 'location', 'contact', 'other']);

/** What was said, both ways. */
export function messageLog(shown: Shown): TemplateResult {
  const { messages, language } = shown;
  return html`<ol class="messages">
    ${repeat(
      messages,
      ({ id }) => id,
      (message, at) => html`${daySeparator(message, messages[at - 1], language)} ${bubble(message, shown)}`,
    )}
  </ol>`;
}

function daySeparator(message: Message, before: Message | undefined, language: Language): unknown {
  const own = day(message.at, language);
  if (before !== undefined && day(before.at, language) === own) return nothing;
  return html`<li class="day"><span>${own}</span></li>`;
}

function bubble(message: Message, { texts, language, ...rest }: Shown): TemplateResult {
  const { conversations } = texts;
  const { direction, text, at, sentAt, kind } = message;
  const late = sentAt !== null && Date.parse(at) - Date.parse(sentAt) > LATE;
  return html`<li class="bubble ${direction}">
    <p class="spoken">${speaker(message, conversations)}</p>
    ${direction === 'out' ? html`<p class="by fine" aria-hidden="true">${speaker(message, conversations)}</p>` : nothing}
    ${WITHOUT_FILE.has(kind) ? nothing : file(message, { texts, language, ...rest })}
    ${text === null ? nothing : html`<p class="said" dir="auto">${whatsappText(text)}</p>`}
    ${text === null && WITHOUT_FILE.has(kind) ? html`<p class="quiet">[${conversations.kinds[kind] ?? conversations.kinds['other']}]</p>` : nothing}
    <p class="fate fine">
      <time datetime=${at} title=${utc(at)}>${hour(at, language)}</time>
      ${late ? html`<span>${conversations.sentAt} ${moment(sentAt, language)}</span>` : nothing} ${fate(message, texts)}
    </p>
  </li>`;
}

/** Milliseconds from which a message counts as late; then the time at which its sender sent it is shown. */
const LATE = 300_000;

function speaker({ answeredBy, sentByName }: Message, conversations: ConsoleTexts['conversations']): string {
  if (answeredBy === null) return conversations.person;
  return answeredBy === 'bot' ? conversations.bot : (sentByName ?? conversations.staff);
}

function fate({ delivery, reason }: Message, { conversations, people }: ConsoleTexts): unknown {
  if (delivery === null) return nothing;
  const word = conversations.deliveries[delivery] ?? delivery;
  const why = delivery === 'failed' || reason !== null ? (people.reasons[reason ?? 'unknown'] ?? reason) : null;
  return html`${badge(word, TONES[delivery] ?? 'neutral')}${why === null ? nothing : html` <span class="why-not">${why}</span>`}`;
}

function file(message: Message, { texts, fetching, openFile }: Shown): TemplateResult {
  const { conversations } = texts;
  const { media, kind, id, direction } = message;
  const name = media?.fileName ?? conversations.kinds[kind] ?? kind;
  const label = html`<span class="file-name" dir="auto"><wa-icon name="paper-clip"></wa-icon> ${name}</span>`;
  if (direction === 'out')
    return html`<p class="file">
      ${label} ${media?.url ? html`<span class="address fine">${media.url}</span>` : nothing}
    </p>`;
  if (!media?.canOpen) return html`<p class="file">${label} <span class="fine">${conversations.noFile}</span></p>`;
  return html`<p class="file">
    ${label}
    <wa-button size="small" appearance="outlined" ?loading=${fetching === id} @click=${() => openFile(message)}>
      <wa-icon slot="start" name="arrow-down-tray"></wa-icon>${conversations.open}<span class="spoken"> ${name}</span>
    </wa-button>
  </p>`;
}
