import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import { statement } from '../../platform/database/statement.js';
import { endOf, ofTheFirst, pageOf, wantedOf } from '../../platform/database/steps.js';
import { type Proved } from '../../identity/sessions/proof/authentication.js';
import { livingSessionOf, REVOKED_LATELY } from '../../identity/sessions/sessions.sql.js';

/** What is kept of an artifact, as it comes back. */
export interface ArtifactRow {
  id_hash: Buffer;
  sealed_payload: Buffer;
  /** Seconds since 1970; null while it is not used up. */
  consumed: number | null;
  login_session_id: string | null;
  /** That login session has not been noted as used for more than five minutes. */
  stale: boolean | null;
  /** What that login session has proved, and when the last of it was. */
  method: Proved['method'] | null;
  second_factor: Proved['secondFactor'];
  proved_at: Date | null;
}

/** An artifact to be kept. */
export interface NewArtifact {
  readonly idHash: Buffer;
  readonly kind: string;
  readonly uidHash: Buffer | null;
  readonly userCodeHash: Buffer | null;
  readonly grantHash: Buffer | null;
  readonly loginSessionId: string | null;
  readonly clientId: string | null;
  readonly sealedPayload: Buffer;
  /** Seconds from now. */
  readonly lifetime: number;
}

/** A session of the provider that is over, to be told of. */
export interface EndedSession {
  id_hash: Buffer;
  sealed_payload: Buffer;
}

// Saving again never brings back what was used up. A token of a grant that is gone is refused by the foreign key.
const UPSERT = statement(
  'oidc_artifacts_upsert',
  `INSERT INTO oidc_artifacts (id_hash, kind, uid_hash, user_code_hash, grant_hash, login_session_id, client_id, sealed_payload, expires_at)
   VALUES (:id_hash::bytea, :kind::text, :uid_hash::bytea, :user_code_hash::bytea, :grant_hash::bytea, :login_session_id::uuid,
           :client_id::uuid, :sealed_payload::bytea, now() + :lifetime::int * interval '1 second')
   ON CONFLICT (id_hash) DO UPDATE SET
     uid_hash = excluded.uid_hash, user_code_hash = excluded.user_code_hash, grant_hash = excluded.grant_hash,
     login_session_id = excluded.login_session_id, sealed_payload = excluded.sealed_payload, expires_at = excluded.expires_at`,
);

// The provider's session is asked for at each use of a token, and the login behind it in the same statement: logout,
// reset and disabling act at once, whoever ended it. The role and activity of the account come with it (users.sql.ts).
const found = (condition: string) => `
  SELECT a.id_hash, a.sealed_payload, extract(epoch FROM a.consumed_at)::int AS consumed, a.login_session_id,
         living.stale, living.method, living.second_factor, living.proved_at
    FROM oidc_artifacts a LEFT JOIN LATERAL (${livingSessionOf('a.login_session_id')}) living ON true
   WHERE ${condition} AND a.kind = :kind::text AND (a.login_session_id IS NULL OR living.id IS NOT NULL)`;

const FIND = statement<ArtifactRow>('oidc_artifacts_find', found('a.id_hash = :id_hash::bytea'));
const FIND_BY_UID = statement<ArtifactRow>('oidc_artifacts_find_by_uid', found('a.uid_hash = :uid_hash::bytea'));
const FIND_BY_USER_CODE = statement<ArtifactRow>(
  'oidc_artifacts_find_by_user_code',
  found('a.user_code_hash = ANY(:user_code_hashes::bytea[])'),
);

const CREATED_AT = statement<{ created_at: Date }>(
  'oidc_artifacts_created_at',
  'SELECT created_at FROM oidc_artifacts WHERE id_hash = :id_hash::bytea',
);

// The row count decides who was first, on however many instances.
const CONSUME = statement<{ id_hash: Buffer }>(
  'oidc_artifacts_consume',
  `UPDATE oidc_artifacts SET consumed_at = now() WHERE id_hash = :id_hash::bytea AND consumed_at IS NULL RETURNING id_hash`,
);

const END_GRANT_OF = statement(
  'oidc_artifacts_end_grant_of',
  `DELETE FROM oidc_artifacts WHERE id_hash = (SELECT grant_hash FROM oidc_artifacts WHERE id_hash = :id_hash::bytea)`,
);

const DESTROY = statement(
  'oidc_artifacts_destroy',
  'DELETE FROM oidc_artifacts WHERE id_hash = :id_hash::bytea AND kind = :kind::text',
);

const REVOKE_BY_GRANT = statement(
  'oidc_artifacts_revoke_by_grant',
  'DELETE FROM oidc_artifacts WHERE grant_hash = :grant_hash::bytea AND kind = :kind::text',
);

const FORGET_EXPIRED = statement<{ id_hash: Buffer }>(
  'oidc_artifacts_forget_expired',
  `DELETE FROM oidc_artifacts
    WHERE ${ofTheFirst({ table: 'oidc_artifacts', where: `expires_at < now() - interval '5 minutes'`, order: 'expires_at', most: 500 })}
   RETURNING id_hash`,
);

/** Rows that are looked at in one step. */
const STEP = 200;

// The provider's sessions of logins that somebody has ended lately; found by the time of that end.
const REVOKED = statement<{ id_hash: Buffer }>(
  'oidc_artifacts_revoked',
  `SELECT a.id_hash FROM (${REVOKED_LATELY}) revoked JOIN oidc_artifacts a ON a.login_session_id = revoked.id
    WHERE a.kind = 'Session' LIMIT ${STEP}`,
);

