import { IsBoolean, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { REAL_TEXT } from './gateway.dto.js';

export class SendMediaDto {
  /**
   * Recipient, in any spelling of a mobile number, or as a WhatsApp id.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  to!: string;

  /**
   * Where the file is, when it is not uploaded: http or https, a public address, without credentials.
   * @example https://files.example.com/hasil.pdf
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(2_048)
  url?: string;

  /** What stands under the picture, the video or the document. */
  @IsOptional()
  @IsString()
  @MaxLength(1_024)
  @Matches(REAL_TEXT)
  caption?: string;

  /** Audio: shown as a voice note. Only Ogg with Opus is one. */
  @IsOptional()
  @IsBoolean()
  ptt?: boolean;

  /**
   * Document: the name that its recipient sees. Paths and odd characters are taken out, and its ending becomes that of
   * what the file is.
   * @example hasil.pdf
   */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  fileName?: string;
}
