import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsNotEmpty, IsOptional, IsString, MaxLength, ValidateIf } from 'class-validator';
import { PageDto } from '../../platform/http/validation/page.dto.js';
import { UserDto } from '../../login/auth/auth.dto.js';

const ROLES = ['ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER'];

/** May be left out, but null is not a value of it. */
const MayBeAbsent = () => ValidateIf((_, value) => value !== undefined);

const asBoolean = ({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value);

class UserFieldsDto {
  /**
   * Null removes it, as long as the account keeps an e-mail, a username or a phone.
   * @example jane@sikeskoja.com
   */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  email?: string | null;

  /**
   * Must contain a letter and no `@`; case does not matter. Null removes it.
   * @example jane
   */
  @IsOptional()
  @IsString()
  @MaxLength(64)
  username?: string | null;

  /**
   * In any common format. Null removes it.
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

  /** An inactive account cannot log in, and its sessions end. */
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

export class ListUsersDto extends PageDto {
  /** Part of a name, e-mail address, username or phone number (in any format). */
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
}

export class ManagedUserDto extends UserDto {
  isActive!: boolean;
  createdAt!: string;
  /** Null when nobody has logged in, or no such session is kept any more (30 days after its end). */
  lastLoginAt!: string | null;
}

export class LockDto {
  /**
   * `disabled`: an admin has disabled the account. `closed`: too many wrong codes in a row; the number stays closed until somebody
   * opens it. `wrong_codes`: too many wrong codes; none is sent or taken. `wrong_passwords`: too many wrong passwords; none is
   * taken. `too_many_codes`: the number has had as many codes as it may in an hour or a day. `failed_sends`: no provider took the
   * last codes. `cooldown`: the newest code still works, and the next one is not sent yet.
   */
  reason!: 'disabled' | 'closed' | 'wrong_codes' | 'wrong_passwords' | 'too_many_codes' | 'failed_sends' | 'cooldown';
  /**
   * When it ends by itself; null: it does not.
   * @example 2026-03-01T08:15:00.000Z
   */
  until!: string | null;
  /**
   * Only codes for this purpose; null: no such restriction.
   * @example login
   */
  purpose!: string | null;
  /** Only devices that are `known` to the account, or only `other` ones; null: both. */
  devices!: 'known' | 'other' | null;
  /** Only logins with this; null: no such restriction. */
  identifier!: 'email' | 'username' | 'phone' | null;
}

export class LastSendDto {
  /** When the message was made. */
  at!: string;
  /**
   * Of a code what it is for, else which notice it is.
   * @example login
   */
  purpose!: string;
  /**
   * `PENDING`: it is being sent, or will be tried again. `UNKNOWN`: a provider did not answer, and may have sent it. `ACCEPTED`:
   * a provider accepted it. `SENT`, `DELIVERED`, `READ`: reported by the provider since. `FAILED`: no provider accepted it, or
   * the one that did reported a failure. `EXPIRED`: it expired before it was sent. `SUPPRESSED`: it was never meant to be sent.
   */
  state!: 'PENDING' | 'UNKNOWN' | 'ACCEPTED' | 'SENT' | 'DELIVERED' | 'READ' | 'FAILED' | 'EXPIRED' | 'SUPPRESSED';
  /**
   * The provider that took it; null: none said so.
   * @example whapi
   */
  provider!: string | null;
  /**
   * Providers that did not accept it, or did not say whether they did.
   * @example []
   */
  notTakenBy!: string[];
  /** Why the last failed attempt failed; null when none failed or the reason is unknown. */
  reason!:
    | 'recipient-invalid'
    | 'recipient-not-on-whatsapp'
    | 'recipient-blocked-by-policy'
    | 'recipient-unreachable'
    | 'provider-auth'
    | 'provider-disconnected'
    | 'provider-quota'
    | 'provider-unavailable'
    | 'rate-limited-account'
    | 'rate-limited-recipient'
    | 'template'
    | 'content'
    | 'unclassified'
    | null;
  /** Null: no receipt has said so. */
  deliveredAt!: string | null;
  /** Null: no receipt has said so. */
  readAt!: string | null;
  /** When the code in it was used; null: it was not, or the message has no code. */
  usedAt!: string | null;
}

export class UserSecondFactorDto {
  /** There is an authenticator app. */
  totp!: boolean;
  passkeys!: number;
  recoveryCodesLeft!: number;
}

export class UserDetailDto extends ManagedUserDto {
  /** Null: the account has no second factor. */
  secondFactor!: UserSecondFactorDto | null;
  /** What keeps the owner from logging in right now; empty when neither the account nor its number is locked. */
  locks!: LockDto[];
  /** The last ten messages to the account, newest first. */
  lastSends!: LastSendDto[];
}

export class UserDetailAnswerDto {
  success!: true;
  message!: string;
  data!: UserDetailDto;
}

export class SessionsEndedDto {
  /** How many sessions there were. */
  ended!: number;
}

export class SessionsEndedAnswerDto {
  success!: true;
  message!: string;
  data!: SessionsEndedDto;
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
