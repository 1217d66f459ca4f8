-- Codes of the history and refusals of the audit log, counted by the jobs `code-counts` and `refusal-counts`: what admins look at must not read a
-- million rows each time. docs/decisions/0028-figures-are-counted-by-the-hour.md

CREATE TABLE "code_counts" (
    "quarter" TIMESTAMPTZ(3) NOT NULL,
    "place" INTEGER NOT NULL,
    "provider" TEXT,
    "refused_by" TEXT[] NOT NULL,
    "failed_provider" TEXT,
    "state" "message_state" NOT NULL,
    "reason" TEXT,
    "accepted" BOOLEAN NOT NULL,
    "reached" SMALLINT NOT NULL,
    "verified" BOOLEAN NOT NULL,
    "messages" INTEGER NOT NULL,

    CONSTRAINT "code_counts_pkey" PRIMARY KEY ("quarter","place")
);

CREATE TABLE "code_times" (
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "provider" TEXT NOT NULL,
    "measure" TEXT NOT NULL,
    "ms" INTEGER NOT NULL,
    "messages" INTEGER NOT NULL,

    CONSTRAINT "code_times_pkey" PRIMARY KEY ("hour","provider","measure","ms")
);

CREATE TABLE "code_recounts" (
    "hour" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "code_recounts_pkey" PRIMARY KEY ("hour")
);

CREATE TABLE "refusal_counts" (
    "quarter" TIMESTAMPTZ(3) NOT NULL,
    "place" INTEGER NOT NULL,
    "type" TEXT NOT NULL,
    "code" TEXT,
    "refusals" INTEGER NOT NULL,

    CONSTRAINT "refusal_counts_pkey" PRIMARY KEY ("quarter","place")
);

-- One row each: everything before this hour is counted.
CREATE TABLE "codes_counted" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "codes_counted_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "codes_counted_id_check" CHECK ("id" = 1)
);

CREATE TABLE "refusals_counted" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "refusals_counted_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "refusals_counted_id_check" CHECK ("id" = 1)
);

-- The jobs begin with the oldest rows that figures can be asked of, and come to the present step by step.
INSERT INTO "codes_counted" ("until")
SELECT date_bin('1 hour', CASE WHEN min("created_at") IS NULL THEN now() ELSE greatest(min("created_at"), now() - interval '32 days') END, 'epoch'::timestamptz)
  FROM "message_history";
INSERT INTO "refusals_counted" ("until")
SELECT date_bin('1 hour', CASE WHEN min("occurred_at") IS NULL THEN now() ELSE greatest(min("occurred_at"), now() - interval '32 days') END, 'epoch'::timestamptz)
  FROM "audit_events";

-- A row of the history that comes or changes late, by a receipt mostly, may have been counted: its hour is counted anew. The
-- job counts nothing that is younger than an hour, so what is younger than half of one needs no mark, and the rows of a login
-- cost one comparison. The mark that is there is locked: whoever takes it away waits for this transaction, and then sees its row.
CREATE FUNCTION "message_history_recount"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "code_recounts" AS r ("hour")
  VALUES (date_bin('1 hour', (CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END).created_at, 'epoch'::timestamptz))
  ON CONFLICT ("hour") DO UPDATE SET "hour" = r."hour";
  RETURN NULL;
END
$$;
CREATE TRIGGER "message_history_inserted_late" AFTER INSERT ON "message_history"
  FOR EACH ROW WHEN (NEW."created_at" < now() - interval '30 minutes') EXECUTE FUNCTION "message_history_recount"();
CREATE TRIGGER "message_history_changed_late"
  AFTER UPDATE OF "purpose", "state", "provider", "refused_by", "failed_provider", "last_error", "accept_ms", "sent_at", "delivered_at",
                  "read_at", "verified_at" ON "message_history"
  FOR EACH ROW WHEN (NEW."created_at" < now() - interval '30 minutes') EXECUTE FUNCTION "message_history_recount"();
CREATE TRIGGER "message_history_deleted_late" AFTER DELETE ON "message_history"
  FOR EACH ROW WHEN (OLD."created_at" < now() - interval '30 minutes') EXECUTE FUNCTION "message_history_recount"();
