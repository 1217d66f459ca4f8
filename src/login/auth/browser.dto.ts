import { UserDto } from './auth.dto.js';

export class BrowserLoginDto {
  user!: UserDto;
}

export class BrowserLoginAnswerDto {
  success!: true;
  message!: string;
  data!: BrowserLoginDto;
}

export class LoginOptionsDto {
  /** @example SiKesKoja - Sistem Kesehatan Kota Jayapura */
  appName!: string;
  /** Digits of a code. */
  otpLength!: number;
  /** Lifetime of a login code in minutes. */
  otpExpiresIn!: number;
  /** Lifetime of a reset code in minutes. */
  resetOtpExpiresIn!: number;
  passwordMinLength!: number;
  passwordMaxLength!: number;
  /** Whether people can create their own accounts. */
  registration!: 'open' | 'admin';
  /** The language of messages; `negotiate` follows `Accept-Language`. */
  messageLanguage!: 'id' | 'en' | 'negotiate';
  /** Countries whose numbers are accepted, ISO 3166-1 alpha-2; numbers of the first one may be typed without a country code. */
  allowedCountries!: string[];
}

export class LoginOptionsAnswerDto {
  success!: true;
  message!: string;
  data!: LoginOptionsDto;
}
