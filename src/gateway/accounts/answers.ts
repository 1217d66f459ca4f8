import { type Language } from '../../platform/config/languages.js';
import { TEXTS } from '../../platform/texts/texts.js';
import { whatsappId } from '../../platform/phone/phone.js';
import {
  type GatewayPairingCodeAnswerDto,
  type GatewaySessionAnswerDto,
  type GatewaySessionDto,
  type GatewaySessionGoneAnswerDto,
  type GatewaySessionsAnswerDto,
  type QrTicketAnswerDto,
} from './linked-accounts.dto.js';
import { type LinkedAccountRow } from './linked-accounts.repository.js';
import { type AccountHold } from './linked-accounts.service.js';

/** What is said with a linked account. */
export type LinkedAccountSaying = 'created' | 'session' | 'qr' | 'restarted';

export function sessionAnswer(
  row: LinkedAccountRow,
  qr: string | null,
  saying: LinkedAccountSaying,
  language: Language,
): GatewaySessionAnswerDto {
  return { success: true, message: TEXTS[language].answers.linkedAccounts[saying], data: sessionData(row, qr) };
}

/**
 * @param holds for a caller who sees those of all keys: then they are told apart by more than their name, and it is told who
 *   holds them
 */
export function sessionsAnswer(
  { rows, nextCursor }: { rows: LinkedAccountRow[]; nextCursor: string | null },
  holds: ReadonlyMap<string, AccountHold> | null,
  language: Language,
): GatewaySessionsAnswerDto {
  const data = rows.map((row) => {
    const { sessionId, ...state } = sessionData(row, null);
    const { id, api_key_id: apiKeyId } = row;
    return { sessionId, ...(holds && apiKeyId !== null && { id, apiKeyId }), ...state, ...holdData(holds?.get(id)) };
  });
  return { success: true, message: TEXTS[language].answers.linkedAccounts.sessions, data, nextCursor };
}

export function goneAnswer(language: Language): GatewaySessionGoneAnswerDto {
  return { success: true, message: TEXTS[language].answers.linkedAccounts.deleted };
}

export function pairingCodeAnswer(sessionId: string, code: string, language: Language): GatewayPairingCodeAnswerDto {
  const pairingCode = `${code.slice(0, 4)}-${code.slice(4)}`;
  return {
    success: true,
    message: TEXTS[language].answers.linkedAccounts.pairingCode,
    data: { sessionId, pairingCode },
  };
}

export function ticketAnswer(
  { sessionId, ticket, expiresAt }: { sessionId: string; ticket: string; expiresAt: Date },
  publicUrl: string,
  language: Language,
): QrTicketAnswerDto {
  const url = `${publicUrl}/api/sessions/${sessionId}/qr-page?ticket=${ticket}`;
  return {
    success: true,
    message: TEXTS[language].answers.linkedAccounts.ticket,
    data: { sessionId, ticket, url, expiresAt: expiresAt.toISOString() },
  };
}

/** A linked account as callers and the QR page see it. */
export function sessionData(row: LinkedAccountRow, qr: string | null): GatewaySessionDto {
  return {
    sessionId: row.name,
    status: row.state.toLowerCase() as GatewaySessionDto['status'],
    ...(row.phone === null ? {} : { phone: whatsappId(row.phone) }),
    ...(row.push_name === null ? {} : { name: row.push_name }),
    ...(qr === null ? {} : { qr }),
    ...(row.last_connected_at === null ? {} : { lastConnectedAt: row.last_connected_at.toISOString() }),
  };
}

function holdData(hold: AccountHold | undefined): Pick<GatewaySessionDto, 'holder' | 'queue'> {
  if (!hold) return {};
  const { owner, lease_until: until, isHere, waiting, sending, oldest_at: oldest } = hold;
  return {
    holder: owner === null || until === null ? null : { instance: owner, isHere, leaseUntil: until.toISOString() },
    queue: { waiting, sending, oldestAt: oldest?.toISOString() ?? null },
  };
}
