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
  /** Minutes that a login code lives. */
  otpExpiresIn!: number;
  /** Minutes that a code to reset a password lives. */
  resetOtpExpiresIn!: number;
  passwordMinLength!: number;
  passwordMaxLength!: number;
  /** Whether people make their own accounts. */
  registration!: 'open' | 'admin';
  /** The language of messages; `negotiate` goes by `Accept-Language`. */
  messageLanguage!: 'id' | 'en' | 'negotiate';
  /** Countries whose numbers are accepted, ISO 3166-1 alpha-2; the first one's are accepted without their country code. */
  allowedCountries!: string[];
}

export class LoginOptionsAnswerDto {
  success!: true;
  message!: string;
  data!: LoginOptionsDto;
}