// No index finds logins that ran out, or ended in any other way: the provider's sessions are walked through. Counting the active
// login makes PostgreSQL ask for it row by row, and not read all logins.
const WALK = statement<{ id_hash: Buffer; ended: boolean }>(
  'oidc_artifacts_walk',
  `SELECT a.id_hash, (SELECT count(*) FROM (${livingSessionOf('a.login_session_id')}) living) = 0 AS ended FROM oidc_artifacts a
    WHERE a.kind = 'Session' AND a.login_session_id IS NOT NULL AND a.id_hash > :after::bytea ORDER BY a.id_hash LIMIT ${STEP}`,
);

// Codes, tokens and grants that were used or taken away live again in a database that was restored. The provider's sessions
// stay: their logins have ended, and applications are yet to be told.
const ISSUED = {
  table: 'oidc_artifacts',
  key: 'id_hash',
  after: ':after::bytea',
  most: 500,
  where: `(kind <> 'Session' OR login_session_id IS NULL)`,
};
const FORGET_ISSUED = statement<{ gone: number; end: Buffer | null }>(
  'oidc_artifacts_forget_issued',
  `WITH ${pageOf(ISSUED)}, gone AS (DELETE FROM oidc_artifacts WHERE ${wantedOf(ISSUED)} RETURNING id_hash)
   SELECT (SELECT count(*)::int FROM gone) AS gone, (${endOf(ISSUED)}) AS end`,
);

// Whoever deletes the row tells the applications: once, on however many instances.
const TAKE = statement<EndedSession>(
  'oidc_artifacts_take',
  `DELETE FROM oidc_artifacts WHERE id_hash = ANY (:id_hashes::bytea[]) RETURNING id_hash, sealed_payload`,
);

/** What the OpenID Provider remembers: one table, by the hashes of what opens each row. */
@Injectable()
export class ArtifactsRepository {
  constructor(private readonly database: Database) {}

  async upsert(artifact: NewArtifact): Promise<void> {
    await this.database.run(UPSERT, {
      id_hash: artifact.idHash,
      kind: artifact.kind,
      uid_hash: artifact.uidHash,
      user_code_hash: artifact.userCodeHash,
      grant_hash: artifact.grantHash,
      login_session_id: artifact.loginSessionId,
      client_id: artifact.clientId,
      sealed_payload: artifact.sealedPayload,
      lifetime: artifact.lifetime,
    });
  }

  /** What is kept of it, unless the login behind it is over. */
  async find(kind: string, idHash: Buffer): Promise<ArtifactRow | null> {
    const [row] = await this.database.run(FIND, { kind, id_hash: idHash });
    return row ?? null;
  }

  async findByUid(kind: string, uidHash: Buffer): Promise<ArtifactRow | null> {
    const [row] = await this.database.run(FIND_BY_UID, { kind, uid_hash: uidHash });
    return row ?? null;
  }

  /** @param userCodeHashes under this secret and the previous one */
  async findByUserCode(kind: string, userCodeHashes: readonly Buffer[]): Promise<ArtifactRow | null> {
    const [row] = await this.database.run(FIND_BY_USER_CODE, { kind, user_code_hashes: userCodeHashes });
    return row ?? null;
  }

  /** When it was first kept, by the clock that login sessions are opened by. */
  async createdAt(idHash: Buffer): Promise<Date | null> {
    const [row] = await this.database.run(CREATED_AT, { id_hash: idHash });
    return row?.created_at ?? null;
  }

  /** @returns whether this call used it up; false when another one had, or it is gone */
  async consume(idHash: Buffer): Promise<boolean> {
    return (await this.database.run(CONSUME, { id_hash: idHash })).length > 0;
  }

  /** Ends the grant that an artifact was issued on, and with it all that was. */
  async endGrantOf(idHash: Buffer): Promise<void> {
    await this.database.run(END_GRANT_OF, { id_hash: idHash });
  }

  async destroy(kind: string, idHash: Buffer): Promise<void> {
    await this.database.run(DESTROY, { kind, id_hash: idHash });
  }

  async revokeByGrant(kind: string, grantHash: Buffer): Promise<void> {
    await this.database.run(REVOKE_BY_GRANT, { kind, grant_hash: grantHash });
  }

  /** @returns whether there may be more */
  async forgetExpired(): Promise<boolean> {
    return (await this.database.run(FORGET_EXPIRED, {})).length > 0;
  }

  /** Some of the provider's sessions whose login somebody has ended within the last hour. */
  async revoked(): Promise<{ ended: Buffer[]; more: boolean }> {
    const rows = await this.database.run(REVOKED, {});
    return { ended: rows.map(({ id_hash }) => id_hash), more: rows.length === STEP };
  }

  /**
   * One step of a walk through the provider's sessions.
   *
   * @param after where the step before ended; null for the first
   * @returns those whose login is over, and where the step ended; null behind the last
   */
  async endedBehind(after: string | null): Promise<{ ended: Buffer[]; end: string | null }> {
    const rows = await this.database.run(WALK, { after: Buffer.from(after ?? '', 'hex') });
    const last = rows.length === STEP ? rows.at(-1) : undefined;
    const ended = rows.filter((row) => row.ended).map(({ id_hash }) => id_hash);
    return { ended, end: last?.id_hash.toString('hex') ?? null };
  }

  /** Takes sessions of the provider out of the table; of several that do so at once, one gets each. */
  take(ended: readonly Buffer[]): Promise<EndedSession[]> {
    return this.database.run(TAKE, { id_hashes: ended });
  }

  /**
   * One step of a walk: forgets all but the provider's sessions of logins.
   *
   * @param after where the step before ended; null for the first
   * @returns how many it forgot, and where it ended; null behind the last
   */
  async forgetIssued(after: Buffer | null): Promise<{ gone: number; end: Buffer | null }> {
    const [step] = await this.database.run(FORGET_ISSUED, { after: after ?? Buffer.alloc(0) });
    return step ?? { gone: 0, end: null };
  }
}
