import { IsIn, IsNotEmpty, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { AsCode, IsCode } from '../codes/typed-code.js';

export class PhoneDto {
  /**
   * Phone number in any common spelling; stored and compared as E.164.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  phone!: string;
}

export class TypedCodeDto extends PhoneDto {
  /**
   * The code from the message, as text: leading zeros count. The message around it may be there too.
   * @example 123456
   */
  @AsCode()
  @IsCode()
  otpCode!: string;

  /** `sessionId` of the answer to the request, if the client kept it. It is a name, no secret. */
  @IsOptional()
  @IsUUID()
  sessionId?: string | null;
}

export class VerifyOtpDto extends TypedCodeDto {
  /**
   * `registrationToken` of the registration, where this client made the account. Without it the first code that proves the
   * number clears the password, e-mail and username that were set there.
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
   * Holds a letter and no `@`; case does not matter.
   * @example budi
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  username?: string;

  /**
   * In any common spelling; an account needs an e-mail, a username or a phone.
   * @example 081234567893
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone?: string;

  /** Left out by those who log in by code only. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  password?: string | null;

  /** `USER` where nothing is said; others than `USER` and `KARYAWAN` only an admin gives. */
  @IsOptional()
  @IsIn(['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'])
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER' | null;
}

export class RefreshDto {
  /** The refresh token of the last answer. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(512)
  refreshToken!: string;
}

export class LogoutDto {
  /** Instead of an access token, when that one is dead already. */
  @IsOptional()
  @IsString()
  @MaxLength(512)
  refreshToken?: string;
}

export class TokenDto {
  /** An access or refresh token. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  token!: string;

  /** A hint (RFC 7662, RFC 7009); not needed, not believed. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  token_type_hint?: string;
}

export class IntrospectionDto {
  /** The only field of a token that does not live. */
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
   * What the device said of itself, shortened.
   * @example Chrome on Android
   */
  device!: string;
  /**
   * Where from, roughly: the network, not the address.
   * @example 203.0.113.x
   */
  place!: string;
  /** How the session was opened. */
  method!: 'otp' | 'password';
  /** ISO 8601 in UTC. */
  createdAt!: string;
  /** ISO 8601 in UTC, within five minutes. */
  lastUsedAt!: string;
  /** When it ends unless it is refreshed before. */
  expiresAt!: string;
  /** Whether this is the session of the token that asked. */
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
  /** End of the code's life, ISO 8601 in UTC. */
  expiresAt!: string;
  /** From when a new code may be asked for, ISO 8601 in UTC. */
  resendAt!: string;
  /**
   * The way the message took.
   * @example whacenter
   */
  channel!: string;
  /** Present and true when the newest code lives and its cooldown runs: nothing was sent. */
  alreadySent?: boolean;
}

export class LoginDto {
  /** Access token, a JWT. */
  token!: string;
  /** @example Bearer */
  tokenType!: string;
  /** Lifetime of the access token in seconds. */
  expiresIn!: number;
  /** Opaque; exchanged for new tokens once. */
  refreshToken!: string;
  /** Sent as `X-Device-Token` later, it gives this device its own allowance of codes and guesses. */
  deviceToken!: string;
  user!: UserDto;
}

export class RegisteredDto {
  user!: UserDto;
  /**
   * Only where somebody registered a phone number by themselves. To be sent with the code that proves the number: then what
   * was set here stays.
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
  /** Whole for admins, masked for everybody else; absent when not connected. */
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
