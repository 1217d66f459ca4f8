import { Transform } from 'class-transformer';
import { IsNotEmpty, IsObject, IsString, Matches, MaxLength } from 'class-validator';
import { extractCode } from '../codes/code-input.js';
import { TOTP_DIGITS } from './totp.js';

export class TotpCodeDto {
  /**
   * The six digits that the authenticator app shows, as text.
   * @example 123456
   */
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (extractCode(value, TOTP_DIGITS) ?? value) : value,
  )
  @IsString()
  @Matches(/^\d{6}$/)
  code!: string;
}

export class RecoveryCodeDto {
  /** @example abcd-efgh-jkmn-pqrs-tuvw-xyz2 */
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  code!: string;
}

export class NewPasskeyDto {
  /**
   * What the owner calls it.
   * @example Laptop kantor
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  name!: string;

  /** What `navigator.credentials.create()` gave, as JSON (RegistrationResponseJSON of WebAuthn Level 3). */
  @IsObject()
  response!: Record<string, unknown>;
}

export class PasskeyProofDto {
  /** What `navigator.credentials.get()` gave, as JSON (AuthenticationResponseJSON of WebAuthn Level 3). */
  @IsObject()
  response!: Record<string, unknown>;
}

export class PasskeyDto {
  id!: string;
  name!: string;
  createdAt!: string;
  lastUsedAt!: string | null;
}

export class TotpDto {
  since!: string;
}

export class SecondFactorDto {
  /** `STAFF_SECOND_FACTOR`. */
  mode!: 'off' | 'offer' | 'require';
  /** What this session must do before it has the role of its account. */
  needs!: 'nothing' | 'proof' | 'enrolment';
  /** By what its owner proves again who they are: a second factor, or a code or the password of the login. */
  freshBy!: 'second-factor' | 'login';
  /** Until when their last proof is young enough for what needs a fresh login. */
  freshUntil!: string;
  /** One-time passwords of an authenticator app; null: none. */
  totp!: TotpDto | null;
  passkeys!: PasskeyDto[];
  recoveryCodesLeft!: number;
}

export class SecondFactorAnswerDto {
  success!: true;
  message!: string;
  data!: SecondFactorDto;
}

export class TotpSetupDto {
  /**
   * The key, for typing: Base32. It is shown only here.
   * @example GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
   */
  secret!: string;
  /** The key, for a link on a phone. */
  uri!: string;
  /** The key as a QR code: a PNG as a data URL. */
  qr!: string;
  /** Seconds in which it can be confirmed. */
  expiresIn!: number;
}

export class TotpSetupAnswerDto {
  success!: true;
  message!: string;
  data!: TotpSetupDto;
}

export class RenewedTokensDto {
  /** Access token, a JWT. */
  token!: string;
  /** @example Bearer */
  tokenType!: string;
  /** Lifetime of the access token in seconds. */
  expiresIn!: number;
  /** Replaces the session's refresh token, which ends the session when it is shown again. */
  refreshToken!: string;
}

export class ProvedDto {
  /** Null where a cookie holds the session: then the answer replaces the cookie. */
  tokens!: RenewedTokensDto | null;
}

export class ProvedAnswerDto {
  success!: true;
  message!: string;
  data!: ProvedDto;
}

export class EnrolledDto extends ProvedDto {
  /** With the first factor of an account: each opens it once in place of a factor. They are shown only here. */
  recoveryCodes!: string[] | null;
}

export class EnrolledAnswerDto {
  success!: true;
  message!: string;
  data!: EnrolledDto;
}

export class RecoveryCodesDto {
  recoveryCodes!: string[];
}

export class RecoveryCodesAnswerDto {
  success!: true;
  message!: string;
  data!: RecoveryCodesDto;
}

export class SecondFactorDoneAnswerDto {
  success!: true;
  message!: string;
}

export class PasskeyOptionsAnswerDto {
  success!: true;
  message!: string;
  /** For `navigator.credentials`, as JSON (WebAuthn Level 3). */
  data!: Record<string, unknown>;
}
