import { type Text } from '../../platform/errors/catalogue.js';

/** What our pages for other applications say. `{app}` is the application's name. */
export const TEXTS = {
  login: { id: 'Masuk', en: 'Log in' },
  cancel: { id: 'Batal, kembali ke {app}', en: 'Cancel and go back to {app}' },
  consent: { id: 'Izinkan {app}?', en: 'Allow {app}?' },
  consentIntro: {
    id: '{app} meminta data berikut dari akun Anda:',
    en: '{app} requests access to the following data of your account:',
  },
  allow: { id: 'Izinkan', en: 'Allow' },
  deny: { id: 'Tolak', en: 'Deny' },
  device: { id: 'Login di perangkat lain', en: 'Log in another device' },
  deviceIntro: {
    id: 'Ketik kode yang tampil di layar perangkat tersebut.',
    en: 'Type the code that the device shows on its screen.',
  },
  deviceCode: { id: 'Kode dari perangkat', en: 'Code on the device' },
  deviceNext: { id: 'Lanjut', en: 'Continue' },
  deviceWrong: {
    id: 'Kode itu salah atau sudah tidak berlaku. Periksa lagi layar perangkat.',
    en: 'This code is wrong or has expired. Check the screen of the device again.',
  },
  deviceStopped: {
    id: 'Login di perangkat itu dibatalkan. Anda bisa menutup halaman ini.',
    en: 'The device was not logged in. You can close this page.',
  },
  deviceConfirm: { id: 'Izinkan login di perangkat ini?', en: 'Log this device in?' },
  deviceConfirmIntro: {
    id: '{app} ingin memakai akun Anda di perangkat yang menampilkan kode ini. Lanjutkan hanya jika perangkat itu ada di depan Anda.',
    en: '{app} wants to use your account on the device that shows this code. Continue only if that device is in front of you.',
  },
  deviceYes: { id: 'Ya, izinkan login', en: 'Yes, log the device in' },
  deviceNo: { id: 'Bukan saya', en: 'It was not me' },
  deviceDone: { id: 'Perangkat sudah login', en: 'The device is logged in' },
  deviceDoneIntro: {
    id: 'Anda bisa menutup halaman ini dan melanjutkan di perangkat tersebut.',
    en: 'You can close this page and continue on the device.',
  },
  logout: { id: 'Keluar?', en: 'Log out?' },
  logoutIntro: {
    id: 'Anda akan keluar dari semua aplikasi di browser ini.',
    en: 'You will be logged out of every application in this browser.',
  },
  logoutYes: { id: 'Ya, keluar', en: 'Yes, log out' },
  logoutNo: { id: 'Tetap masuk', en: 'Stay logged in' },
  loggedOut: { id: 'Anda sudah keluar', en: 'You are logged out' },
  loggedOutIntro: { id: 'Anda bisa menutup halaman ini.', en: 'You can close this page.' },
  stayed: { id: 'Anda tetap masuk', en: 'You are still logged in' },
  expired: { id: 'Halaman ini sudah kedaluwarsa', en: 'This page has expired' },
  expiredIntro: {
    id: 'Kembali ke aplikasi, lalu mulai login lagi dari sana.',
    en: 'Go back to the application and start the login again.',
  },
  failed: { id: 'Login tidak dapat dilanjutkan', en: 'The login cannot continue' },
  failedIntro: {
    id: 'Permintaan login dari aplikasi itu tidak benar. Kembali ke aplikasi dan coba lagi. Jika masih terjadi, sampaikan keterangan ini kepada pengelolanya.',
    en: 'The application that sent you here made an invalid request. Go back and try again. If it happens again, send this text to the people who run the application.',
  },
} satisfies Record<string, Text>;

/** What a scope lets an application know, as a person reads it; scopes of other services are shown by name. */
export const SCOPES_SAID: Record<string, Text | null> = {
  openid: null,
  offline_access: null,
  profile: { id: 'Nama dan nama pengguna', en: 'Name and username' },
  phone: { id: 'Nomor WhatsApp', en: 'WhatsApp number' },
  email: { id: 'Alamat email', en: 'E-mail address' },
  roles: { id: 'Peran Anda', en: 'Your role' },
};
