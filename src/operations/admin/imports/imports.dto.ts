import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { Allow, IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

const asBoolean = ({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value);

export class StartImportDto {
  /**
   * The system that the people come from; what it calls a person (`id`) is unique within it.
   * @example puskesmas
   */
  @IsString()
  @MaxLength(40)
  system!: string;

  /**
   * Which column or path is which field; left out: they are called `id`, `fullName`, `email`, `username`, `phone`, `role`,
   * `isActive` and `passwordHash`.
   * @example fullName=nama,phone=no_hp
   */
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  map?: string;

  /** What the file is; left out: CSV. `jsonl` has one object on each line. */
  @IsOptional()
  @IsIn(['csv', 'json', 'jsonl'])
  format?: 'csv' | 'json' | 'jsonl';

  /**
   * Where in a JSON document the people are; left out: the document is a list.
   * @example users
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  at?: string;

  /**
   * What people without a name are called.
   * @example Pengguna
   */
  @IsOptional()
  @IsString()
  @MaxLength(200)
  defaultName?: string;

  /** Whether people get the roles that the source gives them; else all are `USER`. */
  @IsOptional()
  @Transform(asBoolean)
  @IsBoolean()
  withRoles?: boolean;

  /** In place of a file: at most 1,000 people. */
  @ApiProperty({ required: false, type: 'array', items: { type: 'object', additionalProperties: true } })
  @Allow()
  people?: unknown;
}

export class ImportDto {
  id!: string;
  /** @example puskesmas */
  system!: string;
  /**
   * `reading` while the file comes in; `checking` and `checked`: what would become of each row; `writing` and `done` after it was
   * confirmed; `stopped`: somebody cancelled it, or the file could not be read.
   */
  state!: 'reading' | 'read' | 'checking' | 'checked' | 'writing' | 'done' | 'stopped';
  /** Rows that were read. */
  rows!: number;
  /** Rows that are decided in this state. */
  position!: number;
  /**
   * Decided rows by what becomes of them: `new`, `conflict`, and with the reason `conflict.same_in_file`; new accounts with a role
   * above `USER` also by it (`role.ADMIN`), and those whose password was not taken by the reason (`password.plain_text`).
   */
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'integer' },
    example: { new: 12, merged: 1, 'role.ADMIN': 1 },
  })
  counts!: Record<string, number>;
  createdAt!: string;
  updatedAt!: string;
}

export class ImportAnswerDto {
  success!: true;
  message!: string;
  data!: ImportDto;
}

export class ImportsAnswerDto {
  success!: true;
  message!: string;
  data!: ImportDto[];
}
