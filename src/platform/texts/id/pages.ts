/** What the pages say that the server writes; those of `web/` have their own. */
export const PAGES = {
  frame: {
    language: 'Bahasa',
    noScript: 'Halaman ini memerlukan JavaScript. Aktifkan JavaScript di browser Anda, lalu muat ulang halaman ini.',
    tooOld:
      'Halaman ini belum dapat ditampilkan. Muat ulang halaman ini. Jika tetap tidak tampil, gunakan browser yang lebih baru: Chrome 78, Firefox 72, Safari 13.1, atau versi sesudahnya.',
    through: (own: string) => `Login lewat ${own}`,
  },
  titles: {
    login: 'Masuk',
    'forgot-password': 'Lupa sandi',
    account: 'Akun saya',
    console: 'Konsol',
  },
  /** Pages for other applications; HTML. `app` is the application's name. */
  oidc: {
    login: 'Masuk',
    cancel: (app: string) => `Batal, kembali ke ${app}`,
    /** Where an application insists on one way. */
    loginBy: {
      code: (app: string) => `${app} mewajibkan login dengan kode WhatsApp.`,
      password: (app: string) => `${app} mewajibkan login dengan kata sandi.`,
    },
    proof: 'Faktor kedua',
    proofIntro: 'Akun Anda dilindungi faktor kedua. Buktikan untuk melanjutkan.',
    proofAgain: 'Coba lagi',
    enrolment: 'Daftarkan faktor kedua',
    enrolmentIntro: (app: string) =>
      `Untuk memakai ${app}, akun Anda memerlukan faktor kedua, dan Anda belum memilikinya. Daftarkan dulu; setelah itu Anda kembali ke sini.`,
    enrolmentGo: 'Daftarkan sekarang',
    consent: (app: string) => `Izinkan ${app}?`,
    consentIntro: (app: string) => `${app} meminta data berikut dari akun Anda:`,
    consentAs: (person: string) => `Anda login sebagai ${person}.`,
    allow: 'Izinkan',
    deny: 'Tolak',
    device: 'Login di perangkat lain',
    deviceIntro: 'Ketik kode yang tampil di layar perangkat tersebut.',
    deviceCode: 'Kode dari perangkat',
    deviceNext: 'Lanjut',
    deviceWrong: 'Kode itu salah atau sudah tidak berlaku. Periksa lagi layar perangkat.',
    deviceStopped: 'Login di perangkat itu dibatalkan. Anda bisa menutup halaman ini.',
    deviceConfirm: 'Izinkan login di perangkat ini?',
    deviceConfirmIntro: (app: string) =>
      `${app} ingin memakai akun Anda di perangkat yang menampilkan kode ini. Lanjutkan hanya jika perangkat itu ada di depan Anda.`,
    deviceYes: 'Ya, izinkan login',
    deviceNo: 'Bukan saya',
    deviceDone: 'Perangkat sudah login',
    deviceDoneIntro: 'Anda bisa menutup halaman ini dan melanjutkan di perangkat tersebut.',
    logout: 'Keluar?',
    logoutIntro: 'Anda akan keluar dari semua aplikasi di browser ini.',
    logoutYes: 'Ya, keluar',
    logoutNo: 'Tetap masuk',
    loggedOut: 'Anda sudah keluar',
    loggedOutIntro: 'Anda bisa menutup halaman ini.',
    stayed: 'Anda tetap masuk',
    expired: 'Halaman ini sudah kedaluwarsa',
    expiredIntro: 'Kembali ke aplikasi, lalu mulai login lagi dari sana.',
    failed: 'Login tidak dapat dilanjutkan',
    failedIntro:
      'Permintaan login dari aplikasi itu tidak benar. Kembali ke aplikasi dan coba lagi. Jika masih terjadi, sampaikan keterangan ini kepada pengelolanya.',
  },
  /** What a scope lets an application know. */
  scopes: {
    profile: 'Nama dan nama pengguna',
    phone: 'Nomor WhatsApp',
    email: 'Alamat email',
    roles: 'Peran Anda',
  },
  /** The page that shows a QR code; HTML. */
  qr: {
    title: 'Hubungkan WhatsApp',
    picture: 'QR code untuk dipindai dengan WhatsApp',
    loading: 'Memuat…',
    /** By the state of the linked account, and of the connection to the service. */
    says: {
      connecting: 'Menghubungkan…',
      qr: 'Menunggu dipindai…',
      connected: 'Terhubung',
      disconnected: 'Terputus. Mulai ulang session untuk QR code baru.',
      logged_out: 'Tautan diputus. Mulai ulang session untuk QR code baru.',
      gone: 'Session ini sudah dihapus.',
      refused: 'Tautan ini tidak berlaku lagi.',
      silent: 'Layanan tidak menjawab, mencoba lagi…',
    },
    steps: [
      'Buka WhatsApp di HP.',
      'Ketuk <b>Perangkat tertaut</b>, lalu <b>Tautkan perangkat</b>.',
      'Pindai QR code di halaman ini.',
    ],
  },
};

export type PageTexts = typeof PAGES;
