/** An account as a statement returns it. */
export interface AccountRow {
  id: string;
  email: string | null;
  username: string | null;
  phone: string | null;
  full_name: string;
  role: 'ADMIN' | 'SUPERVISOR' | 'OPERATOR' | 'KARYAWAN' | 'USER';
}
