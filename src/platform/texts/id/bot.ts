/** What the bot writes, in WhatsApp’s markup. */
export const BOT = {
  /** Letter for letter: docs/contract/dashboard.md#the-bot. */
  menu: 'Halo 👋\nSilakan pilih:\n1️⃣ Info\n2️⃣ Bantuan\n\nKetik *agent* untuk berbicara dengan manusia.',
  info: (appName: string) => `Ini layanan WhatsApp ${appName}. Kode login Anda dikirim dari nomor ini.`,
  help: 'Ketik *agent* untuk berbicara dengan petugas, *pause* untuk menghentikan balasan otomatis, dan *bot* untuk mengaktifkannya kembali.\n\nKami tidak pernah meminta kode OTP atau kata sandi Anda.',
  // One line each from here on.
  agent: 'Pesan Anda akan dijawab oleh petugas. Ketik *bot* untuk kembali ke menu.',
  pause: 'Balasan otomatis dihentikan. Ketik *bot* untuk mengaktifkannya kembali.',
  bot: 'Balasan otomatis aktif kembali. Kirim pesan apa saja untuk melihat menu.',
  opened: 'Kunci nomor Anda sudah dibuka. Silakan minta kode login baru.',
  was_open: 'Nomor Anda tidak terkunci, jadi tidak ada yang perlu dibuka.',
  late: 'Pesan Anda terlambat kami terima. Ketik *buka* sekali lagi.',
};

export type BotTexts = typeof BOT;
