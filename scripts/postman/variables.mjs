/** What a person sets, with the values of a development service: the environment, and the collection's own defaults. */
export const INPUTS = [
  { key: 'baseUrl', value: 'http://localhost:5000', description: 'Where the service is, without a slash at the end.' },
  {
    key: 'phone',
    value: '081234567890',
    description: 'The number that logs in by code, in any spelling; a demo account has this one.',
  },
  {
    key: 'adminIdentifier',
    value: 'admin@sikeskoja.com',
    description: 'E-mail, username or number of an ADMIN; that of the demo accounts.',
  },
  { key: 'adminPassword', value: 'password123', description: 'The password of the demo accounts.' },
];

/** Kept in the environment, beside the inputs: a key of one's own can be put there, and making one fills it. */
export const API_KEY = {
  key: 'apiKey',
  value: '',
  description: 'A key with the scope `tokens`. "Make a key" fills it.',
};

const FILLED = {
  webhookId: 'The webhook that the folder made.',
  stamp: 'Nine digits, new in each run of a folder: what the run makes is named by them.',
  adminToken: 'Access token of the admin; "Log in as the admin" fills it.',
  operatorToken: 'Access token of somebody who is no admin.',
  accountId: 'Id of the account that has `phone`.',
  otpSession: '`sessionId` of the newest code.',
  otpCode: 'The newest login code: read in the developer inbox, or typed here when it came by WhatsApp.',
  wrongCode: 'Another code than that.',
  token: 'Access token of the newest login of `phone`.',
  deviceToken: 'Device token of the newest login of `phone`.',
  resetCode: 'The newest code to reset a password.',
  wrongResetCode: 'Another code than that.',
  otpId: 'Names the reset code that was verified.',
  forgetfulId: 'Account of the person who forgot the password.',
  forgetfulToken: 'Their access token from before the reset.',
  karyawanId: 'Account that the dashboard registered.',
  agentId: 'Another one, registered as `agent`.',
  dashboardAdminId: 'An admin that an admin registered.',
  dashboardToken: "Access token of the dashboard's login.",
  dashboardRefreshToken: 'Refresh token of that login.',
  personId: 'Account of the person in "Beyond".',
  registrationToken: 'What their registration answered.',
  personCode: 'Their first code.',
  personToken: 'Their access token.',
  personRefreshToken: 'Their newest refresh token.',
  usedRefreshToken: 'One that was exchanged already.',
  otherToken: 'Access token of their second login.',
  otherSessionId: 'The session of that login.',
  changeCode: 'The code that went to their new number.',
  browserCookie: 'The cookie `__Host-masuk` of a login on the own pages.',
  apiKeyId: 'The key that was made.',
  messagesKey: 'A key without the scope `tokens`.',
  messagesKeyId: 'Its id.',
  oidcClientId: 'The application that was made: its `client_id`.',
  auditCursor: 'Where the next page of the audit log begins.',
  importId: 'The import that was checked.',
  staffId: 'Account that the folder of second factors made.',
  staffToken: 'Its access token, of the newest proof.',
  firstFactorToken: 'Its access token from before the proof.',
  totpSecret: 'The key of its authenticator app.',
  totpCode: 'What the app shows.',
  recoveryCode: 'One of its recovery codes.',
  employeeId: 'Account that the admin made.',
};

export const VARIABLES = [
  ...INPUTS,
  ...Object.entries(FILLED).map(([key, about]) => ({ key, value: '', description: `Filled by the run. ${about}` })),
];
