import { html, nothing, type LitElement, type TemplateResult } from 'lit';
import type { Entry } from '../kit/api.js';
import { accountLink, badge, type Tone } from '../kit/page-parts.js';
import { ListTable } from '../kit/list-table.js';
import { ago, moment } from '../kit/moments.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import type { Person } from './why.js';

type Login = Entry<'/api/users/{id}/sessions'>;
type Message = Person['lastSends'][number];
type Event = Entry<'/api/admin/audit'>;

const TONES: Record<Message['state'], Tone> = {
  PENDING: 'warning',
  UNKNOWN: 'warning',
  ACCEPTED: 'neutral',
  SENT: 'neutral',
  DELIVERED: 'success',
  READ: 'success',
  FAILED: 'danger',
  EXPIRED: 'danger',
  SUPPRESSED: 'neutral',
};

/** The lists on a person's page. */
export class PersonTables {
  private readonly ofLogins: ListTable<Login>;
  private readonly ofMessages: ListTable<Message>;
  private readonly ofEvents: ListTable<Event>;

  constructor(host: LitElement) {
    this.ofLogins = new ListTable<Login>(host, 'person-logins');
    this.ofMessages = new ListTable<Message>(host, 'person-messages');
    this.ofEvents = new ListTable<Event>(host, 'person-events');
  }

  logins(rows: readonly Login[], texts: ConsoleTexts, language: Language): TemplateResult {
    const { people } = texts;
    if (rows.length === 0) return html`<p class="quiet">${people.noSessions}</p>`;
    return this.ofLogins.render({
      rows,
      texts,
      caption: people.sessions,
      key: ({ id }) => id,
      columns: [
        {
          id: 'device',
          header: people.device,
          fixed: true,
          cell: (row) =>
            html`${row.device}${row.current ? html`<br /><span class="fine">${people.here}</span>` : nothing}`,
        },
        { id: 'place', header: people.place, cell: ({ place }) => html`<code>${place}</code>` },
        { id: 'method', header: people.method, cell: ({ method }) => people.methods[method] },
        { id: 'since', header: people.since, cell: ({ createdAt }) => moment(createdAt, language) },
        { id: 'used', header: people.lastUsed, cell: ({ lastUsedAt }) => ago(lastUsedAt, language) },
      ],
    });
  }

  messages(rows: readonly Message[], texts: ConsoleTexts, language: Language): TemplateResult {
    const { people } = texts;
    if (rows.length === 0) return html`<p class="quiet">${people.noMessages}</p>`;
    return this.ofMessages.render({
      rows,
      texts,
      caption: people.messages,
      key: ({ at, purpose }) => `${at} ${purpose}`,
      columns: [
        { id: 'at', header: people.at, fixed: true, cell: ({ at }) => moment(at, language) },
        { id: 'purpose', header: people.purpose, cell: ({ purpose }) => people.purposes[purpose] ?? purpose },
        { id: 'state', header: people.messageState, fixed: true, cell: (row) => state(row, people) },
        { id: 'provider', header: people.provider, cell: (row) => provider(row, texts) },
        { id: 'receipts', header: people.receipts, cell: (row) => receipts(row, people, language) },
      ],
    });
  }

  events(rows: readonly Event[], person: string, texts: ConsoleTexts, language: Language): TemplateResult {
    const { people, logs } = texts;
    if (rows.length === 0) return html`<p class="quiet">${people.noAudit}</p>`;
    return this.ofEvents.render({
      rows,
      texts,
      caption: people.audit,
      key: ({ id }) => id,
      columns: [
        { id: 'at', header: people.at, fixed: true, cell: ({ occurredAt }) => moment(occurredAt, language) },
        { id: 'type', header: logs.type, fixed: true, cell: ({ type }) => html`<code>${type}</code>` },
        {
          id: 'outcome',
          header: logs.outcome,
          cell: ({ outcome }) => badge(logs.outcomes[outcome], outcome === 'success' ? 'success' : 'danger'),
        },
        {
          id: 'who',
          header: people.by,
          cell: ({ userId }) => (userId === person ? people.themselves : accountLink(userId, logs.open)),
        },
        {
          id: 'address',
          header: logs.address,
          cell: ({ address }) =>
            address === null ? html`<span class="quiet">–</span>` : html`<code>${address}</code>`,
        },
        { id: 'detail', header: logs.detail, cell: ({ detail }) => details(detail) },
      ],
    });
  }
}

/** Details of an event as they are: names and values, as text. */
export function details(detail: Event['detail']): TemplateResult {
  const all = Object.entries(detail ?? {}).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  if (all.length === 0) return html`<span class="quiet">–</span>`;
  return html`<span class="details"
    >${all.map(([name, value]) => html`<span><i>${name}</i> ${asText(value)}</span> `)}</span
  >`;
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.map(asText).join(', ') : JSON.stringify(value);
}

function state({ state: is, reason }: Message, people: ConsoleTexts['people']): TemplateResult {
  const why = is === 'FAILED' || reason !== null ? (people.reasons[reason ?? 'unknown'] ?? reason) : null;
  return html`${badge(people.messageStates[is], TONES[is])}${why === null ? nothing : html`<br /><span class="fine">${why}</span>`}`;
}

function provider({ provider: took, notTakenBy }: Message, { people, states }: ConsoleTexts): TemplateResult {
  const refused = notTakenBy.filter((name) => name !== took);
  return html`${took ?? html`<span class="quiet">${states.none}</span>`}${
    refused.length === 0 ? nothing : html`<br /><span class="fine">${people.notTakenBy(refused.join(', '))}</span>`
  }`;
}

function receipts(
  { deliveredAt, readAt, usedAt }: Message,
  people: ConsoleTexts['people'],
  language: Language,
): unknown {
  const receipts = [
    [people.delivered, deliveredAt],
    [people.read, readAt],
    [people.used, usedAt],
  ].filter((entry): entry is [string, string] => entry[1] !== null);
  if (receipts.length === 0) return html`<span class="quiet">${people.noReceiptYet}</span>`;
  return receipts.map(([name, at]) => html`<span class="receipt">${name} ${moment(at, language)}</span>`);
}
