import { html, nothing, type LitElement, type TemplateResult } from 'lit';
import { act, type Entry } from '../kit/api.js';
import { ask } from '../kit/console-dialog.js';
import { badge, type Tone } from '../kit/page-parts.js';
import { ListTable, type Column } from '../kit/list-table.js';
import { ago, moment, number } from '../kit/moments.js';
import type { ConsoleTexts, Language } from '../texts/texts.js';
import { pairingDialog, showQr } from './linking.js';

export type Account = Entry<'/api/sessions'>;

const TONES: Record<Account['status'], Tone> = {
  connecting: 'warning',
  qr: 'warning',
  connected: 'success',
  disconnected: 'danger',
  logged_out: 'danger',
};

interface Sight {
  readonly texts: ConsoleTexts;
  readonly language: Language;
  readonly mayChange: boolean;
}

interface Reaction {
  changed(): void;
  say(text: string): void;
}

/** Linked WhatsApp accounts, and what can be done with each. */
export class AccountsTable {
  private readonly table: ListTable<Account>;

  constructor(
    host: LitElement,
    private readonly reaction: Reaction,
  ) {
    this.table = new ListTable<Account>(host, 'accounts');
  }

  render(rows: readonly Account[], sight: Sight): TemplateResult {
    const { texts } = sight;
    const columns = this.columns(sight);
    return this.table.render({ rows, columns, caption: texts.devices.accounts, texts, key: idOf });
  }

  private columns(sight: Sight): Column<Account>[] {
    const { texts, language, mayChange } = sight;
    const { devices, states } = texts;
    const columns: Column<Account>[] = [
      {
        id: 'name',
        header: devices.account.name,
        fixed: true,
        cell: (row) =>
          html`<b>${row.sessionId}</b>${
              row.apiKeyId === undefined ? nothing : html`<br /><span class="fine">${devices.account.ofKey}</span>`
            }`,
      },
      {
        id: 'state',
        header: devices.account.state,
        fixed: true,
        cell: ({ status }) => badge(devices.link[status], TONES[status]),
      },
      {
        id: 'phone',
        header: devices.account.phone,
        cell: (row) => (row.phone === undefined ? html`<span class="quiet">${states.none}</span>` : whoIs(row)),
      },
      {
        id: 'last',
        header: devices.account.lastConnected,
        cell: ({ lastConnectedAt: at }) =>
          at === undefined ? html`<span class="quiet">${states.never}</span>` : moment(at, language),
      },
      { id: 'holder', header: devices.account.holder, cell: ({ holder }) => holderOf(holder, texts, language) },
      { id: 'queue', header: devices.account.queue, cell: ({ queue }) => queueOf(queue, texts, language) },
    ];
    if (!mayChange) return columns;
    return [
      ...columns,
      { id: 'actions', header: devices.account.actions, fixed: true, cell: (row) => this.actions(row, texts) },
    ];
  }

  private actions(row: Account, texts: ConsoleTexts): TemplateResult {
    const { devices } = texts;
    const linking = row.status === 'connected' ? nothing : this.linking(row, texts);
    return html`<div class="row-actions">
      ${linking}
      <wa-button size="small" appearance="outlined" @click=${() => this.restart(row, texts)}
        >${devices.restart}</wa-button
      >
      <wa-button size="small" appearance="outlined" variant="danger" @click=${() => this.unlink(row, texts)}
        >${devices.unlink}</wa-button
      >
    </div>`;
  }

  private linking(row: Account, texts: ConsoleTexts): TemplateResult {
    const { changed } = this.reaction;
    const at = { id: idOf(row), name: row.sessionId };
    return html`<wa-button size="small" appearance="outlined" @click=${() => showQr(at, texts, changed)}
        >${texts.devices.qr}</wa-button
      >
      <wa-button size="small" appearance="outlined" @click=${() => ask(pairingDialog(at, texts))}
        >${texts.devices.pairing}</wa-button
      >`;
  }

  private restart(row: Account, { devices }: ConsoleTexts): void {
    ask({
      title: devices.restartTitle(row.sessionId),
      text: devices.restartText,
      submit: devices.restart,
      run: async () => {
        await act('put', '/api/sessions/{id}/restart', { at: { id: idOf(row) } });
        this.done(devices.restarted);
      },
    });
  }

  private unlink(row: Account, { devices }: ConsoleTexts): void {
    ask({
      title: devices.unlinkTitle(row.sessionId),
      text: devices.unlinkText,
      submit: devices.unlink,
      danger: true,
      run: async () => {
        await act('delete', '/api/sessions/{id}', { at: { id: idOf(row) } });
        this.done(devices.unlinked);
      },
    });
  }

  private done(text: string): void {
    this.reaction.say(text);
    this.reaction.changed();
  }
}

/** What names an account in every path: names of different API keys may be the same. */
const idOf = ({ id, sessionId }: Account): string => id ?? sessionId;

/** The number of a WhatsApp id, and the name that its owner gave it. */
function whoIs({ phone = '', name }: Account): TemplateResult {
  return html`+${phone.replace(/[:@].*$/, '')}${name === undefined ? nothing : html`<br /><span class="fine">${name}</span>`}`;
}

/** The instance that runs its connection. Its name is too long to read; what matters is whether two accounts have the same. */
function holderOf(holder: Account['holder'], { devices, states }: ConsoleTexts, language: Language): unknown {
  if (holder === undefined) return html`<span class="quiet">${states.unknown}</span>`;
  if (holder === null) return html`<span class="quiet">${devices.account.noHolder}</span>`;
  return html`<code title=${holder.instance}>${holder.instance.slice(0, 8)}</code>
    ${holder.isHere ? html`<span class="fine">${devices.account.isHere}</span>` : nothing}<br />
    <span class="fine">${devices.account.leaseUntil} ${moment(holder.leaseUntil, language)}</span>`;
}

function queueOf(queue: Account['queue'], { devices, states }: ConsoleTexts, language: Language): unknown {
  if (queue === undefined) return html`<span class="quiet">${states.unknown}</span>`;
  const { waiting, sending, oldestAt } = queue;
  if (oldestAt === null) return html`<span class="quiet">${devices.account.emptyQueue}</span>`;
  const said = (count: number) => number(count, language);
  return html`${devices.account.waits(said(waiting), said(sending))}<br />
    <span class="fine">${devices.account.oldest} ${ago(oldestAt, language)}</span>`;
}
