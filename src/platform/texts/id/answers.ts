/** What an answer says that is not a failure, by the room that gives it. */
export const ANSWERS = {
  /** Letter for letter: docs/contract/sikeskoja.md. */
  auth: {
    otpSent: 'Kode OTP telah dikirim ke WhatsApp Anda',
    loggedIn: 'Login berhasil',
    held: 'Semua data tentang akun ini',
    options: 'Pilihan login',
    me: 'Data akun',
    registered: 'Registrasi berhasil',
    refreshed: 'Token diperbarui',
    renewed: 'Login diperbarui',
    passwordChanged: 'Kata sandi diubah',
    loggedOut: 'Sesi diakhiri',
    sessions: 'Daftar sesi',
  },
  /** Letter for letter: docs/contract/ticketing.md#the-three-steps. */
  forgotPassword: {
    requested: 'OTP dikirim ke WhatsApp',
    verified: 'OTP verified',
    done: 'Password updated, please login',
  },
  secondFactor: {
    state: 'Faktor kedua',
    begun: 'Pindai QR code ini dengan aplikasi autentikator, lalu masukkan kodenya',
    options: 'Lanjutkan dengan passkey',
    proved: 'Faktor kedua terbukti',
    enrolled: 'Faktor kedua didaftarkan',
    codes: 'Kode pemulihan dibuat. Simpan sekarang, karena tidak akan ditampilkan lagi',
    removed: 'Faktor kedua dihapus',
  },
  oidcClients: {
    created: 'Aplikasi dibuat. Simpan client secret-nya sekarang, karena tidak akan ditampilkan lagi',
    one: 'Aplikasi',
    all: 'Daftar aplikasi',
    changed: 'Aplikasi diubah',
    rotated: 'Client secret diganti, yang lama tidak berlaku lagi',
    deleted: 'Aplikasi dihapus',
  },
  apiKeys: {
    created: 'API key dibuat. Simpan sekarang, karena tidak akan ditampilkan lagi',
    keys: 'Daftar API key',
    revoked: 'API key dicabut',
  },
  settings: {
    settings: 'Pengaturan yang berlaku',
    templates: 'Template pesan',
    testNumbers: 'Nomor uji',
    signingKeys: 'Kunci penanda tangan',
  },
  conversations: {
    conversations: 'Daftar percakapan',
    one: 'Percakapan',
    messages: 'Isi percakapan',
    replied: 'Balasan dikirim',
    changed: 'Percakapan diperbarui',
  },
  /** Letter for letter: docs/contract/gateway.md#sessions. */
  linkedAccounts: {
    created: 'Session dibuat, pindai QR code dengan WhatsApp',
    sessions: 'Daftar session',
    session: 'Status session',
    qr: 'Pindai QR code ini dengan WhatsApp',
    ticket: 'Tautan sekali pakai dibuat',
    pairingCode: 'Masukkan kode ini di WhatsApp',
    restarted: 'Session dimulai ulang',
    deleted: 'Session dihapus',
  },
  /** Letter for letter: docs/contract/gateway.md#messages. */
  messages: {
    sent: 'Pesan terkirim',
  },
  verification: {
    sent: 'Kode OTP terkirim',
    verified: 'Kode OTP benar',
    status: 'Status OTP',
    expired: 'Kode OTP dibatalkan',
    generated: 'Kode dibuat',
    formatted: 'Nomor telepon diformat',
  },
  webhooks: {
    created: 'Webhook dibuat. Simpan secret-nya sekarang, karena tidak akan ditampilkan lagi',
    webhooks: 'Daftar webhook',
    deleted: 'Webhook dihapus',
    deliveries: 'Daftar pengiriman',
    replayed: 'Event dikirim ulang',
  },
  admin: {
    listed: 'Daftar akun',
    shown: 'Data akun',
    created: 'Akun dibuat',
    changed: 'Akun diperbarui',
    unlocked: 'Akun dibuka kembali',
    passwordRemoved: 'Kata sandi dihapus, pemilik akun sekarang login dengan kode',
    secondFactorReset: 'Faktor kedua direset, pemilik akun mendaftarkannya lagi setelah login',
    sessionsEnded: 'Akun dikeluarkan dari semua perangkat',
    erased: 'Data akun dihapus',
    jobs: 'Daftar tugas terjadwal',
    audit: 'Catatan keamanan',
  },
  activity: {
    dashboard: 'Statistik gateway',
    stats: 'Statistik session',
    activity: 'Log aktivitas',
    errors: 'Log error',
    otp: 'Log OTP',
    cleaned: 'Log lama dihapus',
  },
  delivery: {
    funnel: 'Statistik pengiriman pesan',
    providers: 'Status provider',
    overview: 'Ringkasan',
    linkedAccounts: 'Akun WhatsApp tertaut',
  },
};

export type AnswerTexts = typeof ANSWERS;
