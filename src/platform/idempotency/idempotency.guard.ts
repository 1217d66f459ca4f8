import {
  Catch,
  Injectable,
  SetMetadata,
  applyDecorators,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiHeader } from '@nestjs/swagger';
import { type FastifyInstance, type FastifyReply } from 'fastify';
import { DeliverySettings } from '../config/groups/delivery.js';
import { GatewaySettings } from '../config/groups/gateway.js';
import { AppError } from '../errors/app-error.js';
import { type ErrorCode } from '../errors/catalogue.js';
import { type CallerRequest } from '../http/access.decorators.js';
import { addressKey } from '../http/client-address.js';
import { LeasedLimits } from '../limits/leased-limits.js';
import { deviceTokenOf } from '../http/request-context.js';
import { canonicalJson, idempotencyKey } from './idempotency-key.js';
import { IdempotentRequests, type GivenAnswer } from './idempotent-requests.js';

const IDEMPOTENT = Symbol('idempotent');

/** Says that an answer is one that was given before. */
export const REPLAYED_HEADER = 'idempotency-replayed';

/** Headers that belong to an answer itself; the others are of the connection, or of each request. */
const KEPT_HEADERS = ['content-type', 'cache-control', 'location'] as const;

/** Keys that callers without an API key may use from one address: each of them is a row for a day. */
const KEYS_AN_HOUR = { name: 'idempotency', cap: 1_000, seconds: 3_600 };

/** How long a route may take to send what it sends, in seconds. */
type TimeLimit = (settings: SendTimes) => number;

type SendTimes = Pick<DeliverySettings, 'sendTimeout'> & Pick<GatewaySettings, 'gatewaySendTimeout'>;

/**
 * A route that acts once for all requests with the same `Idempotency-Key`; without the header nothing changes. Its
 * failures are `IDEMPOTENCY_FAILURES`.
 *
 * @param timeLimit how long a request of this route may send: when its instance dies, its key is free soon after that
 */
export const Idempotent = (timeLimit: TimeLimit = ({ sendTimeout }) => sendTimeout) =>
  applyDecorators(
    SetMetadata(IDEMPOTENT, timeLimit),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A value that the caller chooses for this request, best a UUID, in quotes. A request with the same key and body ' +
        'within 24 hours gets the same answer (`Idempotency-Replayed: true`) and is not carried out again. Answers with ' +
        '401, 403, 408, 429 and 5xx are not stored: the same key can be tried again.',
      schema: { type: 'string', maxLength: 257, example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"' },
    }),
  );

/** What an idempotent route answers besides its own failures. */
export const IDEMPOTENCY_FAILURES: readonly ErrorCode[] = [
  'idempotency_key_invalid',
  'idempotency_conflict',
  'idempotency_key_reused',
  'rate_limited',
];

interface IdempotentRequest extends CallerRequest {
  /** Takes the answer down, where the request began one that is to be kept. */
  keepAnswer?: (answer: GivenAnswer | null) => Promise<void>;
}

/** The answer is known already: ends the request before limits are charged and the handler runs. */
class AnsweredBefore extends Error {
  override readonly name = 'AnsweredBefore';
  constructor(readonly answer: GivenAnswer) {
    super('answered before');
  }
}

/** Stands behind the guards that know who calls, and before the one that charges the caller's address. */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  private readonly sendTimes: SendTimes;

  constructor(
    private readonly reflector: Reflector,
    private readonly requests: IdempotentRequests,
    private readonly limits: LeasedLimits,
    { sendTimeout }: DeliverySettings,
    { gatewaySendTimeout }: GatewaySettings,
  ) {
    this.sendTimes = { sendTimeout, gatewaySendTimeout };
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IdempotentRequest>();
    const header = request.headers['idempotency-key'];
    if (header === undefined) return true;
    const limitOf = this.reflector.getAllAndOverride<TimeLimit | undefined>(IDEMPOTENT, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!limitOf) return true;
    const key = idempotencyKey(String(header));
    if (key === null) throw new AppError('idempotency_key_invalid');
    const content = `${request.method} ${request.url}\n${canonicalJson(request.body)}`;
    const keyed = { scope: scopeOf(request), key, content, timeLimit: limitOf(this.sendTimes) };
    const begun = await this.withinLimit(request, () => this.requests.begin(keyed));
    if ('status' in begun) throw new AnsweredBefore(begun);
    request.keepAnswer = (answer) => this.requests.finish(begun, answer);
    return true;
  }

  /** A new key counts for its address; API keys have a limit of calls as it is. */
  private async withinLimit<Begun extends object>(request: CallerRequest, begin: () => Promise<Begun>): Promise<Begun> {
    if (request.apiKey) return begin();
    const address = addressKey(request.ip);
    const refusedFor = await this.limits.reserve(KEYS_AN_HOUR, address);
    if (refusedFor !== null) throw new AppError('rate_limited', { retryAfter: refusedFor });
    let isNew = false;
    try {
      const begun = await begin();
      isNew = !('status' in begun);
      return begun;
    } finally {
      if (!isNew) this.limits.giveBack(KEYS_AN_HOUR, address);
    }
  }
}

/** Gives an answer once more. */
@Catch(AnsweredBefore)
export class AnsweredBeforeFilter implements ExceptionFilter {
  catch({ answer }: AnsweredBefore, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.code(answer.status).headers(answer.headers).header(REPLAYED_HEADER, 'true').send(answer.body);
  }
}

/** Keeps answers of requests that came with a key, before they leave: whoever repeats them gets the same. */
export function keepAnswers(fastify: FastifyInstance): void {
  fastify.addHook('onSend', (request: IdempotentRequest, reply, payload, done) => {
    const { keepAnswer } = request;
    if (!keepAnswer) {
      done(null, payload);
      return;
    }
    delete request.keepAnswer;
    void keepAnswer(typeof payload === 'string' ? answerOf(reply, payload) : null).then(() => {
      done(null, payload);
    });
  });
}

function answerOf(reply: FastifyReply, body: string): GivenAnswer {
  const headers = KEPT_HEADERS.map((name) => [name, reply.getHeader(name)] as const);
  const given = headers.filter(
    (entry): entry is [(typeof KEPT_HEADERS)[number], string] => typeof entry[1] === 'string',
  );
  return { status: reply.statusCode, headers: Object.fromEntries(given), body };
}

/** Whose the key is: an account's, an API key's, or of an address and the device that it said it was. */
function scopeOf(request: CallerRequest): string {
  if (request.caller) return `account ${request.caller.userId}`;
  if (request.apiKey) return `key ${request.apiKey.id}`;
  return `address ${addressKey(request.ip)} ${deviceTokenOf(request) ?? ''}`;
}
