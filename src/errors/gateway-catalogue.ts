/** The catalogue's part of linked accounts, and of what other applications do by them. */
export const GATEWAY_CATALOGUE = {
  verification_not_found: {
    status: 404,
    text: { id: 'Tidak ada kode OTP untuk nomor ini', en: 'There is no code for this number' },
  },
  webhook_not_found: { status: 404, text: { id: 'Webhook tidak ditemukan', en: 'There is no such webhook' } },
  webhook_url_refused: {
    status: 400,
    text: { id: 'Alamat webhook tidak diizinkan', en: 'This address is not allowed for a webhook' },
  },
  webhook_limit_reached: {
    status: 409,
    text: { id: 'Jumlah webhook sudah mencapai batas', en: 'There are as many webhooks as there may be' },
  },
  session_id_taken: { status: 409, text: { id: 'Session sudah ada', en: 'The session id is taken' } },
  session_id_ambiguous: {
    status: 409,
    text: {
      id: 'Beberapa session memakai nama ini, pakai id dari daftar session',
      en: 'Several sessions have this name, use the id from the list of sessions',
    },
  },
  session_limit_reached: {
    status: 409,
    text: { id: 'Jumlah session sudah mencapai batas', en: 'There are as many sessions as there may be' },
  },
  session_not_connected: {
    status: 409,
    text: { id: 'Session tidak terhubung', en: 'The session is not connected' },
  },
  session_already_linked: {
    status: 409,
    text: { id: 'Session sudah terhubung ke WhatsApp', en: 'The session is linked to WhatsApp already' },
  },
  qr_not_available: {
    status: 404,
    text: { id: 'QR code tidak tersedia', en: 'There is no QR code' },
  },
  invalid_ticket: {
    status: 401,
    text: { id: 'Tautan ini tidak berlaku lagi', en: 'This link is not valid any more' },
  },
  not_on_whatsapp: {
    status: 422,
    text: { id: 'Nomor tidak terdaftar di WhatsApp', en: 'The number is not on WhatsApp' },
  },
  media_url_refused: {
    status: 400,
    text: {
      id: 'Alamat berkas tidak boleh diambil: hanya http dan https ke alamat publik',
      en: 'The file may not be fetched from there: only http and https to public addresses',
    },
  },
  media_url_failed: {
    status: 422,
    text: { id: 'Berkas tidak dapat diambil dari alamat itu', en: 'The file could not be fetched from there' },
  },
  media_too_large: { status: 413, text: { id: 'Berkas terlalu besar', en: 'The file is too large' } },
  media_type_not_allowed: {
    status: 415,
    text: {
      id: 'Jenis berkas ini tidak diterima di sini, dilihat dari isinya',
      en: 'This kind of file is not taken here, going by its content',
    },
  },
  message_refused: {
    status: 502,
    text: { id: 'WhatsApp menolak pesan ini', en: 'WhatsApp refused the message' },
  },
  message_unconfirmed: {
    status: 504,
    text: {
      id: 'Pesan mungkin sudah terkirim, WhatsApp belum menjawab',
      en: 'The message may have gone out, WhatsApp has not answered',
    },
  },
  message_not_sent: {
    status: 503,
    text: { id: 'Pesan belum terkirim, coba lagi nanti', en: 'The message was not sent, try again later' },
  },
  session_warming_up: {
    status: 503,
    text: {
      id: 'Nomor baru: batas percakapan baru hari ini sudah tercapai',
      en: 'A young account: it may begin no more conversations today',
    },
  },
  session_restricted: {
    status: 503,
    text: {
      id: 'WhatsApp sedang membatasi akun ini, coba lagi nanti',
      en: 'WhatsApp restricts this account for now, try again later',
    },
  },
  gateway_unavailable: {
    status: 503,
    text: {
      id: 'Gateway WhatsApp tidak terpasang di layanan ini',
      en: 'The WhatsApp gateway is not installed with this service',
    },
  },
} as const;
