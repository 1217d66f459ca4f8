import { type MessageTexts } from '../message-texts.js';

const codeRules: MessageTexts['codeRules'] = (minutes) => [
  `Kode ini berlaku selama ${minutes} menit.`,
  'Jangan bagikan kode ini kepada siapapun.',
];

/** The sentences of messages in Indonesian. */
export const MESSAGES: MessageTexts = {
  greeting: (name) => (name === '' ? 'Halo,' : `Halo ${name},`),
  farewell: ({ appTeam }) => ['Terima kasih,', `Tim ${appTeam}`],
  codeFor: {
    'otp.login': (appName) => `Kode OTP untuk login ke ${appName}:`,
    'otp.phone_change': (appName) => `Kode OTP untuk memakai nomor ini di ${appName}:`,
    'otp.reset': (appName) => `Kode OTP untuk reset sandi ${appName}:`,
  },
  codeRules,
  codeRulesInShort: (minutes) => `Berlaku ${minutes} menit. Jangan bagikan.`,
  notices: {
    'notice.phone_changed': ({ appName, appTeam }) => [
      `Nomor WhatsApp untuk akun Anda di ${appName} telah diganti.`,
      '',
      `Jika bukan Anda yang menggantinya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.phone_proven': ({ appName, appTeam }) => [
      `Kode yang dikirim ke nomor ini baru saja dipakai untuk pertama kali di ${appName}. Akun dengan nomor ini sekarang menjadi milik Anda.`,
      '',
      'Kata sandi, email, dan username yang diisi saat pendaftaran telah dihapus, dan semua perangkat yang login sebelumnya telah dikeluarkan dari akun.',
      '',
      `Jika bukan Anda yang memakai kode itu, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.password_changed': ({ appName, appTeam }) => [
      `Kata sandi akun Anda di ${appName} telah diubah, dan semua perangkat telah dikeluarkan dari akun.`,
      '',
      `Jika bukan Anda yang mengubahnya, segera hubungi Tim ${appTeam}.`,
    ],
    // The device on which it was changed stays logged in.
    'notice.own_password_changed': ({ appName, appTeam }) => [
      `Kata sandi akun Anda di ${appName} telah diubah, dan semua perangkat lain telah dikeluarkan dari akun.`,
      '',
      `Jika bukan Anda yang mengubahnya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.second_factor_added': ({ appName, appTeam }) => [
      `Faktor kedua baru telah didaftarkan untuk akun Anda di ${appName}.`,
      '',
      `Jika bukan Anda yang mendaftarkannya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.second_factor_removed': ({ appName, appTeam }) => [
      `Salah satu faktor kedua akun Anda di ${appName} telah dihapus.`,
      '',
      `Jika bukan Anda yang menghapusnya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.second_factor_reset': ({ appName, appTeam }) => [
      `Semua faktor kedua akun Anda di ${appName} telah direset oleh admin, dan semua perangkat telah dikeluarkan dari akun.`,
      '',
      `Jika Anda tidak memintanya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.recovery_codes_made': ({ appName, appTeam }) => [
      `Kode pemulihan baru telah dibuat untuk akun Anda di ${appName}. Kode yang lama tidak berlaku lagi.`,
      '',
      `Jika bukan Anda yang membuatnya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.recovery_code_used': ({ appName, appTeam, codesLeft }) => [
      `Sebuah kode pemulihan akun Anda di ${appName} baru saja digunakan. Sisa kode pemulihan: ${codesLeft}.`,
      '',
      `Jika bukan Anda yang menggunakannya, segera hubungi Tim ${appTeam}.`,
    ],
    'notice.canary': ({ appName }) => [`Ini pesan uji pengiriman dari ${appName}. Anda tidak perlu melakukan apa pun.`],
  },
  subjects: {
    text: (appName) => `Pesan dari ${appName}`,
    'otp.login': (appName) => `Kode OTP untuk login ke ${appName}`,
    'otp.phone_change': (appName) => `Kode OTP untuk nomor baru di ${appName}`,
    'otp.reset': (appName) => `Kode OTP untuk reset sandi ${appName}`,
    'notice.phone_changed': (appName) => `Nomor WhatsApp akun Anda di ${appName} telah diganti`,
    'notice.phone_proven': (appName) => `Nomor Anda di ${appName} telah diverifikasi`,
    'notice.password_changed': (appName) => `Kata sandi akun Anda di ${appName} telah diubah`,
    'notice.own_password_changed': (appName) => `Kata sandi akun Anda di ${appName} telah diubah`,
    'notice.second_factor_added': (appName) => `Faktor kedua baru untuk akun Anda di ${appName}`,
    'notice.second_factor_removed': (appName) => `Faktor kedua akun Anda di ${appName} telah dihapus`,
    'notice.second_factor_reset': (appName) => `Faktor kedua akun Anda di ${appName} telah direset`,
    'notice.recovery_codes_made': (appName) => `Kode pemulihan baru untuk akun Anda di ${appName}`,
    'notice.recovery_code_used': (appName) => `Kode pemulihan akun Anda di ${appName} telah digunakan`,
    'notice.canary': (appName) => `Uji pengiriman ${appName}`,
  },
  verification: (company, code, minutes) => [
    'Halo! 👋',
    '',
    `Kode verifikasi Anda untuk ${company}:`,
    '',
    `*${code}*`,
    '',
    ...codeRules(minutes),
    '',
    'Terima kasih,',
    company,
  ],
  answerByNumber: 'Balas dengan nomor pilihan Anda.',
  media: { image: 'Gambar', video: 'Video', audio: 'Suara', document: 'Dokumen' },
};
