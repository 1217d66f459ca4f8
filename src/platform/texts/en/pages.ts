import { type PageTexts } from '../id/pages.js';

/** What the pages say that the server writes; those of `web/` have their own. */
export const PAGES: PageTexts = {
  frame: {
    language: 'Language',
    noScript: 'This page needs JavaScript. Enable it in your browser and reload the page.',
    tooOld:
      'This page cannot be shown yet. Reload it. If that does not help, it needs a newer browser: Chrome 78, Firefox 72, Safari 13.1 or later.',
    through: (own) => `Login with ${own}`,
  },
  titles: {
    login: 'Log in',
    'forgot-password': 'Forgot password',
    account: 'My account',
    console: 'Console',
  },
  oidc: {
    login: 'Log in',
    cancel: (app) => `Cancel and go back to ${app}`,
    loginBy: {
      code: (app) => `${app} requires a login by WhatsApp code.`,
      password: (app) => `${app} requires a login by password.`,
    },
    proof: 'Second factor',
    proofIntro: 'Your account is protected by a second factor. Prove it to go on.',
    proofAgain: 'Try again',
    enrolment: 'Set up a second factor',
    enrolmentIntro: (app) =>
      `To use ${app}, your account needs a second factor, and you have none yet. Set one up first; you then come back here.`,
    enrolmentGo: 'Set one up',
    consent: (app) => `Allow ${app}?`,
    consentIntro: (app) => `${app} requests access to the following data of your account:`,
    consentAs: (person) => `You are logged in as ${person}.`,
    allow: 'Allow',
    deny: 'Deny',
    device: 'Log in another device',
    deviceIntro: 'Type the code that the device shows on its screen.',
    deviceCode: 'Code on the device',
    deviceNext: 'Continue',
    deviceWrong: 'This code is wrong or has expired. Check the screen of the device again.',
    deviceStopped: 'The device was not logged in. You can close this page.',
    deviceConfirm: 'Log this device in?',
    deviceConfirmIntro: (app) =>
      `${app} wants to use your account on the device that shows this code. Continue only if that device is in front of you.`,
    deviceYes: 'Yes, log the device in',
    deviceNo: 'It was not me',
    deviceDone: 'The device is logged in',
    deviceDoneIntro: 'You can close this page and continue on the device.',
    logout: 'Log out?',
    logoutIntro: 'You will be logged out of every application in this browser.',
    logoutYes: 'Yes, log out',
    logoutNo: 'Stay logged in',
    loggedOut: 'You are logged out',
    loggedOutIntro: 'You can close this page.',
    stayed: 'You are still logged in',
    expired: 'This page has expired',
    expiredIntro: 'Go back to the application and start the login again.',
    failed: 'The login cannot continue',
    failedIntro:
      'The application that sent you here made an invalid request. Go back and try again. If it happens again, send this text to the people who run the application.',
  },
  scopes: {
    profile: 'Name and username',
    phone: 'WhatsApp number',
    email: 'E-mail address',
    roles: 'Your role',
  },
  qr: {
    title: 'Link WhatsApp',
    picture: 'QR code to scan with WhatsApp',
    loading: 'Loading…',
    /** By the state of the linked account, and of the connection to the service. */
    says: {
      connecting: 'Connecting…',
      qr: 'Waiting to be scanned…',
      connected: 'Connected',
      disconnected: 'Disconnected. Restart the session for a new QR code.',
      logged_out: 'The link was ended. Restart the session for a new QR code.',
      gone: 'This session has been deleted.',
      refused: 'This link is no longer valid.',
      silent: 'The service does not answer, trying again…',
    },
    steps: [
      'Open WhatsApp on the phone.',
      'Tap <b>Linked devices</b>, then <b>Link a device</b>.',
      'Scan the QR code on this page.',
    ],
  },
};
