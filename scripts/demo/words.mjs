/** Words of the demo. Names are common ones, put together by chance: nobody in particular is meant. */

export const FIRST_NAMES = [
  ...[
    'Agus',
    'Ahmad',
    'Andi',
    'Anita',
    'Ari',
    'Ayu',
    'Bambang',
    'Bayu',
    'Budi',
    'Citra',
    'Deni',
    'Desi',
    'Dewi',
    'Dian',
  ],
  ...[
    'Dimas',
    'Dwi',
    'Eka',
    'Eko',
    'Elisabeth',
    'Endang',
    'Fajar',
    'Farida',
    'Fitri',
    'Frans',
    'Gita',
    'Hadi',
    'Hendra',
  ],
  ...[
    'Heri',
    'Ika',
    'Indah',
    'Intan',
    'Irfan',
    'Joko',
    'Kartika',
    'Kristina',
    'Lestari',
    'Lina',
    'Lukas',
    'Made',
    'Maria',
  ],
  ...['Maya', 'Mega', 'Nanda', 'Ningsih', 'Novi', 'Nur', 'Nyoman', 'Putri', 'Putu', 'Rahmat', 'Rani', 'Ratna', 'Rina'],
  ...[
    'Rini',
    'Rizki',
    'Rudi',
    'Ruth',
    'Sari',
    'Siti',
    'Sri',
    'Surya',
    'Tri',
    'Tuti',
    'Wahyu',
    'Wati',
    'Wayan',
    'Yanti',
  ],
  ...['Yohana', 'Yosef', 'Yudi', 'Yulia', 'Yusuf', 'Zahra'],
];

export const LAST_NAMES = [
  ...['Anggraini', 'Ariyanto', 'Aritonang', 'Asmara', 'Fauzi', 'Ginting', 'Gunawan', 'Handayani', 'Harahap', 'Hidayat'],
  ...['Hutabarat', 'Imbiri', 'Iskandar', 'Kambu', 'Kurniawan', 'Kusuma', 'Lubis', 'Mahendra', 'Mandowen', 'Manurung'],
  ...[
    'Marpaung',
    'Maulana',
    'Mulyani',
    'Nasution',
    'Nugroho',
    'Nurhayati',
    'Pangestu',
    'Permata',
    'Pranata',
    'Pratama',
  ],
  ...['Purnomo', 'Rahayu', 'Rahman', 'Ramadhan', 'Rumbiak', 'Safitri', 'Santoso', 'Saputra', 'Setiawan', 'Siregar'],
  ...['Sitompul', 'Suharto', 'Sulistyo', 'Susanti', 'Sutrisno', 'Tambunan', 'Utami', 'Wibowo', 'Widodo', 'Wijaya'],
  ...['Wulandari', 'Yoku', 'Yuliana', 'Zulkarnain'],
];

export const USER_AGENTS = [
  'Mozilla/5.0 (Linux; Android 14; SM-A145F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 13; CPH2477) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 15; 23106RN0DA) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15',
];

/**
 * What people write, and what staff answers; what the bot says to it is the bot's affair. A line is who says it and what:
 * `in` the person, `staff` somebody of the staff. `image` and `document` come from the person, with a file.
 */
export const TALKS = [
  [
    ['in', 'Selamat pagi, besok praktik dokter gigi buka jam berapa?'],
    ['in', 'agent'],
    ['staff', 'Selamat pagi. Poli gigi buka Senin sampai Jumat, pukul 08.00 sampai 14.00.'],
    ['in', 'Baik, terima kasih banyak'],
  ],
  [
    ['in', 'Kode OTP saya belum masuk'],
    ['in', 'Agent'],
    ['staff', 'Mohon maaf atas kendalanya. Apakah Anda masuk dengan nomor ini?'],
    ['in', 'Iya, nomor yang ini'],
    ['staff', 'Baik, sudah kami periksa. Silakan minta kode sekali lagi dan tunggu sekitar satu menit.'],
    ['in', 'Sudah masuk, terima kasih'],
    ['staff', 'Sama-sama.'],
  ],
  [
    ['in', 'Halo'],
    ['in', '1'],
  ],
  [
    ['in', 'Ini surat rujukan saya'],
    ['image', null],
    ['in', 'agent'],
    ['staff', 'Surat rujukannya sudah kami terima. Jadwal kontrol Anda hari Kamis pukul 09.30.'],
    ['in', 'Siap, saya datang hari Kamis'],
  ],
  [
    ['in', 'Mau tanya, hasil laboratorium atas nama ibu saya apakah sudah bisa diambil?'],
    ['in', 'agent'],
    ['in', 'Permisi, apakah ada petugas?'],
  ],
  [
    ['in', 'Nomor HP saya ganti, bagaimana cara mengubahnya?'],
    ['in', '2'],
    ['in', 'agent'],
    ['staff', 'Anda dapat mengubahnya di halaman akun. Kode akan dikirim ke nomor yang baru.'],
    ['in', 'Oke, saya coba dulu'],
    ['in', 'Berhasil 🙏'],
  ],
  [
    ['document', 'hasil-lab.pdf'],
    ['in', 'Tolong diteruskan ke bagian pendaftaran'],
    ['in', 'pause'],
  ],
  [
    ['in', 'Apakah pendaftaran bisa lewat WhatsApp?'],
    ['in', 'agent'],
    ['staff', 'Bisa. Mohon kirim nama lengkap dan tanggal lahir pasien.'],
    ['in', 'Baik, sebentar saya tanyakan dulu'],
  ],
];

/** For whom codes of other applications are sent. */
export const COMPANIES = ['Apotek Sentosa', 'Kasir Koperasi', 'Klinik Harapan', 'Toko Makmur'];
