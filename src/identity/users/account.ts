/** An account as a statement returns it. */
export interface AccountRow {
  id: string;
  email: string | null;
  username: string | null;
  phone: string | null;
  full_name: string;
  role: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
}

/** An account as those who administer it see it. */
export type ManagedAccountRow = AccountRow & {
  is_active: boolean;
  created_at: Date;
  /** The number is only what somebody said who registered. */
  phone_claimed: boolean;
  /** The same of the e-mail: no message goes there. */
  email_claimed: boolean;
  /** Its owner registered it, and no admin has vouched for it since. */
  self_registered: boolean;
  phone_proven: boolean;
  has_password: boolean;
  has_second_factor: boolean;
};
