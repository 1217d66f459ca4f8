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

/** @param ofAll whether the caller sees those of all keys: then they are told apart by more than their name */
export function sessionsAnswer(
  { rows, nextCursor }: { rows: LinkedAccountRow[]; nextCursor: string | null },
  ofAll: boolean,
  language: Language,
): GatewaySessionsAnswerDto {
  const data = rows.map((row) => {
    const { sessionId, ...state } = sessionData(row, null);
    const { id, api_key_id: apiKeyId } = row;
    return { sessionId, ...(ofAll && apiKeyId !== null && { id, apiKeyId }), ...state };
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
