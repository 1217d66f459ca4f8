import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { DecimalNumber, IdAsText, REAL_TEXT } from '../../platform/http/validation/query-fields.js';
import { SentMessageDto } from './messages.dto.js';

/** No line break, nothing that a phone does not show: a title must not look like two choices. */
const ONE_LINE = /^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u;

/** More than a person reads through in a text. */
const MOST_SECTIONS = 10;
const MOST_ROWS = 50;
const MOST_BUTTONS = 10;

const Recipient = () => applyDecorators(IsString(), IsNotEmpty(), MaxLength(60));
const Line = (longest: number) =>
  applyDecorators(IsString(), IsNotEmpty(), MaxLength(longest), Matches(ONE_LINE), Matches(/\S/));
const Words = () => applyDecorators(IsString(), IsNotEmpty(), MaxLength(4_096), Matches(REAL_TEXT), Matches(/\S/));

export class SendLocationDto {
  /**
   * Recipient: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @Recipient()
  to!: string;

  /**
   * Degrees, north is positive.
   * @example -2.5337
   */
  @DecimalNumber()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-90)
  @Max(90)
  latitude!: number;

  /**
   * Degrees, east is positive.
   * @example 140.7181
   */
  @DecimalNumber()
  @IsNumber({ allowNaN: false, allowInfinity: false })
  @Min(-180)
  @Max(180)
  longitude!: number;

  /** Name of the place. */
  @IsOptional()
  @Line(200)
  name?: string;

  @IsOptional()
  @Line(500)
  address?: string;
}

export class ButtonDto {
  /** What is reported when it is chosen: a text, or a whole number that becomes one. */
  @IdAsText()
  @Line(200)
  id!: string;

  @Line(100)
  text!: string;
}

export class SendButtonsDto {
  /**
   * Recipient: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @Recipient()
  to!: string;

  @Words()
  text!: string;

  @IsOptional()
  @Line(100)
  footer?: string;

  /** 1 to 10 buttons, each with its own id. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_BUTTONS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ButtonDto)
  buttons!: ButtonDto[];
}

export class ListRowDto {
  /** What is reported when it is chosen: a text, or a whole number that becomes one. */
  @IdAsText()
  @Line(200)
  id!: string;

  @Line(100)
  title!: string;

  @IsOptional()
  @Line(200)
  description?: string;
}

export class ListSectionDto {
  @IsOptional()
  @Line(100)
  title?: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_ROWS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ListRowDto)
  rows!: ListRowDto[];
}

export class SendListDto {
  /**
   * Recipient: a mobile number in any common format, or a WhatsApp id.
   * @example 081234567890
   */
  @Recipient()
  to!: string;

  @Words()
  text!: string;

  @IsOptional()
  @Line(100)
  footer?: string;

  /** Label of the button that opens a native list; here it is the heading of the choices. */
  @IsOptional()
  @Line(100)
  buttonText?: string;

  /** 1 to 10 sections with at most 50 rows in total, each row with its own id. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_SECTIONS)
  @IsObject({ each: true })
  @ValidateNested({ each: true })
  @Type(() => ListSectionDto)
  sections!: ListSectionDto[];
}

export class SentMenuDto extends SentMessageDto {
  /** `text`: WhatsApp shows no native menus of linked accounts, so the choices went out as a numbered text. */
  renderedAs!: 'text';
}

export class SentMenuAnswerDto {
  success!: true;
  message!: string;
  data!: SentMenuDto;
}

/** Whether a list has at most as many rows as a person reads, and ids that each mean one row. */
export function areChoices(ids: readonly string[]): boolean {
  return ids.length <= MOST_ROWS && new Set(ids).size === ids.length;
}
