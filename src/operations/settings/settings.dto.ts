export class SettingDto {
  /** @example OTP_LENGTH */
  name!: string;
  /**
   * A heading of docs/configuration.md.
   * @example Codes and limits
   */
  section!: string;
  /** What it is for, in English and Markdown. */
  doc!: string;
  /**
   * Where the value comes from: its variable, the default, the default of the profile `strict` or of production, other
   * settings; `absent`: it has none.
   */
  source!: 'environment' | 'default' | 'strict' | 'production' | 'derived' | 'absent';
  /** True: it may hold a secret. Then `value` is null, and `source` says whether it is set. */
  masked!: boolean;
  /**
   * As it would be written in the environment; credentials and the values of a query in addresses are left out.
   * @example 6
   */
  value!: string | null;
  /** What it means that it is absent. */
  otherwise!: string | null;
}

export class SettingsAnswerDto {
  success!: true;
  message!: string;
  /** In the order of docs/configuration.md. */
  data!: SettingDto[];
}

export class TemplateTextDto {
  /** `id` or `en`. */
  language!: string;
  /** In WhatsApp's markup, as it is sent there. */
  text!: string;
  /** As an SMS; null: it is not sent by SMS. */
  shortText!: string | null;
  /** Subject of the mail; null: it is not sent by mail. */
  subject!: string | null;
}

export class TemplateDto {
  /** @example otp.login */
  name!: string;
  /** A code of the service, news of an account, a code of another application, or what the bot says. */
  kind!: 'code' | 'notice' | 'verification' | 'bot';
  /**
   * Settings that change what it says.
   * @example ["APP_NAME", "APP_TEAM"]
   */
  settings!: string[];
  /** With made-up values: a name, a code, an application. */
  texts!: TemplateTextDto[];
}

export class TemplatesAnswerDto {
  success!: true;
  message!: string;
  data!: TemplateDto[];
}

export class TestNumberDto {
  /** @example 081200000001 */
  phone!: string;
  /** What becomes of a code for it; `fixed-code`: delivered, and the code is always the one that the setting names. */
  outcome!: 'delivered' | 'fixed-code' | 'slow' | 'not-on-whatsapp' | 'provider-down' | 'locked';
  /** Whether it counts as one now: its day has not passed, and in production its account has the role USER. */
  inForce!: boolean;
}

export class TestNumbersDto {
  /** The end of their last day; null: there are none. */
  until!: string | null;
  numbers!: TestNumberDto[];
}

export class TestNumbersAnswerDto {
  success!: true;
  message!: string;
  data!: TestNumbersDto;
}

export class SigningKeyDto {
  kid!: string;
  /** @example ES256 */
  algorithm!: string;
  /** `NEXT` is announced and will sign, `ACTIVE` signs, `RETIRED` verifies until its last token has ended. */
  state!: 'NEXT' | 'ACTIVE' | 'RETIRED';
  createdAt!: string;
  /** When it began, or will begin, to sign. */
  signsFrom!: string | null;
  /** When it ceased, or will cease by itself, to sign; null: not known yet. */
  signsUntil!: string | null;
  /** When it leaves the key set; null: not known yet. */
  removedAt!: string | null;
}

export class SigningKeysDto {
  /** What tokens are signed with. With HS256 that is the secret `JWT_SECRET`, and there are no keys. */
  algorithm!: 'ES256' | 'RS256' | 'HS256';
  /** Oldest first. */
  keys!: SigningKeyDto[];
}

export class SigningKeysAnswerDto {
  success!: true;
  message!: string;
  data!: SigningKeysDto;
}
