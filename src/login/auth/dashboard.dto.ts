import { IsIn, IsNotEmpty, IsString, MaxLength } from 'class-validator';

export class DashboardLoginDto {
  /**
   * E-mail address, username or phone number.
   * @example admin@sikeskoja.com
   */
  @IsString()
  @IsNotEmpty()
  @MaxLength(254)
  identifier!: string;

  /** @example password123 */
  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  password!: string;
}

export class DashboardRegisterDto {
  /** @example Budi Santoso */
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  name!: string;

  /** @example budi@example.com */
  @IsString()
  @IsNotEmpty()
  @MaxLength(254)
  email!: string;

  /** @example budi */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  username!: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(2048)
  password!: string;

  /** `agent` is another word for `karyawan`. Only an admin can create admins. */
  @IsIn(['admin', 'karyawan', 'agent'])
  role!: 'admin' | 'karyawan' | 'agent';
}

export class DashboardRefreshDto {
  /** The refresh token of the last answer. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(4096)
  refresh_token!: string;
}

export class DashboardUserDto {
  /** Opaque. */
  id!: string;
  name!: string;
  username!: string | null;
  email!: string | null;
  /** In lower case. */
  role!: string;
}

export class DashboardMeDto extends DashboardUserDto {
  /** National form. */
  phone!: string | null;
  /** ISO 8601 in UTC. */
  created_at!: string;
}

export class DashboardRegisteredDto extends DashboardUserDto {
  /** ISO 8601 in UTC. */
  created_at!: string;
}

export class DashboardRegisterAnswerDto {
  message!: string;
  data!: DashboardRegisteredDto;
}

export class DashboardTokensDto {
  /** A JWT. */
  access_token!: string;
  /** @example bearer */
  token_type!: string;
  refresh_token!: string;
  /** Lifetime of the access token in seconds. */
  expires_in!: number;
}

export class DashboardLoginAnswerDto extends DashboardTokensDto {
  message!: string;
  data!: DashboardUserDto;
}

export class DashboardMeAnswerDto {
  data!: DashboardMeDto;
}
