-- Codes that this service sends and checks for other applications. `owner_id` is the API key that asked for it; the nil
-- UUID stands for admins. Phones have one row each, the lock under which all limits are decided.
CREATE TABLE "verifications" (
    "id" UUID NOT NULL,
    "owner_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "session_name" TEXT NOT NULL,
    "phone" TEXT NOT NULL,
    "company" TEXT NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "length" SMALLINT NOT NULL,
    "minutes" SMALLINT NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ended_as" TEXT,

    CONSTRAINT "verifications_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_phone_check" CHECK ("phone" ~ '^\+[1-9][0-9]{6,14}$' AND "phone" !~ '\n');
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_company_check" CHECK (length("company") BETWEEN 1 AND 120 AND "company" !~ '[[:cntrl:]]');
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_code_hash_check" CHECK (octet_length("code_hash") = 32);
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_bounds_check" CHECK ("length" BETWEEN 4 AND 8 AND "minutes" BETWEEN 1 AND 10 AND "attempts" BETWEEN 0 AND 10);
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_life_check" CHECK ("expires_at" > "created_at" AND "expires_at" <= "created_at" + interval '10 minutes');
ALTER TABLE "verifications" ADD CONSTRAINT "verifications_end_check" CHECK (("ended_at" IS NULL) = ("ended_as" IS NULL) AND "ended_as" IN ('verified', 'replaced', 'failed', 'expired'));
CREATE UNIQUE INDEX "verifications_live_key" ON "verifications" ("owner_id", "phone") WHERE "ended_at" IS NULL;
CREATE INDEX "verifications_expires_at_idx" ON "verifications" ("expires_at") WHERE "ended_at" IS NULL;
CREATE INDEX "verifications_phone_owner_id_idx" ON "verifications" ("phone", "owner_id", "created_at" DESC);
CREATE INDEX "verifications_owner_id_idx" ON "verifications" ("owner_id", "created_at" DESC, "id" DESC);
CREATE INDEX "verifications_created_at_idx" ON "verifications" ("created_at" DESC, "id" DESC);

-- The owners of sends and guesses stand beside their instants: one row decides for each key and for all of them.
CREATE TABLE "verification_phones" (
    "phone" TEXT NOT NULL,
    "sends" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "send_owners" UUID[] NOT NULL DEFAULT '{}',
    "failed_sends" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "guesses" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "guess_owners" UUID[] NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "verification_phones_pkey" PRIMARY KEY ("phone")
);
ALTER TABLE "verification_phones" ADD CONSTRAINT "verification_phones_phone_check" CHECK ("phone" ~ '^\+[1-9][0-9]{6,14}$' AND "phone" !~ '\n');
ALTER TABLE "verification_phones" ADD CONSTRAINT "verification_phones_owners_check" CHECK (cardinality("sends") = cardinality("send_owners") AND cardinality("guesses") = cardinality("guess_owners"));
CREATE INDEX "verification_phones_updated_at_idx" ON "verification_phones" ("updated_at");
