const PERSON = /^([1-9][0-9]{6,14})(?::[0-9]{1,3})?@s\.whatsapp\.net$/;

/** The number behind a WhatsApp id, E.164; null for groups, LIDs, channels and everything else. */
export function phoneOfJid(jid: string | null | undefined): string | null {
  const digits = PERSON.exec(jid ?? '')?.[1];
  return digits === undefined ? null : `+${digits}`;
}

/** Whether an id is a person's: their number, or the LID that stands for it. */
export function isPersonJid(jid: string): boolean {
  return /@(?:s\.whatsapp\.net|lid)$/.test(jid);
}
