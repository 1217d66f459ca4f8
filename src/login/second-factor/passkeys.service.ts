import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type AuthenticationResponseJSON, type RegistrationResponseJSON } from '@simplewebauthn/server';
import { NameSettings } from '../../platform/config/groups/names.js';
import { ServerSettings } from '../../platform/config/groups/server.js';
import { newId } from '../../platform/database/new-id.js';
import { AppError } from '../../platform/errors/app-error.js';
import { type CurrentCaller } from '../../platform/http/access.decorators.js';
import { type RequestContext } from '../../platform/http/request-context.js';
import { Accounts } from '../../identity/users/accounts.service.js';
import { type ProvedSession } from '../../identity/sessions/sessions.service.js';
import { ChallengesRepository } from './challenges.repository.js';
import { SecondFactorEnrolment, type Enrolled } from './enrolment.service.js';
import { PasskeysRepository, type PasskeyKeyRow } from './passkeys.repository.js';
import { SecondFactorProofs } from './proofs.service.js';

/** Passkeys that an account may have. */
const MOST_PASSKEYS = 10;

/** Seconds for which a challenge can be answered; browsers are told to wait no longer. */
const CHALLENGE_SECONDS = 300;

const CHALLENGE_BYTES = 32;

type Authenticator = typeof import('@simplewebauthn/server');

/** Passkeys (WebAuthn) as a second factor: the authenticator must have checked who uses it, by PIN, finger or face. */
@Injectable()
export class Passkeys {
  private readonly origin: string;
  private readonly rpId: string;

  constructor(
    server: ServerSettings,
    private readonly names: NameSettings,
    private readonly accounts: Accounts,
    private readonly repository: PasskeysRepository,
    private readonly challenges: ChallengesRepository,
    private readonly enrolment: SecondFactorEnrolment,
    private readonly proofs: SecondFactorProofs,
  ) {
    const { origin, hostname } = new URL(server.publicUrl);
    this.origin = origin;
    this.rpId = hostname;
  }

  /**
   * What a browser needs to make a passkey.
   *
   * @throws AppError `second_factor_off`, `second_factor_required`, `passkey_limit_reached`
   */
  async enrolmentOptions(caller: CurrentCaller) {
    this.enrolment.refuseWhere(caller);
    const account = await this.accounts.get(caller.userId);
    const known = await this.repository.keysOf(caller.userId);
    if (known.length >= MOST_PASSKEYS) throw new AppError('passkey_limit_reached');
    const challenge = await this.begin(caller, 'passkey-enrolment');
    const { generateRegistrationOptions } = await webauthn();
    return generateRegistrationOptions({
      rpName: this.names.appName,
      rpID: this.rpId,
      userID: new Uint8Array(Buffer.from(caller.userId.replaceAll('-', ''), 'hex')),
      userName: account.email ?? account.username ?? account.full_name,
      userDisplayName: account.full_name,
      challenge,
      timeout: CHALLENGE_SECONDS * 1000,
      attestationType: 'none',
      excludeCredentials: known.map(descriptorOf),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    });
  }

  /**
   * Enrols the passkey that a browser has made.
   *
   * @throws AppError `second_factor_off`, `second_factor_required`, `second_factor_setup_expired`, `invalid_second_factor`,
   *   `passkey_limit_reached`
   */
  async enrol(response: object, name: string, caller: CurrentCaller, context: RequestContext): Promise<Enrolled> {
    this.enrolment.refuseWhere(caller);
    const challenge = await this.challenges.take(caller.sessionId, 'passkey-enrolment');
    if (!challenge) throw new AppError('second_factor_setup_expired');
    const { verifyRegistrationResponse } = await webauthn();
    const verified = await verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      ...this.expected(challenge),
    }).catch(() => null);
    if (!verified?.verified) return this.proofs.refuse(caller, context);
    const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
    const passkey = {
      id: newId(),
      userId: caller.userId,
      credentialId: Buffer.from(id, 'base64url'),
      publicKey: Buffer.from(publicKey),
      counter,
      transports: transports.map(String).slice(0, 10),
      name,
    };
    return this.enrolment.enrol('PASSKEY', caller, context, async (transaction) => {
      if ((await this.repository.of(caller.userId, transaction)).length >= MOST_PASSKEYS)
        throw new AppError('passkey_limit_reached');
      if (!(await this.repository.add(passkey, transaction))) throw new AppError('invalid_second_factor');
    });
  }

  /** What a browser needs to sign with one of the account's passkeys. @throws AppError `second_factor_not_enrolled` */
  async proofOptions(caller: CurrentCaller) {
    const known = await this.repository.keysOf(caller.userId);
    if (known.length === 0) throw new AppError('second_factor_not_enrolled');
    const challenge = await this.begin(caller, 'passkey-proof');
    const { generateAuthenticationOptions } = await webauthn();
    return generateAuthenticationOptions({
      rpID: this.rpId,
      challenge,
      timeout: CHALLENGE_SECONDS * 1000,
      userVerification: 'required',
      allowCredentials: known.map(descriptorOf),
    });
  }

  /**
   * Takes a signature over the session's challenge by one of the account's own passkeys.
   *
   * @throws AppError `invalid_second_factor`; the challenge is used up in any case
   */
  async prove(response: object, caller: CurrentCaller, context: RequestContext): Promise<ProvedSession> {
    const challenge = await this.challenges.take(caller.sessionId, 'passkey-proof');
    const { id } = response as { id?: unknown };
    const known = await this.repository.keysOf(caller.userId);
    const key = known.find(({ credential_id: credential }) => credential.toString('base64url') === id);
    if (!challenge || !key) return this.proofs.refuse(caller, context);
    const { verifyAuthenticationResponse } = await webauthn();
    const verified = await verifyAuthenticationResponse({
      response: response as AuthenticationResponseJSON,
      credential: {
        id: key.credential_id.toString('base64url'),
        publicKey: new Uint8Array(key.public_key),
        counter: Number(key.counter),
      },
      ...this.expected(challenge),
    }).catch(() => null);
    if (!verified?.verified) return this.proofs.refuse(caller, context);
    const { newCounter } = verified.authenticationInfo;
    return this.proofs.proved('PASSKEY', caller, context, async (transaction) =>
      (await this.repository.use(key.id, caller.userId, newCounter, transaction)) ? {} : null,
    );
  }

  private async begin(
    { sessionId }: CurrentCaller,
    purpose: 'passkey-enrolment' | 'passkey-proof',
  ): Promise<Uint8Array<ArrayBuffer>> {
    const challenge = randomBytes(CHALLENGE_BYTES);
    await this.challenges.put(sessionId, purpose, challenge, CHALLENGE_SECONDS);
    return new Uint8Array(challenge);
  }

  private expected(challenge: Buffer) {
    return {
      expectedChallenge: challenge.toString('base64url'),
      expectedOrigin: this.origin,
      expectedRPID: this.rpId,
      requireUserVerification: true,
    };
  }
}

/** Loaded when somebody has, or makes, a passkey. */
const webauthn = (): Promise<Authenticator> => import('@simplewebauthn/server');

function descriptorOf({ credential_id: credential, transports }: PasskeyKeyRow) {
  return { id: credential.toString('base64url'), transports };
}
