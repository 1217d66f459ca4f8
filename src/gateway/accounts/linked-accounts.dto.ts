import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { SESSION_ID } from './linked-account-routes.js';
import { PageSizeDto } from '../../platform/http/validation/page.dto.js';

/** The name of a linked account, and where several have it the id of the one that a page ended with. */
const SESSION_CURSOR = /^[A-Za-z0-9_-]{1,64}(?:~[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?$/;

export class CreateGatewaySessionDto {
  /**
   * Letters, digits, `_` and `-`, 64 at most.
   * @example my-session
   */
  @IsString()
  @IsNotEmpty()
  @Matches(SESSION_ID)
  sessionId!: string;
}

export class GatewaySessionPageDto extends PageSizeDto {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @Matches(SESSION_CURSOR)
  cursor?: string;
}

export class PairingCodeDto {
  /**
   * Number of the account to be linked.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(40)
  phone!: string;
}

export class AccountHolderDto {
  /** Names the instance until it stops; another one each time that it starts. */
  instance!: string;
  /** Whether it is the one that answers this request. */
  isHere!: boolean;
  /** It renews its lease all the time; if it cannot, another instance takes the account then. */
  leaseUntil!: string;
}

export class AccountQueueDto {
  waiting!: number;
  /** Given to WhatsApp, which has not confirmed yet. */
  sending!: number;
  /** When the oldest of both was queued; null without any. */
  oldestAt!: string | null;
}

export class GatewaySessionDto {
  /** The id that was chosen when the linked account was created. */
  sessionId!: string;
  /** Only for admins, and only for linked accounts that an API key created: a unique id that can take the place of the name. */
  id?: string;
  /** Only together with `id`: the API key that created the linked account. */
  apiKeyId?: string;
  /** `qr`: a code waits to be scanned; `logged_out`: its phone, or WhatsApp, has taken it off. */
  status!: 'connecting' | 'qr' | 'connected' | 'disconnected' | 'logged_out';
  /**
   * The linked account, as a WhatsApp id.
   * @example 6281234567890@s.whatsapp.net
   */
  phone?: string;
  /** Name of the account, as its owner wrote it. Show it as text, never as markup. */
  name?: string;
  /** PNG as a data URL; only while a code waits to be scanned. */
  qr?: string;
  /** ISO 8601 in UTC. */
  lastConnectedAt?: string;
  /** Only in the list, for admins and supervisors: the instance that runs its connection; null: none does. */
  holder?: AccountHolderDto | null;
  /** Only in the list, for admins and supervisors: its messages that are still to be sent. */
  queue?: AccountQueueDto;
}

export class GatewaySessionAnswerDto {
  success!: true;
  message!: string;
  data!: GatewaySessionDto;
}

export class GatewaySessionsAnswerDto {
  success!: true;
  message!: string;
  data!: GatewaySessionDto[];
  /** For the next page; null on the last one. */
  nextCursor!: string | null;
}

export class GatewaySessionGoneAnswerDto {
  success!: true;
  message!: string;
}

export class GatewayPairingCodeDto {
  sessionId!: string;
  /** @example ABCD-1234 */
  pairingCode!: string;
}

export class GatewayPairingCodeAnswerDto {
  success!: true;
  message!: string;
  data!: GatewayPairingCodeDto;
}

export class QrTicketDto {
  sessionId!: string;
  ticket!: string;
  /** Opens the page once; whoever uses it first sees the QR code. */
  url!: string;
  /** ISO 8601 in UTC. */
  expiresAt!: string;
}

export class QrTicketAnswerDto {
  success!: true;
  message!: string;
  data!: QrTicketDto;
}
