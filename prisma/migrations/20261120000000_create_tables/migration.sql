-- CreateEnum
CREATE TYPE "role" AS ENUM ('ADMIN', 'SUPERVISOR', 'OPERATOR', 'KARYAWAN', 'USER');

-- CreateEnum
CREATE TYPE "message_state" AS ENUM ('PENDING', 'UNKNOWN', 'ACCEPTED', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'EXPIRED', 'SUPPRESSED');

-- CreateEnum
CREATE TYPE "auth_method" AS ENUM ('OTP', 'PASSWORD');

-- CreateEnum
CREATE TYPE "signing_key_state" AS ENUM ('NEXT', 'ACTIVE', 'RETIRED');

-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" TEXT,
    "username" TEXT,
    "phone" TEXT,
    "full_name" TEXT NOT NULL,
    "role" "role" NOT NULL DEFAULT 'USER',
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "password_hash" TEXT,
    "password_changed_at" TIMESTAMPTZ(3),
    "devices_valid_from" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "password_budgets" (
    "identifier_key" BYTEA NOT NULL,
    "failures" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "password_budgets_pkey" PRIMARY KEY ("identifier_key")
);

-- CreateTable
CREATE TABLE "otp_budgets" (
    "phone" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "sends" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "known_sends" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "failed_sends" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "guesses" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "known_guesses" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "current_session_id" UUID,
    "current_issued_at" TIMESTAMPTZ(3),
    "current_expires_at" TIMESTAMPTZ(3),
    "current_resend_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "otp_budgets_pkey" PRIMARY KEY ("phone","purpose")
);

-- CreateTable
CREATE TABLE "otp_sessions" (
    "id" UUID NOT NULL,
    "phone" TEXT NOT NULL,
    "purpose" TEXT NOT NULL,
    "user_id" UUID,
    "code_hash" BYTEA NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "known_attempts" SMALLINT NOT NULL DEFAULT 0,
    "client_address" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "replaced_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "otp_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "recipient_name" TEXT,
    "sealed_content" BYTEA,
    "state" "message_state" NOT NULL DEFAULT 'PENDING',
    "otp_session_id" UUID,
    "provider" TEXT,
    "provider_message_id" TEXT,
    "last_error" TEXT,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "fence" INTEGER NOT NULL DEFAULT 1,
    "claimed_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "message_history" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "state" "message_state" NOT NULL,
    "otp_session_id" UUID,
    "provider" TEXT,
    "provider_message_id" TEXT,
    "last_error" TEXT,
    "attempts" SMALLINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "message_history_pkey" PRIMARY KEY ("created_at","id")
) PARTITION BY RANGE ("created_at");

-- CreateTable
CREATE TABLE "developer_inbox" (
    "id" UUID NOT NULL,
    "recipient" TEXT NOT NULL,
    "sealed_content" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "developer_inbox_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "login_sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "device_id" UUID NOT NULL,
    "method" "auth_method" NOT NULL,
    "client_address" TEXT NOT NULL,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "idle_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,

    CONSTRAINT "login_sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "token_hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "used_at" TIMESTAMPTZ(3),
    "successor_hash" BYTEA,
    "sealed_successor" BYTEA,

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "kid" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "state" "signing_key_state" NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed_private" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "activated_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "type" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "user_id" UUID,
    "subject_id" UUID,
    "address" TEXT,
    "request_id" TEXT,
    "detail" JSONB,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("occurred_at","id")
) PARTITION BY RANGE ("occurred_at");

-- CreateTable
CREATE TABLE "rate_limits" (
    "name" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "window_started_at" TIMESTAMPTZ(3) NOT NULL,
    "used" INTEGER NOT NULL,

    CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("name","subject")
);

