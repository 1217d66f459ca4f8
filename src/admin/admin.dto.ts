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

const ROLES = ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'];

/** May be left out, but null is no value of it. */
const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);

/** `?role=` means the same as no role at all. */
export const BlankIsAbsent = () => Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/** A whole number in a query's digits; what is none stays as it is and fails `IsInt`. */
export const asNumber = ({ value }: { value: unknown }) =>
  typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value === '' ? undefined : value;

const asBoolean = ({ value }: { value: unknown }) =>
  value === 'true' ? true : value === 'false' ? false : value === '' ? undefined : value;

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
  @BlankIsAbsent()
  @IsOptional()
  @IsString()
  @MaxLength(100)
  search?: string;

  @BlankIsAbsent()
  @IsOptional()
  @IsIn(ROLES)
  role?: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';

  @Transform(asBoolean)
  @IsOptional()
  @IsBoolean()
  isActive?: boolean;

  /** Accounts a page, 20 unless told otherwise. */
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
