-- The living refresh token's hash stands in its login session; "refresh_tokens" keeps used ones only, and for a while those
-- that the release before has issued: they are exchanged as before.
ALTER TABLE "login_sessions"
  ADD COLUMN "refresh_hash" BYTEA,
  ADD COLUMN "refresh_issued_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD CONSTRAINT "login_sessions_refresh_hash_check" CHECK (octet_length("refresh_hash") = 32);
CREATE UNIQUE INDEX "login_sessions_refresh_hash_key" ON "login_sessions" ("refresh_hash") WHERE "refresh_hash" IS NOT NULL;

-- Most sessions have no cookie: they need no entry in its index.
DROP INDEX "login_sessions_cookie_hash_key";
CREATE UNIQUE INDEX "login_sessions_cookie_hash_key" ON "login_sessions" ("cookie_hash") WHERE "cookie_hash" IS NOT NULL;
