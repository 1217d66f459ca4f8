import { Transform, Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { PageDto } from '../../platform/http/validation/page.dto.js';
import { MEDIA_KINDS, type MediaKind } from '../../delivery/providers/media-types.js';

const STATES = ['BOT', 'AGENT', 'PAUSE'];

/** Line breaks as WhatsApp has them, whatever system they were typed on. */
const WithPlainBreaks = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.replace(/\r\n?/g, '\n') : value));

export class ListConversationsDto extends PageDto {
  /** Only conversations in this state. */
  @IsOptional()
  @IsIn(STATES)
  state?: 'BOT' | 'AGENT' | 'PAUSE';
}

/** Line breaks and tabs, but nothing else that a phone does not show. */
const SHOWN = /^[^\p{Cc}\p{Cs}]*(?:[\n\t][^\p{Cc}\p{Cs}]*)*$/u;

export class ReplyMediaDto {
  /** @example document */
  @IsIn(MEDIA_KINDS)
  kind!: MediaKind;

  /**
   * Address of the file: https, without credentials. The provider must be able to fetch it.
   * @example https://files.example.com/hasil.pdf
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  url!: string;

  /** Caption of a picture, a video or a document. */
  @WithPlainBreaks()
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  @Matches(SHOWN)
  caption?: string | null;

  /**
   * Documents only: the file name that the recipient sees, if the provider supports it.
   * @example hasil.pdf
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(/^[^\p{C}\p{Zl}\p{Zp}<>:"|?*\\/]*$/u)
  fileName?: string | null;
}

/** A text or a file, one of them. */
export class ReplyDto {
  /**
   * The text that the person gets; `*bold*` and `_italic_` work as in WhatsApp.
   * @example Selamat pagi, ada yang bisa kami bantu?
   */
  @WithPlainBreaks()
  @ValidateIf(({ text, media }: ReplyDto) => !media || (text !== undefined && text !== null))
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  @Matches(/[^\s\p{Cf}]/u)
  @Matches(SHOWN)
  text?: string | null;

  /** A file instead of a text. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ReplyMediaDto)
  media?: ReplyMediaDto | null;
}

export class ChangeConversationDto {
  /**
   * Who answers from now on: the bot, a person, or nobody.
   * @example BOT
   */
  @IsOptional()
  @IsIn(STATES)
  state?: 'BOT' | 'AGENT' | 'PAUSE' | null;

  /** True marks all messages as read: `unread` becomes 0. */
  @IsOptional()
  @IsBoolean()
  read?: boolean | null;

  /** Id of the last message that was read: what came in after it stays unread. */
  @IsOptional()
  @IsUUID()
  readTo?: string | null;
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
  /**
   * Null when the person hides their number: staff can read what they wrote, but cannot answer.
   * @example 081234567890
   */
  phone!: string | null;
  /** Only when there is no number: takes its place in the paths. */
  senderId?: string;
  /** The name that the person chose on WhatsApp; it is not verified. */
  name!: string | null;
  state!: 'BOT' | 'AGENT' | 'PAUSE';
  /** Messages of the person since staff last replied or marked the conversation as read. */
  unread!: number;
  /** Whether staff can answer: not when the number is hidden, or of a country that is not served. */
  canReply!: boolean;
  /** Null when it is no longer stored. */
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

/** Where media lie at the provider, or where staff said that they do. Of what came in, the address is the sender's word. */
export class MediaDto {
  id!: string | null;
  url!: string | null;
  mimeType!: string | null;
  fileName!: string | null;
  /** Whether the file can be downloaded here: it came in, and its provider hands files out. */
  canOpen!: boolean;
}

export class ConversationMessageDto {
  id!: string;
  direction!: 'in' | 'out';
  kind!: string;
  /** Text or caption. */
  text!: string | null;
  media!: MediaDto | null;
  /** The provider that delivered it; null for replies. */
  provider!: string | null;
  /** Who replied: `bot`, or `staff` with the account in `sentBy`; null for incoming messages. */
  answeredBy!: 'bot' | 'staff' | null;
  sentBy!: string | null;
  /** The name of that account; null when it has none, or was erased. */
  sentByName!: string | null;
  /** What became of an answer: `pending`, `accepted`, `sent`, `delivered`, `read`, `failed`, `expired` or `unknown`. */
  delivery!: string | null;
  /**
   * Why the last try to send an answer failed, while no provider has taken it: `recipient-not-on-whatsapp`,
   * `provider-unavailable`, `rate-limited-recipient` and others; null when none failed.
   */
  reason!: string | null;
  /** When it came in or was sent. */
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
