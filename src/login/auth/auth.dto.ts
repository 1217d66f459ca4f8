import { IsIn, IsNotEmpty, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { AsCode, IsCode } from '../codes/code-input.js';

export class PhoneDto {
  /**
   * Phone number in any common format; stored and compared as E.164.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  phone!: string;
}

export class TypedCodeDto extends PhoneDto {
  /**
   * The code from the message, as text, because leading zeros count. It may be pasted with the message around it.
   * @example 123456
   */
  @AsCode()
  @IsCode()
  otpCode!: string;

  /** `sessionId` of the answer to the request, if the client kept it. It is an identifier, not a secret. */
  @IsOptional()
  @IsUUID()
  sessionId?: string | null;
}

export class VerifyOtpDto extends TypedCodeDto {
  /**
   * `registrationToken` from the registration, when this client registered the account. Without it the first code that
   * proves the number clears the password, e-mail and username that were set there.
   */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  registrationToken?: string | null;
}

export class ChangePasswordDto {
  /** The password that the account has now. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  currentPassword!: string;

  // The longest password that PASSWORD_MAX_LENGTH can allow, each character spelled with two.
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  newPassword!: string;
}

export class RenewLoginDto {
  /**
   * A login code, requested for the account's own number.
   * @example 123456
   */
  @IsOptional()
  @AsCode()
  @IsCode()
  otpCode?: string;

  /** In place of a code. */
  @IsOptional()
  @IsString()
  @MaxLength(2048)
  password?: string;
}

export class PasswordLoginDto {
  /**
   * E-mail address, username or phone number.
   * @example admin@sikeskoja.com
   */
  @IsString()
  @IsNotEmpty()
  @Matches(/^\P{Cc}*$/u)
  @MaxLength(254)
  identifier!: string;

  /** @example password123 */
  // The longest password that PASSWORD_MAX_LENGTH can allow, each character spelled with two.
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  password!: string;
}

export class RegisterDto {
  /** @example Budi Santoso */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  fullName!: string;

  /** @example budi@example.com */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string;

  /**
   * Must contain a letter and no `@`; case does not matter.
   * @example budi
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  username?: string;

  /**
   * In any common format; an account needs an e-mail, a username or a phone.
   * @example 081234567893
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone?: string;

  /** Leave it out for accounts that log in by code only. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  password?: string | null;

  /** `USER` by default; only an admin can give other roles than `USER` and `KARYAWAN`. */
  @IsOptional()
  @IsIn(['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'])
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER' | null;
}

export class RefreshDto {
  /** The refresh token of the last answer. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  refreshToken!: string;
}

export class LogoutDto {
  /** In place of an access token that has expired. */
  @IsOptional()
  @IsString()
  @MaxLength(4096)
  refreshToken?: string;
}

export class TokenDto {
  /** An access or refresh token. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  token!: string;

  /** A hint (RFC 7662, RFC 7009); it is ignored. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  token_type_hint?: string;
}

export class IntrospectionDto {
  /** The only field when the token is not active. */
  active!: boolean;
  /** @example Bearer */
  token_type?: string;
  sub?: string;
  sid?: string;
  role?: string;
  iss?: string;
  aud?: string;
  /** Seconds since 1970. */
  exp?: number;
  /** Seconds since 1970. */
  iat?: number;
  jti?: string;
  /**
   * `urn:masuk:otp` or `urn:masuk:pwd` by the login; `urn:masuk:mfa` with a second factor.
   * @example urn:masuk:otp
   */
  acr?: string;
  /**
   * RFC 8176.
   * @example ["otp"]
   */
  amr?: string[];
  /** When the person last proved who they are, in seconds since 1970. */
  auth_time?: number;
}

export class RefreshedDto {
  /** Access token, a JWT. */
  token!: string;
  /** @example Bearer */
  tokenType!: string;
  /** Lifetime of the access token in seconds. */
  expiresIn!: number;
  /** Replaces the presented one. */
  refreshToken!: string;
}

export class RefreshedAnswerDto {
  success!: true;
  message!: string;
  data!: RefreshedDto;
}

export class DoneAnswerDto {
  success!: true;
  message!: string;
}

export class SessionDto {
  /** Opaque. */
  id!: string;
  /**
   * A short description of the device, as it identified itself.
   * @example Chrome on Android
   */
  device!: string;
  /**
   * The network of the client's address, not the whole address.
   * @example 203.0.113.x
   */
  place!: string;
  /** How the session was opened. */
  method!: 'otp' | 'password';
  /** ISO 8601 in UTC. */
  createdAt!: string;
  /** ISO 8601 in UTC, within five minutes. */
  lastUsedAt!: string;
  /** When the session ends unless it is refreshed. */
  expiresAt!: string;
  /** Whether this is the session of the presented token. */
  current!: boolean;
}

export class SessionsAnswerDto {
  success!: true;
  message!: string;
  data!: SessionDto[];
  nextCursor!: string | null;
}

export class ProfileDto {
  /** @example Administrator SiKesKoja */
  fullName!: string;
  /**
   * National form.
   * @example 081234567890
   */
  phone!: string | null;
}

export class UserDto {
  /** Opaque. */
  id!: string;
  email!: string | null;
  username!: string | null;
  /**
   * National form.
   * @example 081234567890
   */
  phone!: string | null;
  role!: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
  profile!: ProfileDto;
}

export class OtpSentDto {
  /** Names the challenge; authorises nothing. */
  sessionId!: string;
  /** When the code expires, ISO 8601 in UTC. */
  expiresAt!: string;
  /** When a new code can be requested, ISO 8601 in UTC. */
  resendAt!: string;
  /**
   * The provider that took the message.
   * @example whacenter
   */
  channel!: string;
  /** Present and true when the newest code is still valid and its cooldown runs: nothing was sent. */
  alreadySent?: boolean;
}

export class LoginDto {
  /** Access token, a JWT. */
  token!: string;
  /** @example Bearer */
  tokenType!: string;
  /** Lifetime of the access token in seconds. */
  expiresIn!: number;
  /** Opaque; it can be exchanged for new tokens once. */
  refreshToken!: string;
  /** When sent as `X-Device-Token` at later logins, it gives this device its own allowance of codes and guesses. */
  deviceToken!: string;
  user!: UserDto;
}

export class RegisteredDto {
  user!: UserDto;
  /**
   * Only when somebody registered their own phone number. Send it with the code that proves the number, so that what was
   * set here stays.
   */
  registrationToken?: string;
}

export class RegisterAnswerDto {
  success!: true;
  message!: string;
  data!: RegisteredDto;
}

export class OtpSentAnswerDto {
  success!: true;
  message!: string;
  data!: OtpSentDto;
}

export class LoginAnswerDto {
  success!: true;
  message!: string;
  data!: LoginDto;
}

export class MeAnswerDto {
  success!: true;
  message!: string;
  data!: UserDto;
}

export class DeviceDto {
  connected!: boolean;
  /** Complete for admins, masked for everybody else; absent when not connected. */
  deviceId?: string;
}

export class DeviceStatusAnswerDto {
  success!: boolean;
  /** Present and false when not connected. */
  status?: boolean;
  /** Present when not connected. */
  message?: string;
  data!: DeviceDto;
}

export class JwkSetDto {
  /** JSON Web Keys (RFC 7517); empty with HS256. */
  keys!: Record<string, unknown>[];
}
