const PLACEHOLDERS = /change[-_ ]?me|placeholder|your[-_ ]|example|secret[-_ ]?key|ganti|rahasia|xxxx|0123456789/i;

/** Too few different characters for 32 bytes of chance: a repeated word or a row of one letter. */
export function looksWeak(secret: string): boolean {
  return PLACEHOLDERS.test(secret) || new Set(secret).size < 10;
}
