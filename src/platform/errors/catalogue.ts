import { type Language } from '../config/settings.js';
import { GATEWAY_CATALOGUE } from './gateway-catalogue.js';

/** A text in both languages of the service. */
export type Text = Record<Language, string>;

interface CatalogueEntry {
  readonly status: number;
  readonly text: Text;
}

/**
 * Every failure a caller can meet: stable code, HTTP status (RFC 9110) and the sentence shown. A code is never renamed
 * or given another meaning; front ends switch on it.
 */
export const CATALOGUE = {
  invalid_json: {
    status: 400,
    text: { id: 'Isi permintaan bukan JSON yang sah', en: 'The request body is not valid JSON' },
  },
  malformed_request: {
    status: 400,
    text: { id: 'Permintaan HTTP tidak dapat dibaca', en: 'The HTTP request could not be read' },
  },
  validation_failed: {
    status: 400,
    text: { id: 'Data yang dikirim tidak valid', en: 'The request contains invalid data' },
  },
  invalid_phone: { status: 400, text: { id: 'Nomor telepon tidak valid', en: 'The phone number is not valid' } },
  idempotency_key_invalid: {
    status: 400,
    text: {
      id: 'Idempotency-Key tidak valid: harus 1 sampai 255 karakter dalam tanda kutip',
      en: 'The Idempotency-Key must be 1 to 255 characters in quotes',
    },
  },
  invalid_otp: {
    status: 400,
    text: { id: 'Kode OTP tidak valid atau sudah kadaluarsa', en: 'The code is not valid or has expired' },
  },
  invalid_redirect_uri: {
    status: 400,
    text: {
      id: 'Alamat aplikasi tidak diizinkan. Gunakan alamat https yang lengkap, atau localhost, tanpa fragmen.',
      en: "The application's address is not allowed. Use a complete https address, or one of localhost, without a fragment.",
    },
  },
  name_required: { status: 400, text: { id: 'Nama harus diisi', en: 'The name is required' } },
  phone_number_required: { status: 400, text: { id: 'NoHp harus diisi', en: 'The phone number is required' } },
  otp_active: { status: 400, text: { id: 'Sudah ada OTP aktif', en: 'A code is already active' } },
  otp_not_verified: {
    status: 400,
    text: { id: 'Kode OTP belum diverifikasi', en: 'The code has not been verified yet' },
  },
  passwords_differ: {
    status: 400,
    text: { id: 'Konfirmasi kata sandi tidak sama', en: 'The passwords do not match' },
  },
  foreign_origin: {
    status: 403,
    text: {
      id: 'Permintaan ini hanya dapat dikirim dari halaman layanan ini sendiri',
      en: "This request is only accepted from the service's own pages",
    },
  },
  unauthenticated: { status: 401, text: { id: 'Anda harus login terlebih dahulu', en: 'You need to log in first' } },
  invalid_token: {
    status: 401,
    text: { id: 'Token tidak valid atau sudah kadaluarsa', en: 'The token is not valid or has expired' },
  },
  invalid_refresh_token: {
    status: 401,
    text: { id: 'Sesi sudah berakhir, silakan login kembali', en: 'The session has ended. Log in again.' },
  },
  invalid_api_key: { status: 401, text: { id: 'API key tidak valid', en: 'The API key is not valid' } },
  invalid_webhook_secret: {
    status: 401,
    text: {
      id: 'Secret atau tanda tangan webhook tidak valid',
      en: 'The webhook secret or signature is not valid',
    },
  },
  login_page_required: {
    status: 403,
    text: {
      id: 'Kode untuk sebuah aplikasi hanya berlaku di halaman login layanan ini',
      en: "A code for an application is only accepted on this service's login page",
    },
  },
  fresh_login_required: {
    status: 403,
    text: { id: 'Silakan login ulang untuk melanjutkan', en: 'Log in again to continue' },
  },
  registration_by_phone_only: {
    status: 403,
    text: {
      id: 'Pendaftaran memerlukan nomor telepon',
      en: 'Registration requires a phone number',
    },
  },
  registration_closed: {
    status: 403,
    text: { id: 'Pendaftaran hanya dapat dilakukan oleh admin', en: 'Only an admin can register accounts' },
  },
  current_password_wrong: {
    status: 400,
    text: { id: 'Kata sandi saat ini salah', en: 'The current password is wrong' },
  },
  password_not_set: {
    status: 409,
    text: {
      id: 'Akun ini belum memiliki kata sandi. Buat kata sandi lewat halaman lupa kata sandi.',
      en: 'This account has no password yet. Set one through the forgotten-password page.',
    },
  },
  password_refused: {
    status: 400,
    text: { id: 'Kata sandi tidak memenuhi syarat', en: 'The password does not meet the requirements' },
  },
  session_not_found: { status: 404, text: { id: 'Sesi tidak ditemukan', en: 'Session not found' } },
  conversation_not_found: {
    status: 404,
    text: { id: 'Percakapan tidak ditemukan', en: 'Conversation not found' },
  },
  user_not_found: { status: 404, text: { id: 'User tidak ditemukan', en: 'User not found' } },
  oidc_client_not_found: { status: 404, text: { id: 'Aplikasi tidak ditemukan', en: 'Application not found' } },
  api_key_not_found: { status: 404, text: { id: 'API key tidak ditemukan', en: 'API key not found' } },
  email_taken: { status: 409, text: { id: 'Email sudah dipakai', en: 'This e-mail address is already in use' } },
  username_taken: { status: 409, text: { id: 'Username sudah dipakai', en: 'This username is already in use' } },
  phone_taken: { status: 409, text: { id: 'Nomor telepon sudah dipakai', en: 'This phone number is already in use' } },
  phone_required: {
    status: 409,
    text: { id: 'Akun ini tidak memiliki nomor telepon', en: 'The account has no phone number' },
  },
  last_admin: {
    status: 409,
    text: { id: 'Harus ada sedikitnya satu admin aktif', en: 'At least one active admin must remain' },
  },
  invalid_credentials: {
    status: 401,
    text: {
      id: 'Email, username, nomor telepon atau kata sandi salah',
      en: 'Wrong e-mail, username, phone number or password',
    },
  },
  forbidden: { status: 403, text: { id: 'Anda tidak berhak melakukan ini', en: 'You are not allowed to do this' } },
  not_found: { status: 404, text: { id: 'Alamat tidak ditemukan', en: 'There is no such address' } },
  phone_not_registered: {
    status: 404,
    text: {
      id: 'Nomor telepon tidak terdaftar atau akun tidak aktif',
      en: 'The phone number is not registered or the account is not active',
    },
  },
  method_not_allowed: { status: 405, text: { id: 'Metode tidak didukung', en: 'The method is not supported' } },
  request_timeout: {
    status: 408,
    text: { id: 'Pengiriman permintaan terlalu lama', en: 'The request took too long to arrive' },
  },
  idempotency_conflict: {
    status: 409,
    text: {
      id: 'Permintaan yang sama masih diproses, coba beberapa saat lagi',
      en: 'The same request is still being processed. Try again shortly.',
    },
  },
  conflict: { status: 409, text: { id: 'Data sudah dipakai', en: 'The data is already in use' } },
  body_too_large: { status: 413, text: { id: 'Isi permintaan terlalu besar', en: 'The request body is too large' } },
  uri_too_long: {
    status: 414,
    text: { id: 'Alamat permintaan terlalu panjang', en: 'The request address is too long' },
  },
  media_not_found: {
    status: 404,
    text: {
      id: 'File tidak ditemukan, atau sudah tidak disimpan oleh provider',
      en: 'The file was not found, or is no longer available',
    },
  },
  media_unavailable: {
    status: 503,
    text: {
      id: 'Provider sedang tidak dapat memberikan file ini. Coba lagi nanti.',
      en: 'The provider cannot serve this file right now. Try again later.',
    },
  },
  media_not_sendable: {
    status: 422,
    text: {
      id: 'Tidak ada provider yang bisa mengirim jenis file ini',
      en: 'No configured provider can send this kind of file',
    },
  },
  unsupported_media_type: {
    status: 415,
    text: {
      id: 'Content-Type ini tidak didukung di sini',
      en: 'This content type is not supported here',
    },
  },
  expectation_failed: {
    status: 417,
    text: {
      id: 'Header Expect hanya boleh berisi 100-continue',
      en: 'The Expect header may only say 100-continue',
    },
  },
  idempotency_key_reused: {
    status: 422,
    text: {
      id: 'Idempotency-Key sudah dipakai untuk permintaan lain',
      en: 'This Idempotency-Key was used for another request',
    },
  },
  headers_too_large: {
    status: 431,
    text: { id: 'Header permintaan terlalu besar', en: 'The request headers are too large' },
  },
  otp_rate_limited: {
    status: 429,
    text: {
      id: 'Terlalu banyak permintaan kode, coba lagi nanti',
      en: 'Too many codes were requested. Try again later.',
    },
  },
  otp_locked: {
    status: 429,
    text: { id: 'Terlalu banyak percobaan, coba lagi nanti', en: 'Too many attempts. Try again later.' },
  },
  login_locked: {
    status: 429,
    text: { id: 'Terlalu banyak percobaan login, coba lagi nanti', en: 'Too many login attempts. Try again later.' },
  },
  rate_limited: {
    status: 429,
    text: { id: 'Terlalu banyak permintaan, coba lagi nanti', en: 'Too many requests. Try again later.' },
  },
  internal_error: {
    status: 500,
    text: { id: 'Terjadi kesalahan di server', en: 'Something went wrong on the server' },
  },
  whatsapp_unavailable: {
    status: 503,
    text: {
      id: 'Gagal mengirim OTP via WhatsApp. Perangkat tidak terhubung.',
      en: 'The code could not be sent over WhatsApp. The device is not connected.',
    },
  },
  database_unavailable: {
    status: 503,
    text: {
      id: 'Layanan sedang tidak tersedia, coba beberapa saat lagi',
      en: 'The service is not available. Try again shortly.',
    },
  },
  busy: {
    status: 503,
    text: { id: 'Layanan sedang sibuk, coba beberapa saat lagi', en: 'The service is busy. Try again shortly.' },
  },
  ...GATEWAY_CATALOGUE,
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof CATALOGUE;
