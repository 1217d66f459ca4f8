import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type Calling } from '../../identity/api-keys/api-key.guard.js';
import { Audit } from '../../records/audit/audit.service.js';
import { GatewaySettings } from '../../platform/config/groups/gateway.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { CommandRunner } from './command-runner.js';
import {
  LinkedAccountsRepository,
  type HoldRow,
  type LinkedAccountRow,
  type LinkedAccountStateRow,
} from './linked-accounts.repository.js';
import { HeldAccounts } from '../link/held-accounts.js';
import { PAIRING_SECONDS } from '../link/linked-account.js';
import { LinkedAccountSeal } from '../link/linked-account-seal.js';
import { QrPictures } from './qr-pictures.js';

export { type LinkedAccountRow };

/** A linked account with what there is to scan. */
export interface ShownAccount {
  readonly row: LinkedAccountRow;
  /** PNG as a data URL; only while one is to be scanned. */
  readonly qr: string | null;
}

/** Who holds a linked account, and what waits to be sent by it. */
export type AccountHold = HoldRow & { readonly isHere: boolean };

/** The first QR code comes some tenths of a second after the account is made: its asker may wait for it, in ms. */
const QR_PATIENCE = 4_000;
const QR_LOOK_EVERY = 150;

/** Behind every id of one name. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** How long a change waits for the instance that holds the linked account, in seconds. */
const COMMAND_PATIENCE = 6;
const PAIRING_PATIENCE = 18;

/** Linked accounts from their callers' side: an API key sees those that it made, an admin and this machine all. */
@Injectable()
export class LinkedAccounts {
  constructor(
    private readonly settings: GatewaySettings,
    private readonly repository: LinkedAccountsRepository,
    private readonly held: HeldAccounts,
    private readonly commands: CommandRunner,
    private readonly seal: LinkedAccountSeal,
    private readonly pictures: QrPictures,
    private readonly audit: Audit,
  ) {}

  /** @throws AppError `gateway_unavailable` where Baileys is not installed */
  async requireGateway(): Promise<void> {
    if (!(await this.held.available())) throw new AppError('gateway_unavailable', { retryAfter: 3600 });
  }

  /**
   * Makes a linked account, which begins to show QR codes.
   *
   * @throws AppError `session_id_taken` by the caller's own, `session_limit_reached`, `forbidden` for a key that wants the
   *   name of the ladder's own linked account
   */
  async create(name: string, caller: Calling, context: RequestContext): Promise<LinkedAccountRow> {
    await this.requireGateway();
    // The ladder uses none of a key's in any case; with this name an admin would take it for the ladder's.
    if (caller.apiKeyId !== null && name === this.settings.whatsappSessionId) throw new AppError('forbidden');
    const id = uuidv7();
    const session = { id, name, apiKeyId: caller.apiKeyId, sealedKey: this.seal.newKey(id) };
    const row = await this.repository.insert(session, PAIRING_SECONDS, this.settings.gatewayMaxSessions);
    if (!row) throw new AppError('session_limit_reached');
    await this.record('gateway_session.created', row, caller, context);
    await this.held.takeNow(id);
    return row;
  }

  /**
   * @param name the caller's own name of it; for an admin also an id, or the name that one key alone uses
   * @throws AppError `session_not_found`, also for another key's, `session_id_ambiguous`
   */
  async get(name: string, caller: Calling): Promise<LinkedAccountRow> {
    await this.requireGateway();
    return this.find(name, caller);
  }

  /** As `get`, also without Baileys. */
  async find(name: string, { apiKeyId }: Pick<Calling, 'apiKeyId'>): Promise<LinkedAccountRow> {
    const row =
      apiKeyId === null ? await this.repository.byNameOfAll(name) : await this.repository.byName(name, apiKeyId);
    if (row === 'several') throw new AppError('session_id_ambiguous');
    if (!row) throw new AppError('session_not_found');
    return row;
  }

  /**
   * Forgets every linked account: in a database that was restored, the keys are of before the backup, and messages under
   * them would use keys a second time. The accounts have to be linked anew. Reasons:
   * docs/decisions/0009-nothing-leaves-before-its-keys-are-stored.md.
   *
   * @returns how many were linked
   */
  async forgetAccounts(): Promise<number> {
    let linked = 0;
    for (const { id } of await this.repository.keys())
      if (await this.repository.forgetAccount(id, this.seal.newKey(id))) linked += 1;
    return linked;
  }

  /** By name. @param cursor `nextCursor` of the page before, or a name that the page begins behind */
  async list(
    caller: Calling,
    cursor: string,
    count: number,
  ): Promise<{ rows: LinkedAccountRow[]; nextCursor: string | null }> {
    await this.requireGateway();
    const [name = '', id = LAST_ID] = cursor.split('~');
    const rows = await this.repository.list(caller.apiKeyId, { name, id }, count + 1);
    const page = rows.slice(0, count);
    const last = rows.length > count ? page.at(-1) : undefined;
    return { rows: page, nextCursor: last ? `${last.name}~${last.id}` : null };
  }