-- CreateTable
CREATE TABLE "auth_secrets" (
    "id" SMALLINT NOT NULL,
    "check_value" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "auth_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE UNIQUE INDEX "users_username_key" ON "users"("username");

-- CreateIndex
CREATE UNIQUE INDEX "users_phone_key" ON "users"("phone");

-- CreateIndex
CREATE INDEX "developer_inbox_created_at_idx" ON "developer_inbox"("created_at");

-- CreateIndex
CREATE INDEX "login_sessions_user_id_idx" ON "login_sessions"("user_id");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_idx" ON "refresh_tokens"("session_id");

-- CreateIndex
CREATE INDEX "audit_events_user_id_occurred_at_idx" ON "audit_events"("user_id", "occurred_at");

-- AddForeignKey
ALTER TABLE "otp_sessions" ADD CONSTRAINT "otp_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "login_sessions" ADD CONSTRAINT "login_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "login_sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma cannot say: rows that must not exist, and indexes over part of a table.

-- Partitions stand in a schema of their own; the service makes them month by month.
CREATE SCHEMA "partitions";

ALTER TABLE "users"
  ADD CONSTRAINT "users_identity_check" CHECK (num_nonnulls("email", "username", "phone") > 0),
  ADD CONSTRAINT "users_email_check" CHECK ("email" = lower("email") AND "email" ~ '^[^@[:space:]]+@[^@[:space:]]+$' AND length("email") <= 254),
  ADD CONSTRAINT "users_username_check" CHECK ("username" = lower("username") AND "username" ~ '[a-z]' AND "username" !~ '[@[:space:]]' AND length("username") <= 64),
  ADD CONSTRAINT "users_phone_check" CHECK ("phone" ~ '^[+][1-9][0-9]{6,14}$'),
  ADD CONSTRAINT "users_full_name_check" CHECK (length("full_name") BETWEEN 1 AND 200),
  ADD CONSTRAINT "users_password_hash_check" CHECK ("password_hash" LIKE '$%');

ALTER TABLE "password_budgets"
  ADD CONSTRAINT "password_budgets_key_check" CHECK (octet_length("identifier_key") = 32);

-- The hot tables' checks are few and short: PostgreSQL parses and plans each one anew for every row that is written.
ALTER TABLE "otp_budgets"
  ADD CONSTRAINT "otp_budgets_phone_check" CHECK ("phone" LIKE '+%'),
  ADD CONSTRAINT "otp_budgets_current_check" CHECK (num_nulls("current_session_id", "current_issued_at", "current_expires_at", "current_resend_at") IN (0, 4));

ALTER TABLE "otp_sessions"
  ADD CONSTRAINT "otp_sessions_code_hash_check" CHECK (octet_length("code_hash") = 32),
  ADD CONSTRAINT "otp_sessions_attempts_check" CHECK ("attempts" BETWEEN 0 AND 10 AND "known_attempts" BETWEEN 0 AND 10),
  ADD CONSTRAINT "otp_sessions_life_check" CHECK ("expires_at" > "created_at" AND "expires_at" <= "created_at" + interval '15 minutes'),
  ADD CONSTRAINT "otp_sessions_end_check" CHECK (num_nonnulls("consumed_at", "replaced_at", "failed_at") <= 1);

-- One live code a phone and purpose, whatever happens at once.
CREATE UNIQUE INDEX "otp_sessions_live_key" ON "otp_sessions" ("phone", "purpose")
  WHERE "consumed_at" IS NULL AND "replaced_at" IS NULL AND "failed_at" IS NULL;

ALTER TABLE "messages"
  ADD CONSTRAINT "messages_claim_check" CHECK (("state" = 'PENDING') = ("claimed_until" IS NOT NULL)),
  ADD CONSTRAINT "messages_content_check" CHECK ("state" <> 'PENDING' OR "sealed_content" IS NOT NULL),
  ADD CONSTRAINT "messages_blanked_check" CHECK ("state" NOT IN ('UNKNOWN', 'FAILED', 'EXPIRED', 'SUPPRESSED', 'READ') OR ("sealed_content" IS NULL AND "recipient_name" IS NULL)),
  ADD CONSTRAINT "messages_fence_check" CHECK ("fence" > 0 AND "attempts" >= 0);

-- What recovery looks for; rows in flight only, so it stays tiny.
CREATE INDEX "messages_claimed_until_idx" ON "messages" ("claimed_until") WHERE "state" = 'PENDING';

-- What a receipt looks for. Not unique: ids are the providers' own, and one that repeats them must not stop our writes.
CREATE INDEX "messages_provider_message_id_idx" ON "messages" ("provider", "provider_message_id")
  WHERE "provider_message_id" IS NOT NULL;

ALTER TABLE "login_sessions"
  ADD CONSTRAINT "login_sessions_life_check" CHECK ("idle_expires_at" <= "expires_at"),
  ADD CONSTRAINT "login_sessions_revoked_check" CHECK (("revoked_at" IS NULL) = ("revoked_reason" IS NULL));

ALTER TABLE "refresh_tokens"
  ADD CONSTRAINT "refresh_tokens_hash_check" CHECK (octet_length("token_hash") = 32),
  ADD CONSTRAINT "refresh_tokens_used_check" CHECK (("used_at" IS NULL) = ("successor_hash" IS NULL));

ALTER TABLE "signing_keys"
  ADD CONSTRAINT "signing_keys_algorithm_check" CHECK ("algorithm" IN ('ES256', 'RS256')),
  ADD CONSTRAINT "signing_keys_state_check" CHECK (("state" = 'RETIRED') = ("retired_at" IS NOT NULL));

-- One key that signs and one that is announced, an algorithm; two instances starting at once cannot make two.
CREATE UNIQUE INDEX "signing_keys_live_key" ON "signing_keys" ("algorithm", "state") WHERE "state" <> 'RETIRED';

ALTER TABLE "rate_limits"
  ADD CONSTRAINT "rate_limits_used_check" CHECK ("used" >= 0);

ALTER TABLE "auth_secrets"
  ADD CONSTRAINT "auth_secrets_single_check" CHECK ("id" = 1);

-- Rows that are updated in place several times in their short life.
ALTER TABLE "otp_budgets" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "otp_sessions" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE "messages" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
