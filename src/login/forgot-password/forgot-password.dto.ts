import { IsNotEmpty, IsOptional, IsString, MaxLength } from 'class-validator';
import { AsCode, IsCode } from '../codes/code-input.js';

export class ResetPhoneDto {
  /**
   * Phone number in any common format.
   * @example 6281234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  noHp!: string;
}

export class RequestResetDto extends ResetPhoneDto {
  /**
   * The account's full name; case and double spaces do not matter.
   * @example John Doe
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  nama!: string;
}

export class VerifyResetDto extends ResetPhoneDto {
  /**
   * The code from the message, as text, because leading zeros count. It may be pasted with the message around it.
   * @example 123456
   */
  @AsCode()
  @IsCode()
  otp!: string;
}

export class ResetPasswordDto extends VerifyResetDto {
  // The longest password that PASSWORD_MAX_LENGTH can allow, each character spelled with two.
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  newPassword!: string;

  /** The new password again. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  confirmPassword!: string;

  /** `otpId` of the verification, if the client kept it. It is an identifier, not a secret. */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  otpId?: string | null;

  /** `registrationToken` from the registration, when this client registered the account: what was set there then stays. */
  @IsOptional()
  @IsString()
  @MaxLength(256)
  registrationToken?: string | null;
}

export class ResetTimesDto {
  /** When the code expires, ISO 8601 in UTC. */
  expiresAt!: string;
  /** When another code can be requested, ISO 8601 in UTC. */
  resendAt!: string;
}

export class ResetRequestedAnswerDto {
  success!: true;
  message!: string;
  /**
   * The number that the code was sent to, in digits.
   * @example 6281234567890
   */
  phoneNumber!: string;
  /** The code, only when no device is ready and OTP_ECHO is on; never in production. */
  testOTP?: string;
  data!: ResetTimesDto;
}

export class VerifiedResetDto {
  /** Opaque; can be sent with the new password. */
  otpId!: string;
}

export class ResetVerifiedAnswerDto {
  success!: true;
  message!: string;
  data!: VerifiedResetDto;
}

export class ResetDoneAnswerDto {
  success!: true;
  message!: string;
}

export class BotStatusDto {
  /** `UNINITIALIZED`: no provider that reaches phones is configured. */
  state!:
    'UNINITIALIZED' | 'INITIALIZING' | 'WAITING_FOR_QR' | 'AUTHENTICATING' | 'AUTHENTICATED' | 'READY' | 'DISCONNECTED';
  ready!: boolean;
}

export class BotStatusAnswerDto {
  success!: true;
  data!: BotStatusDto;
}
