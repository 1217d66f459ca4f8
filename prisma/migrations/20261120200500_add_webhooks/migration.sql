-- Who is told what happens. `api_key_id` is the key that made it; null for an admin, who is told of every session.
CREATE TABLE "webhooks" (
    "id" UUID NOT NULL,
    "api_key_id" UUID,
    "url" TEXT NOT NULL,
    "events" TEXT[] NOT NULL,
    "sealed_secret" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_success_at" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_for" TEXT,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_url_check" CHECK ("url" ~ '^https?://' AND length("url") <= 2048);
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_events_check" CHECK (cardinality("events") BETWEEN 1 AND 10);
ALTER TABLE "webhooks" ADD CONSTRAINT "webhooks_disabled_check" CHECK (("disabled_at" IS NULL) = ("disabled_for" IS NULL) AND "disabled_for" IN ('failures', 'gone'));
CREATE INDEX "webhooks_api_key_id_idx" ON "webhooks" ("api_key_id");

CREATE TYPE "webhook_delivery_state" AS ENUM ('PENDING', 'DELIVERED', 'FAILED');

-- The outbox of events: claimed for a while by the instance that delivers, whose fence must still match at the end.
CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL,
    "webhook_id" UUID NOT NULL,
    "event" TEXT NOT NULL,
    "sealed_body" BYTEA NOT NULL,
    "state" "webhook_delivery_state" NOT NULL DEFAULT 'PENDING',
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "claimed_until" TIMESTAMPTZ(3),
    "fence" INTEGER NOT NULL DEFAULT 0,
    "last_status" SMALLINT,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "delivered_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "webhook_deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_state_check" CHECK (("state" = 'PENDING') = ("next_attempt_at" IS NOT NULL) AND ("state" = 'DELIVERED') = ("delivered_at" IS NOT NULL));
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_counts_check" CHECK ("attempts" >= 0 AND "fence" >= 0);
CREATE INDEX "webhook_deliveries_due_idx" ON "webhook_deliveries" ("webhook_id", "next_attempt_at") WHERE "state" = 'PENDING';
CREATE INDEX "webhook_deliveries_webhook_id_idx" ON "webhook_deliveries" ("webhook_id", "id" DESC);
CREATE INDEX "webhook_deliveries_created_at_idx" ON "webhook_deliveries" ("created_at");
