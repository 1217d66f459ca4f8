import { UserDto } from '../auth.dto.js';

export class ExportedAccountDto extends UserDto {
  isActive!: boolean;
  hasPassword!: boolean;
  passwordChangedAt!: string | null;
  createdAt!: string;
  updatedAt!: string;
}

/** A login, also one that has ended; kept until 30 days after its end. */
export class ExportedSessionDto {
  id!: string;
  method!: 'OTP' | 'PASSWORD';
  /** Address it was opened from; of IPv6 its first half. */
  address!: string;
  /** What the browser or app called itself. */
  device!: string | null;
  createdAt!: string;
  lastUsedAt!: string;
  expiresAt!: string;
  endedAt!: string | null;
  endedFor!: string | null;
}

/** The newest code of a purpose, until it is used, replaced or, a day later, forgotten. Used ones: see `messages`. */
export class ExportedCodeDto {
  id!: string;
  phone!: string;
  purpose!: string;
  address!: string;
  createdAt!: string;
  expiresAt!: string;
}

/** When codes were sent and guessed, for the limits; kept for a day. */
export class ExportedLimitsDto {
  purpose!: string;
  sends!: string[];
  guesses!: string[];
}

/** That a message was sent; not what it said. */
export class ExportedMessageDto {
  id!: string;
  purpose!: string;
  phone!: string;
  state!: string;
  provider!: string | null;
  createdAt!: string;
  closedAt!: string | null;
  /** When the code in it was used; null for one that was not, and for a message without a code. */
  codeUsedAt!: string | null;
}

export class ExportedConversationMessageDto {
  /** `IN`: from the person. */
  direction!: string;
  kind!: string;
  text!: string | null;
  /** Name of a file that came with it; the file itself is not kept. */
  fileName!: string | null;
  at!: string;
}

/** What was written to and from the account's number, oldest first, as long as it is kept. */
export class ExportedConversationDto {
  state!: string;
  /** As the sender calls themselves on WhatsApp. */
  name!: string | null;
  startedAt!: string;
  messages!: ExportedConversationMessageDto[];
}

/** What the audit log says. */
export class ExportedEventDto {
  id!: string;
  type!: string;
  outcome!: string;
  /** Refusals of one kind are counted together for the minute that starts at `occurredAt`. */
  count!: number;
  address!: string | null;
  occurredAt!: string;
}

/** A passkey, without its key. */
export class ExportedPasskeyDto {
  name!: string;
  createdAt!: string;
  lastUsedAt!: string | null;
}

/** Second factors, without their secrets. */
export class ExportedSecondFactorDto {
  /** Since when there is an authenticator app. */
  totpSince!: string | null;
  passkeys!: ExportedPasskeyDto[];
  recoveryCodesLeft!: number;
}

/** Another system that the account was imported from. */
export class ExportedOriginDto {
  system!: string;
  /** What it called the person, where it had a name of its own for them. */
  id!: string | null;
  importedAt!: string;
}

/** Export everything stored about a person. Phones are E.164, times ISO 8601 in UTC. */
export class PersonalDataDto {
  account!: ExportedAccountDto;
  secondFactor!: ExportedSecondFactorDto;
  sessions!: ExportedSessionDto[];
  codes!: ExportedCodeDto[];
  limits!: ExportedLimitsDto[];
  messages!: ExportedMessageDto[];
  conversation!: ExportedConversationDto | null;
  events!: ExportedEventDto[];
  origins!: ExportedOriginDto[];
}

export class PersonalDataAnswerDto {
  success!: true;
  message!: string;
  data!: PersonalDataDto;
}
