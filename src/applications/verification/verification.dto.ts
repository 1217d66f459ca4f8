import {
  IsDivisibleBy,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateBy,
} from 'class-validator';
import { WholeNumber } from '../../platform/http/validation/query-fields.js';
import { isHarmlessCompany } from '../../delivery/templates/verification-template.js';
import { AsCode, IsCode } from '../../login/codes/code-input.js';

/** A name that a message may carry; see `isHarmlessCompany`. */
const IsCompany = () =>
  ValidateBy({
    name: 'isCompany',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && value.length <= 120 && isHarmlessCompany(value),
      defaultMessage: () =>
        '$property must be one line of at most 60 characters without addresses, markup or long numbers',
    },
  });

export class SendVerificationDto {
  /**
   * Who gets the code: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  to!: string;

  /**
   * The name in the message; the API key's name by default. One line, without addresses, markup or long numbers.
   * @example RSUD Jayapura
   */
  @IsOptional()
  @IsCompany()
  companyName?: string;

  /** Digits of the code, 4 to 8; `OTP_LENGTH` by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(4)
  @Max(8)
  length?: number;

  /** Lifetime in seconds, in whole minutes: 60 to 600; 300 by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(60)
  @Max(600)
  @IsDivisibleBy(60)
  expiresIn?: number;
}

export class VerificationPhoneDto {
  /** @example 081234567890 */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  phone!: string;
}

export class CheckVerificationDto extends VerificationPhoneDto {
  /**
   * The code as typed or pasted. Text around it is ignored, unless it contains a second code.
   * @example "012345"
   */
  @AsCode({ anyLength: true })
  @IsCode()
  otp!: string;
}

export class GenerateOtpDto {
  /** Digits, 4 to 8; `OTP_LENGTH` by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(4)
  @Max(8)
  length?: number;
}

export class SentVerificationDto {
  sessionId!: string;
  /** @example 6281234567890@s.whatsapp.net */
  to!: string;
  /** WhatsApp's id of the message. */
  messageId!: string;
  /** When WhatsApp accepted it; ISO 8601 in UTC. */
  timestamp!: string;
  /** ISO 8601 in UTC. */
  expiresAt!: string;
  /** When another code can be requested; ISO 8601 in UTC. */
  resendAt!: string;
  /** The code itself: only with `OTP_ECHO`, which production refuses, and for keys with the scope `otp:read`. */
  otp?: string;
}

export class SentVerificationAnswerDto {
  success!: true;
  message!: string;
  data!: SentVerificationDto;
}

export class VerifiedDto {
  /** Always true: a wrong code is answered with a failure, so that nobody mistakes a 200 for a proof. */
  verified!: true;
}

export class VerifiedAnswerDto {
  success!: true;
  message!: string;
  data!: VerifiedDto;
}

export class VerificationStatusDto {
  /** `failed`: it was not sent. */
  status!: 'pending' | 'verified' | 'expired' | 'failed';
  /** ISO 8601 in UTC. */
  expiresAt!: string;
  attemptsLeft!: number;
  /** ISO 8601 in UTC. */
  verifiedAt?: string;
}

export class VerificationStatusAnswerDto {
  success!: true;
  message!: string;
  data!: VerificationStatusDto;
}

export class GeneratedOtpDto {
  /** @example 012345 */
  otp!: string;
}

export class GeneratedOtpAnswerDto {
  success!: true;
  message!: string;
  data!: GeneratedOtpDto;
}

export class FormattedPhoneDto {
  original!: string;
  /** E.164; null when it is not a mobile number of an allowed country. */
  formatted!: string | null;
  /** @example 6281234567890@s.whatsapp.net */
  jid!: string | null;
  valid!: boolean;
}

export class FormattedPhoneAnswerDto {
  success!: true;
  message!: string;
  data!: FormattedPhoneDto;
}