  /** Who holds these linked accounts and what waits to be sent by them, by id; `isHere`: the instance that answers holds it. */
  async holds(ids: readonly string[]): Promise<ReadonlyMap<string, AccountHold>> {
    const rows = await this.repository.holds(ids);
    return new Map(rows.map((row) => [row.id, { ...row, isHere: row.owner === this.held.owner }]));
  }

  /** How each of the caller's linked accounts is, by name; also without Baileys. */
  states({ apiKeyId }: Pick<Calling, 'apiKeyId'>): Promise<LinkedAccountStateRow[]> {
    return this.repository.states(apiKeyId);
  }

  async shown(name: string, caller: Calling): Promise<ShownAccount> {
    return this.withQr(await this.get(name, caller));
  }

  /** As `shown`, for somebody who may look at this one linked account; null when it is gone. */
  async shownById(id: string): Promise<ShownAccount | null> {
    const row = await this.repository.byId(id);
    return row ? this.withQr(row) : null;
  }

  /**
   * Get the QR code to scan; waits a moment for the first one.
   *
   * @throws AppError `qr_not_available`
   */
  async qr(name: string, caller: Calling): Promise<ShownAccount & { qr: string }> {
    for (let waited = 0; ; waited += QR_LOOK_EVERY) {
      const { row, qr } = await this.shown(name, caller);
      if (qr !== null) return { row, qr };
      if (row.state !== 'CONNECTING' || row.phone !== null || waited >= QR_PATIENCE)
        throw new AppError('qr_not_available');
      await new Promise((resolve) => setTimeout(resolve, QR_LOOK_EVERY));
    }
  }

  /**
   * A code that links the account when it is typed into its phone.
   *
   * @param phone E.164
   */
  async pairingCode(name: string, phone: string, caller: Calling, context: RequestContext): Promise<string> {
    const row = await this.get(name, caller);
    if (row.phone !== null && row.state !== 'LOGGED_OUT') throw new AppError('session_already_linked');
    if (!row.wanted) await this.revive(row.id);
    const result = await this.commands.run(row.id, 'pairing-code', phone, PAIRING_PATIENCE);
    if (!result) throw new AppError('busy', { retryAfter: 5 });
    await this.record('gateway_session.pairing_code', row, caller, context);
    return result.text;
  }

  /** Connects anew; shows QR codes again where no account is linked. */
  async restart(name: string, caller: Calling, context: RequestContext): Promise<LinkedAccountRow> {
    const row = await this.get(name, caller);
    const restarted = await this.revive(row.id);
    const here = this.held.get(row.id);
    // One that nobody held has just been taken, and is starting.
    if (row.state !== 'LOGGED_OUT' && row.wanted) await this.commands.run(row.id, 'restart', null, COMMAND_PATIENCE);
    else if (!here) await this.held.takeNow(row.id);
    await this.record('gateway_session.restarted', row, caller, context);
    return (await this.repository.byId(row.id)) ?? restarted;
  }

  /** Takes this device off the WhatsApp account, and forgets everything about the linked account. */
  async delete(name: string, caller: Calling, context: RequestContext): Promise<void> {
    const row = await this.get(name, caller);
    // Where nobody holds it, or its owner does not answer, the phone keeps showing a device that never comes back.
    if (row.wanted) await this.commands.run(row.id, 'logout', null, COMMAND_PATIENCE).catch(() => null);
    await this.repository.delete(row.id);
    await this.record('gateway_session.deleted', row, caller, context);
  }

  private async revive(id: string): Promise<LinkedAccountRow> {
    const row = await this.repository.restart(id, PAIRING_SECONDS);
    if (!row) throw new AppError('session_not_found');
    if (!this.held.get(id)) await this.held.takeNow(id);
    return row;
  }

  private async withQr(row: LinkedAccountRow): Promise<ShownAccount> {
    if (!row.sealed_qr) return { row, qr: null };
    return { row, qr: await this.pictures.pictureOf(this.seal.openQr(row.sealed_qr, row.id)) };
  }

  private async record(
    type: string,
    { id, name }: LinkedAccountRow,
    caller: Calling,
    context: RequestContext,
  ): Promise<void> {
    const { userId, apiKeyId } = caller;
    const detail = { name, ...(apiKeyId === null ? {} : { apiKeyId }) };
    const where = { address: context.address, requestId: context.id };
    await this.audit.record({ type, outcome: 'success', userId, subjectId: id, ...where, detail });
  }
}
