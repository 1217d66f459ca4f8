import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { REAL_TEXT } from '../../platform/http/validation/query-fields.js';

/** As long as WhatsApp lets a text be. */
const LONGEST_TEXT = 65_536;

export class SendTextDto {
  /**
   * Recipient: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  to!: string;

  /**
   * The text, in WhatsApp's markup.
   * @example Antrean Anda nomor *12*
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_TEXT)
  @Matches(REAL_TEXT)
  text?: string;

  /** Another name for `text`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST_TEXT)
  @Matches(REAL_TEXT)
  message?: string;
}

export class SentMessageDto {
  sessionId!: string;
  /** @example 6281234567890@s.whatsapp.net */
  to!: string;
  /** WhatsApp's id of the message. */
  messageId!: string;
  /** When WhatsApp accepted it; ISO 8601 in UTC. */
  timestamp!: string;
}

export class SentMessageAnswerDto {
  success!: true;
  message!: string;
  data!: SentMessageDto;
}
