import { html, nothing } from 'lit';
import { get, type Entry, type Path } from '../kit/api.js';
import type { Filter } from '../kit/filters.js';
import { accountLink, badge, type Tone } from '../kit/page-parts.js';
import type { Column } from '../kit/list-table.js';
import { duration, moment, number } from '../kit/moments.js';
import { details } from '../people/person-tables.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';

export const KINDS = ['audit', 'activity', 'codes', 'errors', 'jobs'] as const;
export type Kind = (typeof KINDS)[number];

type Query = Record<string, string | null>;

interface Log<Row> {
  readonly load: (query: Query) => Promise<{ data: readonly Row[]; nextCursor: string | null }>;
  readonly filters: (texts: ConsoleTexts) => readonly Filter[];
  readonly columns: (texts: ConsoleTexts, language: Language) => readonly Column<Row>[];
  /** Where all of it is had as a file; null: nowhere. */
  readonly file: Path | null;
}

type Event = Entry<'/api/admin/audit'>;
type Activity = Entry<'/api/analytics/logs/activity'>;
type Code = Entry<'/api/analytics/logs/otp'>;
type Job = Entry<'/api/admin/jobs'>;

export type AnyLog = Log<Event> | Log<Activity> | Log<Code> | Log<Job>;

const quiet = html`<span class="quiet">–</span>`;

const span = ({ logs }: ConsoleTexts): Filter[] => [
  { name: 'from', label: logs.from, type: 'datetime-local', more: true },
  { name: 'to', label: logs.to, type: 'datetime-local', more: true },
];

const outcomes = ({ logs }: ConsoleTexts, names: readonly (keyof ConsoleTexts['logs']['outcomes'])[]) =>
  names.map((name) => [name, logs.outcomes[name]] as const);

const TONES: Record<string, Tone> = {
  success: 'success',
  failure: 'danger',
  unknown: 'warning',
  verified: 'success',
  pending: 'warning',
  failed: 'danger',
};
const tone = (name: string): Tone => TONES[name] ?? 'neutral';

const AUDIT: Log<Event> = {
  file: '/api/admin/audit',
  load: (query) => get('/api/admin/audit', { query }),
  filters: (texts) => [
    { name: 'type', label: texts.logs.type, hint: texts.logs.typeHint },
    { name: 'outcome', label: texts.logs.outcome, options: outcomes(texts, ['success', 'failure']) },
    { name: 'phone', label: texts.logs.phone },
    { name: 'accountId', label: texts.logs.accountId, more: true },
    { name: 'userId', label: texts.logs.userId, more: true },
    { name: 'subjectId', label: texts.logs.subjectId, more: true },
    { name: 'address', label: texts.logs.address, more: true },
    { name: 'requestId', label: texts.logs.requestId, more: true },
    ...span(texts),
  ],
  columns: ({ logs }, language) => [
    { id: 'at', header: logs.at, fixed: true, cell: (row) => moment(row.occurredAt, language) },
    {
      id: 'type',
      header: logs.type,
      fixed: true,
      cell: ({ type, count }) =>
        html`<code>${type}</code
          >${count > 1 ? html` <span class="fine">${logs.times(number(count, language))}</span>` : nothing}`,
    },
    { id: 'outcome', header: logs.outcome, cell: ({ outcome }) => badge(logs.outcomes[outcome], tone(outcome)) },
    { id: 'who', header: logs.who, cell: ({ userId }) => accountLink(userId, logs.open) },
    {
      id: 'address',
      header: logs.address,
      cell: (row) => (row.address === null ? quiet : html`<code>${row.address}</code>`),
    },
    { id: 'detail', header: logs.detail, cell: ({ detail }) => details(detail) },
    {
      id: 'request',
      extra: true,
      header: logs.requestId,
      cell: ({ requestId }) => (requestId === null ? quiet : html`<code class="id">${requestId}</code>`),
    },
  ],
};

