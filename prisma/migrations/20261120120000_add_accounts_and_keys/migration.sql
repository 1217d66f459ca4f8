-- Refresh: whether a token's successor has been used stands on the token itself, so that one locked row tells all.
ALTER TABLE "refresh_tokens" ADD COLUMN "successor_used_at" TIMESTAMPTZ(3);
CREATE UNIQUE INDEX "refresh_tokens_successor_hash_key" ON "refresh_tokens" ("successor_hash");

-- Keys are announced before they sign: a consumer that caches the key set must know a key before it meets a token of it.
ALTER TABLE "signing_keys" ADD COLUMN "activates_at" TIMESTAMPTZ(3);
ALTER TABLE "signing_keys" ADD CONSTRAINT "signing_keys_next_check" CHECK (("state" = 'NEXT') <= ("activates_at" IS NOT NULL));

-- API keys of other services.
CREATE TABLE "api_keys" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "scopes" TEXT[] NOT NULL,
    "requests_per_minute" INTEGER NOT NULL,
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "api_keys_key_hash_check" CHECK (octet_length("key_hash") = 32),
    CONSTRAINT "api_keys_name_check" CHECK (length("name") BETWEEN 1 AND 100),
    CONSTRAINT "api_keys_scopes_check" CHECK (cardinality("scopes") > 0),
    CONSTRAINT "api_keys_requests_check" CHECK ("requests_per_minute" > 0)
);
CREATE UNIQUE INDEX "api_keys_key_hash_key" ON "api_keys" ("key_hash");

-- Erased people: nothing of them is left but the id that the audit log speaks of.
ALTER TABLE "users" ADD COLUMN "erased_at" TIMESTAMPTZ(3);
ALTER TABLE "users" DROP CONSTRAINT "users_identity_check";
ALTER TABLE "users" ADD CONSTRAINT "users_identity_check" CHECK (num_nonnulls("email", "username", "phone") > 0 OR "erased_at" IS NOT NULL);
ALTER TABLE "users" ADD CONSTRAINT "users_erased_check" CHECK ("erased_at" IS NULL OR (num_nonnulls("email", "username", "phone", "password_hash") = 0 AND NOT "is_active"));

-- Admins search people by what they remember of them, newest first.
CREATE INDEX "users_created_at_id_idx" ON "users" ("created_at" DESC, "id" DESC);
