import { randomBytes, randomUUID } from 'node:crypto';
import { AuthSecret } from '../../src/platform/secrets/auth-secret.js';
import { inOrder, statement } from '../../src/platform/database/statement.js';
import type { TestDatabase } from './database.js';
import { CHARGE, CLOSE_UNSENT, CONFIRM, CONSUME, EXCHANGE, ISSUE } from './release-before.sql.js';

type Queries = Pick<TestDatabase, 'query'>;
type Purpose = 'login' | 'reset';

/** A code that it made. */
export interface IssuedBefore {
  readonly id: string;
  readonly code: string;
}

/** An instance of the release before, as far as the database sees one; its settings are the default ones. */
export class ReleaseBefore {
  private readonly secret: AuthSecret;

  /** @param authSecret the one that the instances of both releases share */
  constructor(
    private readonly database: Queries,
    authSecret: string,
  ) {
    this.secret = new AuthSecret(authSecret);
  }

  /** @returns null when a limit refused it, or another code lives and its cooldown runs */
  async issue(phone: string, purpose: Purpose = 'login'): Promise<IssuedBefore | null> {
    const made = { id: randomUUID(), code: String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0') };
    const [row] = await this.run<{ current_session_id: string | null }>('otp_issue', ISSUE, {
      ...this.lane(phone, purpose),
      otp_session_id: made.id,
      code_hash: this.hash(phone, purpose, made),
      sealed_content: Buffer.from('sealed by the release before'),
      ttl: purpose === 'login' ? 300 : 900,
      conceal: false,
      cooldowns: [60, 120, 300],
      per_hour: 5,
      per_day: 10,
      failed_allowed: 10,
      claim_seconds: 60,
      address: '127.0.0.1',
      request_id: randomUUID(),
      audit_id: randomUUID(),
    });
    return row?.current_session_id === made.id ? made : null;
  }

  /** Pays for a guess and then compares, as it did; a right one uses the code up, or is noted as shown. */
  async guess(
    phone: string,
    code: string,
    purpose: Purpose = 'login',
    then: 'use' | 'show' = 'use',
  ): Promise<'right' | 'wrong' | 'locked'> {
    const lane = this.lane(phone, purpose);
    const [charged] = await this.run<{ otp_session_id: string | null }>('otp_charge', CHARGE, lane);
    if (!charged) return 'locked';
    const { otp_session_id: id } = charged;
    if (id === null) return 'wrong';
    const values = {
      ...lane,
      known: false,
      otp_session_id: id,
      code_hashes: [this.hash(phone, purpose, { id, code })],
    };
    const rows =
      then === 'use'
        ? await this.run('otp_consume', CONSUME, values)
        : await this.run('otp_confirm', CONFIRM, { ...values, mark: true });
    return rows.length > 0 ? 'right' : 'wrong';
  }

  /** Notes that a code could not be sent. */
  async closeUnsent(phone: string, { id }: IssuedBefore, purpose: Purpose = 'login'): Promise<void> {
    await this.run('otp_close_unsent', CLOSE_UNSENT, { phone, purpose, otp_session_id: id });
  }

  /** Exchanges a refresh token by its hash. @returns null for a token that it does not know */
  async exchange(presented: Buffer, successor: Buffer): Promise<string | null> {
    const [row] = await this.run<{ verdict: string }>('refresh_exchange', EXCHANGE, {
      presented_hash: presented,
      successor_hash: successor,
      sealed_successor: Buffer.from('sealed by the release before'),
      idle_seconds: 30 * 86_400,
      audit_id: randomUUID(),
      address: '127.0.0.1',
      request_id: randomUUID(),
    });
    return row?.verdict ?? null;
  }

  /** Opens a login session with its first refresh token. */
  async open(userId: string, refreshHash: Buffer): Promise<string> {
    const id = randomUUID();
    await this.database.query(
      `WITH opened AS (
         INSERT INTO login_sessions (id, user_id, device_id, method, client_address, idle_expires_at, expires_at)
         VALUES ($1, $2, $1, 'OTP', '127.0.0.1', now() + interval '30 days', now() + interval '90 days') RETURNING id
       )
       INSERT INTO refresh_tokens (token_hash, session_id) SELECT $3, id FROM opened`,
      [id, userId, refreshHash],
    );
    return id;
  }

  private lane(phone: string, purpose: Purpose) {
    return { phone, purpose, device_user: null, device_issued: null, max_attempts: 3, budget: 5 };
  }

  private hash(phone: string, purpose: Purpose, { id, code }: IssuedBefore): Buffer {
    return this.secret.mac('otp-code', `${purpose}\n${phone}\n${id}\n${code}`);
  }

  private run<Row extends object>(name: string, sql: string, values: Parameters<typeof inOrder>[1]): Promise<Row[]> {
    const prepared = statement<Row>(name, sql);
    return this.database.query<Row & Record<string, unknown>>(prepared.text, inOrder(prepared, values));
  }
}
