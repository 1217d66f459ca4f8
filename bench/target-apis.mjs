/** How each kind of target is asked for the same things, and where its answers hold the tokens. */

const bearer = (token) => ({ authorization: `Bearer ${token}` });

/** The service, and the ceiling, which speaks like it. */
const masuk = {
  request: ({ typed }) => ({ path: '/api/auth/otp/request', body: { phone: typed } }),
  verify: ({ typed }, code) => ({ path: '/api/auth/otp/verify', body: { phone: typed, otpCode: code } }),
  password: ({ typed }, password) => ({ path: '/api/auth/login', body: { identifier: typed, password } }),
  me: ({ token }) => ({ path: '/api/auth/me', headers: bearer(token) }),
  refresh: ({ refreshToken }) => ({ path: '/api/auth/refresh', body: { refreshToken } }),
  tokens: ({ data: { token, refreshToken } }) => ({ token, refreshToken }),
};

/** Better Auth with its phone-number plugin. */
const betterAuth = {
  request: ({ digits }) => ({ path: '/api/auth/phone-number/send-otp', body: { phoneNumber: `+${digits}` } }),
  verify: ({ digits }, code) => ({ path: '/api/auth/phone-number/verify', body: { phoneNumber: `+${digits}`, code } }),
};

export const targetApis = { masuk, betterAuth };
