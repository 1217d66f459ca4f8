import { IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { WholeNumber } from './query-fields.js';

/** How much of a list is asked for. What a room adds to a page comes before it in a query. */
export class PageSizeDto {
  /** The most entries to return; 50 by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;
}

/** A page of a list in the order of its ids. */
export class PageByIdDto extends PageSizeDto {
  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsUUID()
  cursor?: string;
}

/** A page of a list that people read. */
export class PageDto {
  /** Entries per page; 20 by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}

/** A page of a log, which can be had as a file too. */
export class LogPageDto {
  /** Entries per page; 50 by default. As CSV: the most entries in total; all by default. */
  @IsOptional()
  @WholeNumber()
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  /** `nextCursor` of the page before. */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  cursor?: string;
}