const ofActivity = (path: '/api/analytics/logs/activity' | '/api/analytics/logs/errors'): Log<Activity> => ({
  file: path,
  load: (query) => get(path, { query }),
  filters: (texts) => [
    { name: 'sessionId', label: texts.logs.session },
    { name: 'action', label: texts.logs.action },
    { name: 'status', label: texts.logs.outcome, options: outcomes(texts, ['success', 'failure', 'unknown']) },
    ...span(texts),
  ],
  columns: ({ logs }, language) => [
    { id: 'at', header: logs.at, fixed: true, cell: (row) => moment(row.occurredAt, language) },
    { id: 'session', header: logs.session, fixed: true, cell: ({ sessionId }) => sessionId },
    { id: 'action', header: logs.action, cell: ({ action }) => html`<code>${action}</code>` },
    { id: 'status', header: logs.outcome, cell: ({ status }) => badge(logs.outcomes[status], tone(status)) },
    { id: 'number', header: logs.number, cell: (row) => row.number ?? quiet },
    { id: 'ms', header: logs.ms, numeric: true, cell: ({ ms }) => (ms === null ? quiet : duration(ms, language)) },
    { id: 'error', header: logs.error, cell: ({ error }) => (error === null ? quiet : html`<q>${error}</q>`) },
  ],
});

const CODES: Log<Code> = {
  file: '/api/analytics/logs/otp',
  load: (query) => get('/api/analytics/logs/otp', { query }),
  filters: (texts) => [
    { name: 'sessionId', label: texts.logs.session },
    {
      name: 'status',
      label: texts.logs.status,
      options: Object.entries(texts.logs.codeStates),
    },
    ...span(texts),
  ],
  columns: ({ logs }, language) => [
    { id: 'at', header: logs.at, fixed: true, cell: (row) => moment(row.createdAt, language) },
    { id: 'phone', header: logs.number, fixed: true, cell: ({ phone }) => phone },
    { id: 'company', header: logs.company, cell: ({ companyName }) => companyName },
    { id: 'session', header: logs.session, cell: ({ sessionId }) => sessionId },
    { id: 'status', header: logs.status, cell: ({ status }) => badge(logs.codeStates[status], tone(status)) },
    { id: 'attempts', header: logs.attempts, numeric: true, cell: ({ attempts }) => number(attempts, language) },
    { id: 'ended', header: logs.ended, cell: ({ endedAt }) => (endedAt === null ? quiet : moment(endedAt, language)) },
  ],
};

const JOBS: Log<Job> = {
  file: null,
  load: async () => ({ data: (await get('/api/admin/jobs')).data, nextCursor: null }),
  filters: () => [],
  columns: ({ logs, states }, language) => [
    { id: 'name', header: logs.job, fixed: true, cell: ({ name }) => html`<code>${name}</code>` },
    { id: 'cron', header: logs.schedule, cell: ({ cron }) => html`<code>${cron}</code>` },
    {
      id: 'last',
      header: logs.lastRun,
      fixed: true,
      cell: ({ lastRun }) =>
        lastRun === null ? html`<span class="quiet">${states.never}</span>` : ran(lastRun, logs, language),
    },
    {
      id: 'next',
      header: logs.nextRun,
      cell: ({ nextRunAt }) => (nextRunAt === null ? quiet : moment(nextRunAt, language)),
    },
    { id: 'runs', header: logs.runs, numeric: true, cell: ({ runsLastDay }) => number(runsLastDay, language) },
  ],
};

function ran(run: NonNullable<Job['lastRun']>, logs: ConsoleTexts['logs'], language: Language): unknown {
  const outcome = logs.outcomes[run.outcome as keyof ConsoleTexts['logs']['outcomes']] as string | undefined;
  return html`${moment(run.startedAt, language)}
  ${badge(outcome ?? logs.running, outcome === undefined ? 'brand' : tone(run.outcome))}
  ${run.error === null ? nothing : html`<br /><q class="fine">${run.error}</q>`}`;
}

const LOGS: Record<Kind, AnyLog> = {
  audit: AUDIT,
  activity: ofActivity('/api/analytics/logs/activity'),
  errors: ofActivity('/api/analytics/logs/errors'),
  codes: CODES,
  jobs: JOBS,
};

export const logOf = (kind: Kind): AnyLog => LOGS[kind];
