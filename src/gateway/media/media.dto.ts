import { IsBoolean, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { REAL_TEXT } from '../../platform/http/validation/query-fields.js';

export class SendMediaDto {
  /**
   * Recipient: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(60)
  to!: string;

  /**
   * Address of the file when it is not uploaded: http or https, public, without credentials.
   * @example https://files.example.com/hasil.pdf
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(2_048)
  url?: string;

  /** Caption of the picture, the video or the document. */
  @IsOptional()
  @IsString()
  @MaxLength(1_024)
  @Matches(REAL_TEXT)
  caption?: string;

  /** Audio: send it as a voice note. Only Ogg with Opus can be one. */
  @IsOptional()
  @IsBoolean()
  ptt?: boolean;

  /**
   * Documents only: the file name that the recipient sees. Paths and odd characters are removed, and the extension is
   * set to match the file's content.
   * @example hasil.pdf
   */
  @IsOptional()
  @IsString()
  @MaxLength(255)
  fileName?: string;
}
