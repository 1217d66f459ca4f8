import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';

const STATES = ['BOT', 'AGENT', 'PAUSE'];

/** `?state=` means the same as no state at all. */
const BlankIsAbsent = () => Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/** Line breaks as WhatsApp has them, whatever system they were typed on. */
const WithPlainBreaks = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.replace(/\r\n?/g, '\n') : value));

const asNumber = ({ value }: { value: unknown }) =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value === '' ? undefined : value;

export class WebhookTakenDto {
  status!: 'ok';
}

export class PageDto {
  /** Entries a page, 20 unless told otherwise. */
  @Transform(asNumber)
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `nextCursor` of the page before. */
  @BlankIsAbsent()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

export class ListConversationsDto extends PageDto {
  /** Only conversations in this state. */
  @BlankIsAbsent()
  @IsOptional()
  @IsIn(STATES)
  state?: 'BOT' | 'AGENT' | 'PAUSE';
}

export class ReplyDto {
  /**
   * What the person gets, as it is; `*bold*` and `_italic_` as in WhatsApp.
   * @example Selamat pagi, ada yang bisa kami bantu?
   */
  @WithPlainBreaks()
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @Matches(/[^\s\p{Cf}]/u)
  @Matches(/^[^\p{Cc}\p{Cs}]*(?:[\n\t][^\p{Cc}\p{Cs}]*)*$/u)
  text!: string;
}

export class ChangeConversationDto {
  /**
   * Who answers from now on: the bot, a person, nobody.
   * @example BOT
   */
  @IsOptional()
  @IsIn(STATES)
  state?: 'BOT' | 'AGENT' | 'PAUSE' | null;

  /** True says that what was written is read: `unread` becomes 0. */
  @IsOptional()
  @IsBoolean()
  read?: boolean | null;
}

export class LastMessageDto {
  id!: string;
  /** `in`: from the person. */
  direction!: 'in' | 'out';
  /** `text`, `reply`, `image`, `video`, `audio`, `document`, `sticker`, `location`, `contact` or `other`. */
  kind!: string;
  /** The first 100 characters; null for media without a caption. */
  preview!: string | null;
  at!: string;
}

export class ConversationDto {
  /** @example 081234567890 */
  phone!: string;
  /** As the person calls themselves; anybody can call themselves anything. */
  name!: string | null;
  state!: 'BOT' | 'AGENT' | 'PAUSE';
  /** Messages of the person since somebody answered by hand or said that they are read. */
  unread!: number;
  /** Null when its time is over. */
  lastMessage!: LastMessageDto | null;
  startedAt!: string;
  lastActivityAt!: string;
}

export class ConversationsAnswerDto {
  success!: true;
  message!: string;
  data!: ConversationDto[];
  nextCursor!: string | null;
}

export class ConversationAnswerDto {
  success!: true;
  message!: string;
  data!: ConversationDto;
}

/** Where media lie at the provider. They are not fetched by this service; the address is the sender's word. */
export class MediaDto {
  id!: string | null;
  url!: string | null;
  mimeType!: string | null;
  fileName!: string | null;
}

export class ConversationMessageDto {
  id!: string;
  direction!: 'in' | 'out';
  kind!: string;
  /** Text or caption. */
  text!: string | null;
  media!: MediaDto | null;
  /** The provider it came in by; null for answers. */
  provider!: string | null;
  /** Who answered: `bot`, or `staff` with the account in `sentBy`; null for what came in. */
  answeredBy!: 'bot' | 'staff' | null;
  sentBy!: string | null;
  /** What became of an answer: `pending`, `accepted`, `sent`, `delivered`, `read`, `failed`, `expired` or `unknown`. */
  delivery!: string | null;
  /** When it came in or was answered. */
  at!: string;
  /** When the person sent it, by the provider's clock. */
  sentAt!: string | null;
}

export class ConversationMessagesAnswerDto {
  success!: true;
  message!: string;
  /** Newest first. */
  data!: ConversationMessageDto[];
  nextCursor!: string | null;
}

export class ReplyAnswerDto {
  success!: true;
  message!: string;
  data!: ConversationMessageDto;
}
