-- What sessions did: one row each, partitioned by day, so that what is over is dropped and never deleted.
CREATE TABLE "activity_log" (
    "id" UUID NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "session_id" UUID NOT NULL,
    "session_name" TEXT NOT NULL,
    "api_key_id" UUID,
    "action" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "error" TEXT,
    "number" TEXT,
    "ms" INTEGER,

    CONSTRAINT "activity_log_pkey" PRIMARY KEY ("occurred_at", "id")
) PARTITION BY RANGE ("occurred_at");
ALTER TABLE "activity_log" ADD CONSTRAINT "activity_log_status_check" CHECK ("status" IN ('success', 'failure', 'unknown'));
ALTER TABLE "activity_log" ADD CONSTRAINT "activity_log_number_check" CHECK ("number" ~ '\*\*\*\*');
CREATE INDEX "activity_log_session_name_idx" ON "activity_log" ("session_name", "occurred_at" DESC, "id" DESC);
CREATE INDEX "activity_log_api_key_id_idx" ON "activity_log" ("api_key_id", "occurred_at" DESC, "id" DESC);
CREATE INDEX "activity_log_action_idx" ON "activity_log" ("action", "occurred_at" DESC, "id" DESC);
CREATE INDEX "activity_log_errors_idx" ON "activity_log" ("occurred_at" DESC, "id" DESC) WHERE "status" <> 'success';
CREATE INDEX "activity_log_states_idx" ON "activity_log" ("session_id", "occurred_at") WHERE "action" LIKE 'session.%';

-- The same counted, written by the statement that writes the log: figures of a month read some thousand rows and never
-- the log. A row a day, and in it the 24 hours (UTC) and the durations, in the classes that the code knows.
CREATE TABLE "activity_days" (
    "day" DATE NOT NULL,
    "session_id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "api_key_id" UUID,
    "hours" INTEGER[] NOT NULL,
    "durations" INTEGER[] NOT NULL,

    CONSTRAINT "activity_days_pkey" PRIMARY KEY ("day", "session_id", "action", "status")
);
ALTER TABLE "activity_days" ADD CONSTRAINT "activity_days_hours_check" CHECK (cardinality("hours") = 24);
CREATE INDEX "activity_days_session_id_idx" ON "activity_days" ("session_id", "day");
CREATE INDEX "activity_days_api_key_id_idx" ON "activity_days" ("api_key_id", "day");

-- How often each number was written to, by day; the number as an HMAC, and masked as it is shown.
CREATE TABLE "activity_numbers" (
    "day" DATE NOT NULL,
    "session_id" UUID NOT NULL,
    "number_hash" BYTEA NOT NULL,
    "number" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "activity_numbers_pkey" PRIMARY KEY ("day", "session_id", "number_hash")
) PARTITION BY RANGE ("day");
ALTER TABLE "activity_numbers" ADD CONSTRAINT "activity_numbers_number_check" CHECK ("number" ~ '\*\*\*\*' AND octet_length("number_hash") = 32 AND "count" > 0);
CREATE INDEX "activity_numbers_count_idx" ON "activity_numbers" ("day", "count" DESC);
CREATE INDEX "activity_numbers_session_id_idx" ON "activity_numbers" ("session_id", "day", "count" DESC);
