import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type FastifyInstance, type FastifyReply } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { type ErrorCode } from '../errors/catalogue.js';
import { AddressLimits, type AddressAllowance } from '../limits/address-limits.js';
import { addressKey } from './client-address.js';
import { type ReservingRequest } from './request-context.js';

interface AddressLimitRule {
  readonly allowances: readonly AddressAllowance[];
  readonly refusal: ErrorCode;
}

const ADDRESS_LIMIT = Symbol('address limit');

/**
 * Says, where a route is declared, which allowances of the client's address it draws on, and how it refuses. One of
 * each is reserved before the handler runs; what the flow does not `confirm` goes back when the answer has left.
 */
export const AddressLimit = (refusal: ErrorCode, ...allowances: AddressAllowance[]) =>
  SetMetadata(ADDRESS_LIMIT, { allowances, refusal } satisfies AddressLimitRule);

/**
 * Settles each request's reservations when its flow has come to an answer. Not when the connection closes: a client that
 * hangs up does so before the flow has confirmed what it spends, and would get it back.
 */
export function settleAddressReservations(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request: ReservingRequest, _reply, payload, done) => {
    request.addressReservations?.settle();
    done(null, payload);
  });
}

@Injectable()
export class AddressLimitGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limits: AddressLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const rule = this.reflector.getAllAndOverride<AddressLimitRule | undefined>(ADDRESS_LIMIT, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!rule) return true;
    const request = context.switchToHttp().getRequest<ReservingRequest>();
    const address = addressKey(request.ip);
    const reserved = new Set<AddressAllowance>();
    request.addressReservations = {
      confirm: (allowance) => reserved.delete(allowance),
      settle: () => {
        for (const allowance of reserved) this.limits.giveBack(allowance, address);
        reserved.clear();
      },
    };
    let refusedFor: number | null = null;
    for (const allowance of rule.allowances) {
      refusedFor = await this.limits.reserve(allowance, address);
      if (refusedFor !== null) break;
      reserved.add(allowance);
    }
    this.tell(context, rule.allowances, address);
    if (refusedFor !== null) throw new AppError(rule.refusal, { retryAfter: refusedFor });
    return true;
  }

  /** The fields of draft-ietf-httpapi-ratelimit-headers, for the allowances that a client can see from outside. */
  private tell(context: ExecutionContext, allowances: readonly AddressAllowance[], address: string): void {
    const standings = allowances.map((name) => ({ name, ...this.limits.standing(name, address) }));
    const policy = standings.map(({ name, cap, window }) => `"${name}";q=${cap};w=${window}`);
    const left = standings.map(({ name, left, seconds }) => `"${name}";r=${left};t=${Math.ceil(seconds)}`);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    void reply.header('ratelimit-policy', policy.join(', ')).header('ratelimit', left.join(', '));
  }
}
