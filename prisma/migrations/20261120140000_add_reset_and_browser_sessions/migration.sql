-- A reset code is verified first and used up by the reset itself.
ALTER TABLE "otp_sessions" ADD COLUMN "verified_at" TIMESTAMPTZ(3);

-- Sessions of browsers on our own pages are held by a cookie instead of by tokens.
ALTER TABLE "login_sessions" ADD COLUMN "cookie_hash" BYTEA;
CREATE UNIQUE INDEX "login_sessions_cookie_hash_key" ON "login_sessions" ("cookie_hash");
ALTER TABLE "login_sessions" ADD CONSTRAINT "login_sessions_cookie_hash_check" CHECK (octet_length("cookie_hash") = 32);
