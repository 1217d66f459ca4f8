import type { OutgoingMessage } from '../../src/delivery/providers/message-provider.js';

/** A code for +6281234567890 in every form; `changes` go over it. */
export function codeMessage(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    to: '+6281234567890',
    text: 'Halo Budi & Söhne 👋,\n\nKode OTP:\n\n*012345*\n\n100% + rahasia = ya?',
    shortText: 'Kode OTP:\n*012345*\nBerlaku 5 menit & seterusnya.',
    subject: 'Kode OTP untuk login ke SiKesKoja',
    language: 'id',
    code: '012345',
    email: 'budi@example.com',
    ...changes,
  };
}

/** A message without a code. */
export function noticeMessage(changes: Partial<OutgoingMessage> = {}): OutgoingMessage {
  const { code: _code, ...rest } = codeMessage({ text: 'Halo Budi,\n\nNomor Anda telah diganti.', ...changes });
  return rest;
}
