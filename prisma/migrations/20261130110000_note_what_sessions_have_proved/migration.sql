-- What a login session has proved since it was opened. Both are null of a session whose owner has proved nothing since: no row
-- has to be written, and no session of before looks younger than it is.
ALTER TABLE "login_sessions" ADD COLUMN "proved_at" TIMESTAMPTZ(3);
ALTER TABLE "login_sessions" ADD COLUMN "second_factor" TEXT;
ALTER TABLE "login_sessions" ADD CONSTRAINT "login_sessions_second_factor_check"
  CHECK ("second_factor" IS NULL OR ("second_factor" IN ('TOTP', 'RECOVERY_CODE', 'PASSKEY') AND "proved_at" IS NOT NULL));
