-- What became of a message after a provider took it: receipts, and the rungs that did not take it before.
ALTER TABLE "messages"
  ADD COLUMN "accept_ms" INTEGER,
  ADD COLUMN "sent_at" TIMESTAMPTZ(3),
  ADD COLUMN "delivered_at" TIMESTAMPTZ(3),
  ADD COLUMN "read_at" TIMESTAMPTZ(3),
  ADD COLUMN "refused_by" TEXT[] NOT NULL DEFAULT '{}',
  ADD COLUMN "failed_provider" TEXT;
ALTER TABLE "messages" ADD CONSTRAINT "messages_accept_ms_check" CHECK ("accept_ms" >= 0);

-- Content that is kept for a next rung, should the one that took the message report a failure; blanked when its time is over.
CREATE INDEX "messages_kept_idx" ON "messages" ("expires_at") WHERE "sealed_content" IS NOT NULL AND "state" <> 'PENDING';

ALTER TABLE "message_history"
  ADD COLUMN "accept_ms" INTEGER,
  ADD COLUMN "sent_at" TIMESTAMPTZ(3),
  ADD COLUMN "delivered_at" TIMESTAMPTZ(3),
  ADD COLUMN "read_at" TIMESTAMPTZ(3),
  ADD COLUMN "refused_by" TEXT[] NOT NULL DEFAULT '{}',
  ADD COLUMN "failed_provider" TEXT,
  ADD COLUMN "verified_at" TIMESTAMPTZ(3);
CREATE INDEX "message_history_provider_message_id_idx" ON "message_history" ("provider", "provider_message_id") WHERE "provider_message_id" IS NOT NULL;

-- The last time that a provider did not take a message, for admins.
CREATE TABLE "provider_health" (
    "provider" TEXT NOT NULL,
    "last_error" TEXT NOT NULL,
    "last_error_text" TEXT,
    "last_error_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_health_pkey" PRIMARY KEY ("provider")
);
