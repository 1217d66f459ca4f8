import { createParamDecorator, Injectable, type ExecutionContext, type PipeTransform } from '@nestjs/common';
import { type FastifyRequest } from 'fastify';
import { RegionSettings } from '../config/groups/region.js';
import { type Language } from '../config/languages.js';
import { answerLanguage } from '../texts/language.js';
import { type AddressAllowance } from '../limits/address-limits.js';
import { DEVICE_COOKIE, browserCookie } from './browser-cookies.js';
import { addressKey } from './client-address.js';

/** What a request has reserved of its address's allowances. */
export interface AddressReservations {
  /** Keeps the reservation: a send went out, a guess was wrong. What is not confirmed goes back with the answer. */
  confirm(allowance: AddressAllowance): void;
  /** Gives back what has not been confirmed. */
  settle(): void;
}

/** What a flow needs to know of the request it serves, free of HTTP. */
export interface RequestContext {
  /** Request id, as in the log and in the `X-Request-Id` header of the answer. */
  readonly id: string;
  /** Key of the client's address: limits and audit use it. */
  readonly address: string;
  /** At most 200 characters, control characters removed. */
  readonly userAgent: string | null;
  /** `X-Device-Token` as sent, or the cookie that our own pages keep it in; unchecked. */
  readonly deviceToken: string | null;
  /** What the answer is written in, and the messages that the request leads to. */
  readonly language: Language;
  /** The application that a person logs in for, as its login page says (`X-Client-Id`); unchecked. */
  readonly clientId?: string | undefined;
  /** What this request has reserved of its address's allowances. */
  readonly addressReservations: AddressReservations;
}

export interface ReservingRequest extends FastifyRequest {
  addressReservations?: AddressReservations;
}

const NO_RESERVATIONS: AddressReservations = { confirm: () => undefined, settle: () => undefined };

const RequestOfRoute = createParamDecorator((_: unknown, execution: ExecutionContext) =>
  execution.switchToHttp().getRequest<ReservingRequest>(),
);

@Injectable()
class ContextOfRequest implements PipeTransform<ReservingRequest, RequestContext> {
  constructor(private readonly settings: RegionSettings) {}

  transform(request: ReservingRequest): RequestContext {
    return {
      id: request.id,
      address: addressKey(request.ip),
      // Header bytes are bounded by Node; control characters would forge lines in a terminal that shows the audit log.
      userAgent: request.headers['user-agent']?.replace(/[\p{Cc}\p{Cf}]/gu, '').slice(0, 200) ?? null,
      deviceToken: deviceTokenOf(request),
      language: answerLanguage(this.settings.messageLanguage, request.headers['accept-language']),
      clientId: clientIdOf(request),
      addressReservations: request.addressReservations ?? NO_RESERVATIONS,
    };
  }
}

/** Hands a controller method the request's context. */
export const Context = () => RequestOfRoute(ContextOfRequest);

function clientIdOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-client-id'];
  return typeof header === 'string' && header.length <= 64 ? header : undefined;
}

/** What a request says of its device: `X-Device-Token`, or the cookie that our own pages keep it in; unchecked. */
export function deviceTokenOf(request: FastifyRequest): string | null {
  const header = request.headers['x-device-token'];
  return typeof header === 'string' && header.length <= 200 ? header : browserCookie(request, DEVICE_COOKIE);
}
