import { UserDto } from '../auth.dto.js';

export class HeldAccountDto extends UserDto {
  isActive!: boolean;
  hasPassword!: boolean;
  passwordChangedAt!: string | null;
  createdAt!: string;
  updatedAt!: string;
}

/** A login, also one that has ended; kept until 30 days after its end. */
export class HeldSessionDto {
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
export class HeldCodeDto {
  id!: string;
  phone!: string;
  purpose!: string;
  address!: string;
  createdAt!: string;
  expiresAt!: string;
}

/** When codes were sent and guessed, for the limits; kept for a day. */
export class HeldLimitsDto {
  purpose!: string;
  sends!: string[];
  guesses!: string[];
}

/** That a message was sent; not what it said. */
export class HeldMessageDto {
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

export class HeldConversationMessageDto {
  /** `IN`: from the person. */
  direction!: string;
  kind!: string;
  text!: string | null;
  /** Name of a file that came with it; the file itself is not kept. */
  fileName!: string | null;
  at!: string;
}

/** What was written to and from the account's number, oldest first, as long as it is kept. */
export class HeldConversationDto {
  state!: string;
  /** As the sender calls themselves on WhatsApp. */
  name!: string | null;
  startedAt!: string;
  messages!: HeldConversationMessageDto[];
}

/** What the audit log says. */
export class HeldEventDto {
  id!: string;
  type!: string;
  outcome!: string;
  /** Refusals of one kind are counted together for the minute that starts at `occurredAt`. */
  count!: number;
  address!: string | null;
  occurredAt!: string;
}

/** Export everything stored about a person. Phones are E.164, times ISO 8601 in UTC. */
export class PersonalDataDto {
  account!: HeldAccountDto;
  sessions!: HeldSessionDto[];
  codes!: HeldCodeDto[];
  limits!: HeldLimitsDto[];
  messages!: HeldMessageDto[];
  conversation!: HeldConversationDto | null;
  events!: HeldEventDto[];
}

export class PersonalDataAnswerDto {
  success!: true;
  message!: string;
  data!: PersonalDataDto;
}
