-- Linked WhatsApp accounts. One instance at a time holds one, by a lease whose fence number stands beside all that it writes.
CREATE TYPE "gateway_session_state" AS ENUM ('CONNECTING', 'QR', 'CONNECTED', 'DISCONNECTED', 'LOGGED_OUT');

CREATE TABLE "gateway_sessions" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "api_key_id" UUID,
    "state" "gateway_session_state" NOT NULL DEFAULT 'CONNECTING',
    "wanted" BOOLEAN NOT NULL DEFAULT true,
    "phone" TEXT,
    "push_name" TEXT,
    "sealed_key" BYTEA NOT NULL,
    "sealed_qr" BYTEA,
    "qr_at" TIMESTAMPTZ(3),
    "pairing_until" TIMESTAMPTZ(3) NOT NULL,
    "close_code" INTEGER,
    "restricted_until" TIMESTAMPTZ(3),
    "restrictions" SMALLINT NOT NULL DEFAULT 0,
    "owner" UUID,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "lease_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_connected_at" TIMESTAMPTZ(3),

    CONSTRAINT "gateway_sessions_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "gateway_sessions" ADD CONSTRAINT "gateway_sessions_name_check" CHECK ("name" ~ '^[A-Za-z0-9_-]{1,64}$' AND "name" !~ '\n');
ALTER TABLE "gateway_sessions" ADD CONSTRAINT "gateway_sessions_phone_check" CHECK ("phone" ~ '^\+[1-9][0-9]{6,14}$' AND "phone" !~ '\n');
ALTER TABLE "gateway_sessions" ADD CONSTRAINT "gateway_sessions_push_name_check" CHECK (length("push_name") <= 100);
ALTER TABLE "gateway_sessions" ADD CONSTRAINT "gateway_sessions_lease_check" CHECK (("owner" IS NULL) = ("lease_until" IS NULL) AND "fence" >= 0);
ALTER TABLE "gateway_sessions" ADD CONSTRAINT "gateway_sessions_qr_check" CHECK (("sealed_qr" IS NULL) = ("qr_at" IS NULL) AND ("state" = 'QR') = ("sealed_qr" IS NOT NULL));
CREATE UNIQUE INDEX "gateway_sessions_name_key" ON "gateway_sessions" ("name");
CREATE INDEX "gateway_sessions_lease_idx" ON "gateway_sessions" ("lease_until") WHERE "wanted";

-- Credentials and ratchets of a session, sealed under a key of its own. The hash of a name tells nobody who was written to.
CREATE TABLE "gateway_keys" (
    "session_id" UUID NOT NULL,
    "name_hash" BYTEA NOT NULL,
    "sealed_value" BYTEA NOT NULL,

    CONSTRAINT "gateway_keys_pkey" PRIMARY KEY ("session_id", "name_hash"),
    CONSTRAINT "gateway_keys_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_keys" ADD CONSTRAINT "gateway_keys_name_hash_check" CHECK (octet_length("name_hash") = 32);

-- The queue of each session. Its content is blanked as soon as a message is over.
CREATE TYPE "gateway_message_state" AS ENUM ('QUEUED', 'SENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED', 'UNKNOWN', 'CANCELLED');

CREATE TABLE "gateway_messages" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "recipient" TEXT NOT NULL,
    "sealed_content" BYTEA,
    "from_ladder" BOOLEAN NOT NULL DEFAULT false,
    "state" "gateway_message_state" NOT NULL DEFAULT 'QUEUED',
    "whatsapp_id" TEXT NOT NULL,
    "error" TEXT,
    "fence" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "read_at" TIMESTAMPTZ(3),

    CONSTRAINT "gateway_messages_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "gateway_messages_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_messages" ADD CONSTRAINT "gateway_messages_recipient_check" CHECK ("recipient" ~ '^\+[1-9][0-9]{6,14}$' AND "recipient" !~ '\n');
ALTER TABLE "gateway_messages" ADD CONSTRAINT "gateway_messages_content_check" CHECK (("state" IN ('QUEUED', 'SENDING')) = ("sealed_content" IS NOT NULL));
ALTER TABLE "gateway_messages" ADD CONSTRAINT "gateway_messages_error_check" CHECK (("state" = 'FAILED') = ("error" IS NOT NULL));
ALTER TABLE "gateway_messages" ADD CONSTRAINT "gateway_messages_fence_check" CHECK ("fence" >= 0);
CREATE UNIQUE INDEX "gateway_messages_whatsapp_id_key" ON "gateway_messages" ("session_id", "whatsapp_id");
CREATE INDEX "gateway_messages_waiting_idx" ON "gateway_messages" ("session_id", "from_ladder" DESC, "id") WHERE "state" IN ('QUEUED', 'SENDING');
CREATE INDEX "gateway_messages_recipient_idx" ON "gateway_messages" ("recipient");
CREATE INDEX "gateway_messages_created_at_idx" ON "gateway_messages" ("created_at");

-- What another instance asks of the one that holds a session.
CREATE TABLE "gateway_commands" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "phone" TEXT,
    "taken_fence" INTEGER,
    "sealed_result" BYTEA,
    "error" TEXT,
    "done_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_commands_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "gateway_commands_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_commands" ADD CONSTRAINT "gateway_commands_kind_check" CHECK ("kind" IN ('restart', 'logout', 'pairing-code') AND ("kind" = 'pairing-code') = ("phone" IS NOT NULL));
ALTER TABLE "gateway_commands" ADD CONSTRAINT "gateway_commands_done_check" CHECK ("done_at" IS NOT NULL OR num_nonnulls("sealed_result", "error") = 0);
CREATE INDEX "gateway_commands_open_idx" ON "gateway_commands" ("session_id") WHERE "done_at" IS NULL;

-- Links that open the QR page once, and what the browser that opened one shows from then on.
CREATE TABLE "gateway_tickets" (
    "ticket_hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "viewer_hash" BYTEA,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_tickets_pkey" PRIMARY KEY ("ticket_hash"),
    CONSTRAINT "gateway_tickets_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_tickets" ADD CONSTRAINT "gateway_tickets_hash_check" CHECK (octet_length("ticket_hash") = 32 AND octet_length("viewer_hash") = 32);
CREATE INDEX "gateway_tickets_session_id_idx" ON "gateway_tickets" ("session_id");
CREATE INDEX "gateway_tickets_expires_at_idx" ON "gateway_tickets" ("expires_at");

-- Which session has written to a number, or heard from it; the number as an HMAC.
CREATE TABLE "gateway_contacts" (
    "contact_hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "wrote_at" TIMESTAMPTZ(3),
    "heard_at" TIMESTAMPTZ(3),

    CONSTRAINT "gateway_contacts_pkey" PRIMARY KEY ("contact_hash", "session_id"),
    CONSTRAINT "gateway_contacts_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_contacts" ADD CONSTRAINT "gateway_contacts_hash_check" CHECK (octet_length("contact_hash") = 32 AND num_nonnulls("wrote_at", "heard_at") > 0);
CREATE INDEX "gateway_contacts_session_id_idx" ON "gateway_contacts" ("session_id");
