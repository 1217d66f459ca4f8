import { type MessageTexts } from '../message-texts.js';

const codeRules: MessageTexts['codeRules'] = (minutes) => [
  `This code is valid for ${minutes} minutes.`,
  'Do not share it with anyone.',
];

/** The sentences of messages in English. */
export const MESSAGES: MessageTexts = {
  greeting: (name) => (name === '' ? 'Hello,' : `Hello ${name},`),
  farewell: ({ appTeam }) => ['Thank you,', `The ${appTeam} team`],
  codeFor: {
    'otp.login': (appName) => `Your code to log in to ${appName}:`,
    'otp.phone_change': (appName) => `Your code to use this number with ${appName}:`,
    'otp.reset': (appName) => `Your code to reset the password of ${appName}:`,
  },
  codeRules,
  codeRulesInShort: (minutes) => `Valid for ${minutes} minutes. Do not share it.`,
  notices: {
    'notice.phone_changed': ({ appName, appTeam }) => [
      `The WhatsApp number of your account with ${appName} has been changed.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
    'notice.phone_proven': ({ appName, appTeam }) => [
      `A code to this number has just been used for the first time with ${appName}. The account with this number is now yours.`,
      '',
      'The password, e-mail and username that were set at registration have been removed, and every device that was logged in before has been logged out.',
      '',
      `If it was not you who used the code, contact the ${appTeam} team at once.`,
    ],
    'notice.password_changed': ({ appName, appTeam }) => [
      `The password of your account with ${appName} has been changed, and every device has been logged out.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
    // The device on which it was changed stays logged in.
    'notice.own_password_changed': ({ appName, appTeam }) => [
      `The password of your account with ${appName} has been changed, and every other device has been logged out.`,
      '',
      `If it was not you who changed it, contact the ${appTeam} team at once.`,
    ],
    'notice.second_factor_added': ({ appName, appTeam }) => [
      `A new second factor was set up for your account at ${appName}.`,
      '',
      `If this was not you, contact the ${appTeam} team at once.`,
    ],
    'notice.second_factor_removed': ({ appName, appTeam }) => [
      `A second factor of your account at ${appName} was removed.`,
      '',
      `If this was not you, contact the ${appTeam} team at once.`,
    ],
    'notice.second_factor_reset': ({ appName, appTeam }) => [
      `An admin has reset all second factors of your account at ${appName}, and all devices were logged out.`,
      '',
      `If you did not ask for this, contact the ${appTeam} team at once.`,
    ],
    'notice.recovery_codes_made': ({ appName, appTeam }) => [
      `New recovery codes were made for your account at ${appName}. The old ones no longer work.`,
      '',
      `If this was not you, contact the ${appTeam} team at once.`,
    ],
    'notice.recovery_code_used': ({ appName, appTeam, codesLeft }) => [
      `A recovery code of your account at ${appName} has just been used. Recovery codes left: ${codesLeft}.`,
      '',
      `If this was not you, contact the ${appTeam} team at once.`,
    ],
    'notice.canary': ({ appName }) => [`This is a delivery check of ${appName}. There is nothing to do.`],
  },
  subjects: {
    text: (appName) => `A message from ${appName}`,
    'otp.login': (appName) => `Your code to log in to ${appName}`,
    'otp.phone_change': (appName) => `Your code for a new number with ${appName}`,
    'otp.reset': (appName) => `Your code to reset the password of ${appName}`,
    'notice.phone_changed': (appName) => `The WhatsApp number of your account with ${appName} has been changed`,
    'notice.phone_proven': (appName) => `Your number has been verified with ${appName}`,
    'notice.password_changed': (appName) => `The password of your account with ${appName} has been changed`,
    'notice.own_password_changed': (appName) => `The password of your account with ${appName} has been changed`,
    'notice.second_factor_added': (appName) => `New second factor for your account at ${appName}`,
    'notice.second_factor_removed': (appName) => `A second factor of your account at ${appName} was removed`,
    'notice.second_factor_reset': (appName) => `The second factors of your account at ${appName} were reset`,
    'notice.recovery_codes_made': (appName) => `New recovery codes for your account at ${appName}`,
    'notice.recovery_code_used': (appName) => `A recovery code of your account at ${appName} was used`,
    'notice.canary': (appName) => `Delivery check of ${appName}`,
  },
  verification: (company, code, minutes) => [
    'Hello! 👋',
    '',
    `Your verification code for ${company}:`,
    '',
    `*${code}*`,
    '',
    ...codeRules(minutes),
    '',
    'Thank you,',
    company,
  ],
  answerByNumber: 'Reply with the number of your choice.',
  media: { image: 'Picture', video: 'Video', audio: 'Audio', document: 'Document' },
};
