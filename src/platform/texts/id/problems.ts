/** What is wrong with what was sent. */
export const PROBLEMS = {
  /** In words that follow the name of the field. */
  field: {
    empty: 'harus diisi',
    unknownCursor: 'tidak dikenal',
    unknownMessage: 'bukan pesan dalam percakapan ini',
    noPhone: 'bukan nomor telepon',
    notBeforeTo: 'harus sebelum to',
    badSpan: 'harus sebelum to, paling lama 92 hari',
    unknownZone: 'bukan zona waktu yang dikenal',
    noRegistrationToken: 'bukan token dari pendaftaran',
    textOrMedia: 'kirim salah satu: text atau media; teks untuk media ditulis di caption',
    noHttpsAddress: 'harus berupa alamat https tanpa nama pengguna',
    captionOfAudio: 'tidak bisa dipakai untuk audio',
    documentsOnly: 'hanya untuk dokumen',
    notThisFile: 'bukan nama field file yang diterima di sini',
    missingFile: 'harus menjadi bagian terakhir dari form',
    peopleList: 'harus berupa daftar 1 sampai 1.000 orang',
    systemName: 'harus terdiri dari huruf kecil, angka, titik, dan tanda hubung',
    longOrTwice: 'terlalu panjang, atau dikirim lebih dari sekali',
    fileOrUrl: 'kirim salah satu: file atau url',
    badChoices: 'terlalu banyak, atau id tidak unik',
    codeOrPassword: 'wajib diisi, atau password',
    unnamedNumber: 'wajib diisi: akun ini didaftarkan sendiri oleh pemiliknya, dan kode masuknya dikirim ke nomor ini',
    unknownPassword:
      'wajib diisi: akun ini didaftarkan sendiri oleh pemiliknya, dan tidak ada yang menjamin kata sandinya',
  },
  /** By the rule of class-validator that is broken, in words that follow the name of the field. */
  rule: {
    isString: 'harus berupa teks',
    minLength: 'terlalu pendek',
    maxLength: 'terlalu panjang',
    isUuid: 'tidak dikenal',
    isIn: 'berisi nilai yang tidak dikenal',
    isFutureInstant: 'harus berupa waktu ISO 8601 dengan offset, di masa depan',
    isInstant: 'harus berupa waktu ISO 8601 dengan offset',
    isAddress: 'harus berupa alamat IP',
    isCode: 'harus memuat tepat satu kode',
    isBoolean: 'harus true atau false',
    isNumber: 'harus berupa angka',
    isInt: 'harus berupa bilangan bulat',
    whitelistValidation: 'tidak dikenal',
    otherwise: 'tidak valid',
  },
  /** A number that is too small or too large, in words that follow the name of the field. */
  bound: {
    min: (least: string) => `tidak boleh kurang dari ${least}`,
    max: (most: string) => `tidak boleh lebih dari ${most}`,
  },
  /** In words that follow the name of the field. */
  account: {
    fullName: (longest: number) => `harus berupa nama, paling banyak ${longest} karakter`,
    email: 'bukan alamat email',
    emailIsPhone: 'adalah nomor WhatsApp, bukan alamat email',
    username: (longest: number) => `harus memuat huruf, tanpa @ dan spasi, paling banyak ${longest} karakter`,
    identity: 'email, username, atau nomor telepon harus diisi',
  },
  password: {
    unchanged: 'Kata sandi baru harus berbeda dari kata sandi sekarang.',
    too_short: (min: number) => `Kata sandi harus minimal ${min} karakter.`,
    too_long: (max: number) => `Kata sandi boleh maksimal ${max} karakter.`,
    blank: 'Kata sandi tidak boleh hanya berisi spasi atau karakter yang tidak terlihat.',
    service_name: 'Kata sandi tidak boleh hanya berisi nama layanan ini.',
    common: 'Kata sandi ini terlalu umum dan mudah ditebak.',
    personal: 'Kata sandi tidak boleh memuat nama, email, username, atau nomor telepon Anda.',
    monotone: 'Kata sandi tidak boleh hanya berisi karakter yang berulang atau berurutan.',
  },
  body: {
    packed: 'Content-Encoding tidak didukung, kirim body tanpa kompresi',
    takes: (types: readonly string[]) => `kirim ${types.join(' atau ')}`,
  },
};

export type ProblemTexts = typeof PROBLEMS;
