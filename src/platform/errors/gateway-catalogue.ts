/** The catalogue's part of linked accounts, and of what other applications do by them. */
export const GATEWAY_CATALOGUE = {
  verification_not_found: {
    status: 404,
    text: { id: 'Tidak ada kode OTP untuk nomor ini', en: 'No code was found for this number' },
  },
  webhook_not_found: { status: 404, text: { id: 'Webhook tidak ditemukan', en: 'Webhook not found' } },
  webhook_url_refused: {
    status: 400,
    text: { id: 'Alamat webhook tidak diizinkan', en: 'Webhooks may not use this address' },
  },
  webhook_limit_reached: {
    status: 409,
    text: { id: 'Jumlah webhook sudah mencapai batas', en: 'You have reached the maximum number of webhooks' },
  },
  session_id_taken: { status: 409, text: { id: 'Session sudah ada', en: 'This session id is already in use' } },
  session_id_ambiguous: {
    status: 409,
    text: {
      id: 'Beberapa session memakai nama ini. Gunakan id dari daftar session.',
      en: 'Several sessions have this name. Use the id from the list of sessions.',
    },
  },
  session_limit_reached: {
    status: 409,
    text: { id: 'Jumlah session sudah mencapai batas', en: 'The maximum number of sessions has been reached' },
  },
  session_not_connected: {
    status: 409,
    text: { id: 'Session tidak terhubung', en: 'The session is not connected' },
  },
  session_already_linked: {
    status: 409,
    text: { id: 'Session sudah terhubung ke WhatsApp', en: 'The session is already linked to WhatsApp' },
  },
  qr_not_available: {
    status: 404,
    text: { id: 'QR code tidak tersedia', en: 'No QR code is available' },
  },
  invalid_ticket: {
    status: 401,
    text: { id: 'Tautan ini tidak berlaku lagi', en: 'This link is no longer valid' },
  },
  not_on_whatsapp: {
    status: 422,
    text: { id: 'Nomor tidak terdaftar di WhatsApp', en: 'The number is not on WhatsApp' },
  },
  media_url_refused: {
    status: 400,
    text: {
      id: 'File tidak boleh diambil dari alamat itu: hanya http dan https ke alamat publik',
      en: 'The file cannot be fetched from this address. Only http and https to public addresses are allowed.',
    },
  },
  media_url_failed: {
    status: 422,
    text: { id: 'File tidak bisa diambil dari alamat itu', en: 'The file could not be fetched from this address' },
  },
  media_too_large: { status: 413, text: { id: 'File terlalu besar', en: 'The file is too large' } },
  media_type_not_allowed: {
    status: 415,
    text: {
      id: 'Jenis file ini, dilihat dari isinya, tidak diterima',
      en: 'The content of this file is not of a type that is accepted here',
    },
  },
  message_refused: {
    status: 502,
    text: { id: 'WhatsApp menolak pesan ini', en: 'WhatsApp refused the message' },
  },
  message_unconfirmed: {
    status: 504,
    text: {
      id: 'Pesan mungkin sudah terkirim, tetapi WhatsApp belum memastikannya',
      en: 'The message may have been sent, but WhatsApp has not confirmed it',
    },
  },
  message_not_sent: {
    status: 503,
    text: { id: 'Pesan belum terkirim, coba lagi nanti', en: 'The message was not sent. Try again later.' },
  },
  session_warming_up: {
    status: 503,
    text: {
      id: 'Akun WhatsApp ini masih baru: batas percakapan baru hari ini sudah tercapai',
      en: 'This WhatsApp account is new and has reached its limit of new conversations for today',
    },
  },
  session_restricted: {
    status: 503,
    text: {
      id: 'WhatsApp sedang membatasi akun ini, coba lagi nanti',
      en: 'WhatsApp is restricting this account. Try again later.',
    },
  },
  gateway_unavailable: {
    status: 503,
    text: {
      id: 'Gateway WhatsApp tidak terpasang di layanan ini',
      en: 'The WhatsApp gateway is not installed',
    },
  },
} as const;
