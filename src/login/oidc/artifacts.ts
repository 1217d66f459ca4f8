import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Adapter, type AdapterPayload } from 'oidc-provider';
import { Audit } from '../../records/audit/audit.service.js';
import { AuthSecret } from '../../platform/secrets/auth-secret.js';
import { BrowserSessions } from '../../identity/sessions/browser-sessions.js';
import { authenticationOf, numericDate } from '../../identity/sessions/proof/authentication.js';
import { ArtifactsRepository, type ArtifactRow } from './artifacts.repository.js';

/** A payload with what we add to the library's own. */
export interface Payload extends AdapterPayload {
  /** Of the provider's session and of grants: the login session that they belong to. */
  loginSessionId?: string;
}

/** Kinds that are issued on a grant, and end with it. */
const GRANTED: ReadonlySet<string> = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);

/** Kinds that end with a login session, and go when that is forgotten. */
const OF_A_LOGIN: ReadonlySet<string> = new Set(['Session', 'Grant']);

/** How long a row is kept when the library names no end, in seconds. */
const A_DAY = 86_400;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the OpenID Provider remembers, hashed by its ids and sealed; see `artifacts.repository.ts`. */
@Injectable()
export class Artifacts {
  constructor(
    private readonly secret: AuthSecret,
    private readonly repository: ArtifactsRepository,
    private readonly browsers: BrowserSessions,
    private readonly audit: Audit,
  ) {}

  /** The library's way to artifacts of one kind. */
  adapterOf(kind: string): Adapter {
    const id = (value: string) => hashOf(kind, value);
    return {
      upsert: (value, payload, lifetime) => this.keep(kind, value, payload, lifetime),
      find: async (value) => this.read(kind, await this.repository.find(kind, id(value))),
      findByUid: async (uid) => this.read(kind, await this.repository.findByUid(kind, hashOf('uid', uid))),
      findByUserCode: async (code) => {
        const hashes = this.secret.acceptedMacs('oidc-user-code', code);
        return this.read(kind, await this.repository.findByUserCode(kind, hashes));
      },
      consume: (value) => this.consume(kind, id(value)),
      destroy: (value) => this.repository.destroy(kind, id(value)),
      revokeByGrantId: (grant) => this.repository.revokeByGrant(kind, hashOf('Grant', grant)),
    };
  }

  /** When an artifact was first kept, to the millisecond: the library knows seconds. */
  createdAt(kind: string, value: string): Promise<Date | null> {
    return this.repository.createdAt(hashOf(kind, value));
  }

  /** What a row of a session says that was taken out of the table. */
  open(kind: string, row: Pick<ArtifactRow, 'id_hash' | 'sealed_payload'>): Payload {
    const opened = this.secret.open('oidc-artifact', row.sealed_payload, contextOf(kind, row.id_hash));
    return JSON.parse(opened.toString()) as Payload;
  }

  /**
   * Forgets the codes, tokens and grants of everybody; for a database that was restored, where used ones are valid again. The
   * provider's sessions are forgotten when applications have been told that their logins ended.
   *
   * @returns how many there were
   */
  async forgetIssued(): Promise<number> {
    let gone = 0;
    let place: Buffer | null = null;
    do {
      const step: { gone: number; end: Buffer | null } = await this.repository.forgetIssued(place);
      gone += step.gone;
      place = step.end;
    } while (place !== null);
    return gone;
  }

  private async keep(kind: string, value: string, payload: Payload, lifetime = A_DAY): Promise<void> {
    const { uid, userCode, grantId, clientId, loginSessionId } = payload;
    const idHash = hashOf(kind, value);
    const artifact = {
      idHash,
      kind,
      uidHash: kind === 'Session' && uid !== undefined ? hashOf('uid', uid) : null,
      userCodeHash: userCode === undefined ? null : this.secret.mac('oidc-user-code', userCode),
      grantHash: GRANTED.has(kind) && grantId !== undefined ? hashOf('Grant', grantId) : null,
      loginSessionId: OF_A_LOGIN.has(kind) ? (loginSessionId ?? null) : null,
      clientId: clientId !== undefined && UUID.test(clientId) ? clientId : null,
      sealedPayload: this.secret.seal('oidc-artifact', JSON.stringify(payload), contextOf(kind, idHash)),
      lifetime: Math.max(1, Math.ceil(lifetime)),
    };
    await this.repository.upsert(artifact).catch(async (error: unknown) => {
      if (constraintOf(error) !== 'oidc_artifacts_grant_hash_fkey') throw error;
      // Its grant ended while it was being issued: a code that was shown twice, or a logout.
      const { errors } = await import('oidc-provider');
      throw new errors.InvalidGrant('grant ended');
    });
  }

  private async read(kind: string, row: ArtifactRow | null): Promise<Payload | undefined> {
    if (!row) return undefined;
    const payload = this.open(kind, row);
    // What names an account lives only as long as a login session: what names none is over.
    if (OF_A_LOGIN.has(kind) && payload.accountId !== undefined && row.login_session_id === null) return undefined;
    if (row.stale && row.login_session_id !== null) await this.browsers.keepAlive(row.login_session_id);
    if (kind === 'Session') Object.assign(payload, loginOf(row));
    return row.consumed === null ? payload : { ...payload, consumed: row.consumed };
  }

  /**
   * Uses something up that may be used once. Whoever comes second, in whatever order the library has looked, ends the
   * grant and all that was issued on it (RFC 6749 section 4.1.2, RFC 9700 section 4.14).
   */
  private async consume(kind: string, idHash: Buffer): Promise<void> {
    if (await this.repository.consume(idHash)) return;
    await this.repository.endGrantOf(idHash);
    await this.audit.record({ type: 'oidc.replayed', outcome: 'failure', detail: { kind } });
    const { errors } = await import('oidc-provider');
    throw kind === 'PushedAuthorizationRequest'
      ? new errors.InvalidRequestUri('request_uri was already used')
      : new errors.InvalidGrant('already consumed');
  }
}

/** What the library is told of the login: as it stands, whatever it was when the provider's session began. */
function loginOf({ method, second_factor: secondFactor, proved_at: provedAt }: ArtifactRow): object {
  if (method === null || provedAt === null) return {};
  return { ...authenticationOf({ method, secondFactor }), loginTs: numericDate(provedAt) };
}

/** Ids have 256 random bits and need no slower hash; the kind keeps a code from being found as a token. */
function hashOf(kind: string, value: string): Buffer {
  return createHash('sha256').update(`${kind}:${value}`).digest();
}

function contextOf(kind: string, idHash: Buffer): string {
  return `${kind}:${idHash.toString('hex')}`;
}

function constraintOf(error: unknown): unknown {
  return error instanceof Error ? (error as { constraint?: unknown }).constraint : undefined;
}
