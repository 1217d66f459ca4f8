import { Transform } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Max,
  MaxLength,
  Min,
  ValidateIf,
} from 'class-validator';
import { UserDto } from '../auth/auth.dto.js';
import { WholeNumber } from '../http/query-fields.js';

const ROLES = ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'];

/** May be left out, but null is no value of it. */
const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);

const asBoolean = ({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value);

class UserFieldsDto {
  /**
   * Null takes it away, as long as the account keeps an e-mail, a username or a phone.
   * @example jane@sikeskoja.com
   */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string | null;

  /**
   * Holds a letter and no `@`; case does not matter. Null takes it away.
   * @example jane
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  username?: string | null;

  /**
   * In any common spelling. Null takes it away.
   * @example 081234567893
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  phone?: string | null;

  /** @example OPERATOR */
  @MayBeAbsent()
  @IsIn(ROLES)
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';

  /** An account that is not active cannot log in, and its sessions end. */
  @MayBeAbsent()
  @IsBoolean()
  isActive?: boolean;
}

export class CreateUserDto extends UserFieldsDto {
  /** @example Jane Smith */
  @IsString()
  @IsNotEmpty()
  @MaxLength(400)
  fullName!: string;
}

export class ChangeUserDto extends UserFieldsDto {
  /** @example Jane Smith */
  @MayBeAbsent()
  @IsString()
  @IsNotEmpty()
  @MaxLength(400)
  fullName?: string;
}

export class ListUsersDto {
  /** Part of a name, e-mail address, username or phone number (in any spelling). */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  search?: string;

  @IsOptional()
  @IsIn(ROLES)
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';

  @Transform(asBoolean)
  @IsOptional()
  @IsBoolean()
  isActive?: boolean;

  /** Accounts a page, 20 unless told otherwise. */
  @WholeNumber()
  @IsOptional()
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

export class ManagedUserDto extends UserDto {
  isActive!: boolean;
  createdAt!: string;
  /** Null when there was none, or none whose session is still kept (30 days after its end). */
  lastLoginAt!: string | null;
}

export class UserAnswerDto {
  success!: true;
  message!: string;
  data!: ManagedUserDto;
}

export class UsersAnswerDto {
  success!: true;
  message!: string;
  data!: ManagedUserDto[];
  /** Null on the last page. */
  nextCursor!: string | null;
}
