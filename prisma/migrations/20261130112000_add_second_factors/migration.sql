-- The second factors of staff. One row an account, which every change and every guess locks.
ALTER TABLE "users" ADD COLUMN "has_second_factor" BOOLEAN NOT NULL DEFAULT false;

CREATE TABLE "second_factors" (
    "user_id" UUID NOT NULL,
    "sealed_totp" BYTEA,
    "totp_since" TIMESTAMPTZ(3),
    "totp_step" BIGINT,
    "guesses" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "failures" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "second_factors_pkey" PRIMARY KEY ("user_id"),
    CONSTRAINT "second_factors_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "second_factors"
  ADD CONSTRAINT "second_factors_totp_check" CHECK (("sealed_totp" IS NULL) = ("totp_since" IS NULL) AND ("totp_step" IS NULL OR "sealed_totp" IS NOT NULL)),
  ADD CONSTRAINT "second_factors_failures_check" CHECK ("failures" >= 0);

CREATE TABLE "recovery_codes" (
    "user_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("user_id", "code_hash"),
    CONSTRAINT "recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "second_factors"("user_id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_hash_check" CHECK (octet_length("code_hash") = 32);

CREATE TABLE "passkeys" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "credential_id" BYTEA NOT NULL,
    "public_key" BYTEA NOT NULL,
    "counter" BIGINT NOT NULL,
    "transports" TEXT[] NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkeys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "passkeys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "second_factors"("user_id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "passkeys_credential_id_key" ON "passkeys"("credential_id");
CREATE INDEX "passkeys_user_id_idx" ON "passkeys"("user_id");
ALTER TABLE "passkeys"
  ADD CONSTRAINT "passkeys_counter_check" CHECK ("counter" >= 0),
  ADD CONSTRAINT "passkeys_credential_id_check" CHECK (octet_length("credential_id") BETWEEN 1 AND 1023);

-- What a login session has begun and is still to answer: one of each purpose, used once.
CREATE TABLE "second_factor_challenges" (
    "login_session_id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "content" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "second_factor_challenges_pkey" PRIMARY KEY ("login_session_id", "purpose"),
    CONSTRAINT "second_factor_challenges_login_session_id_fkey" FOREIGN KEY ("login_session_id") REFERENCES "login_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "second_factor_challenges"
  ADD CONSTRAINT "second_factor_challenges_purpose_check" CHECK ("purpose" IN ('totp-enrolment', 'passkey-enrolment', 'passkey-proof'));
