/** Whether a key (its id as an SQL expression) still lives: what was made with a key ends with it. */
export const isLiveKey = (id: string): string =>
  `EXISTS (SELECT 1 FROM api_keys k WHERE k.id = ${id} AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now()))`;
