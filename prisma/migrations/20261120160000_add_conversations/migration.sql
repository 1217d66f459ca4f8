-- What people write to the service's WhatsApp numbers, and what they are answered. Texts are about people's health:
-- they stand sealed, and are dropped after CONVERSATION_RETENTION_DAYS.
CREATE TYPE "conversation_state" AS ENUM ('BOT', 'AGENT', 'PAUSE');
CREATE TYPE "message_direction" AS ENUM ('IN', 'OUT');

CREATE TABLE "conversations" (
    "phone" TEXT NOT NULL,
    "state" "conversation_state" NOT NULL DEFAULT 'BOT',
    "sealed_name" BYTEA,
    "last_provider" TEXT,
    "last_position" INTEGER NOT NULL DEFAULT 0,
    "unread" INTEGER NOT NULL DEFAULT 0,
    "answered_at" TIMESTAMPTZ(3)[] NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_activity_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("phone")
);

CREATE TABLE "conversation_messages" (
    "id" UUID NOT NULL,
    "phone" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "direction" "message_direction" NOT NULL,
    "kind" TEXT NOT NULL,
    "sealed_content" BYTEA NOT NULL,
    "provider" TEXT,
    "provider_message_id" TEXT,
    "repeat_key" BYTEA,
    "sent_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversation_messages_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "conversation_messages_phone_fkey" FOREIGN KEY ("phone") REFERENCES "conversations" ("phone") ON DELETE CASCADE ON UPDATE CASCADE
);

ALTER TABLE "conversations"
  ADD CONSTRAINT "conversations_phone_check" CHECK ("phone" ~ '^\+[1-9][0-9]{6,14}$'),
  ADD CONSTRAINT "conversations_counts_check" CHECK ("unread" >= 0 AND "unread" <= "last_position");

ALTER TABLE "conversation_messages"
  ADD CONSTRAINT "conversation_messages_position_check" CHECK ("position" > 0),
  ADD CONSTRAINT "conversation_messages_in_check" CHECK ("direction" <> 'IN' OR ("provider" IS NOT NULL AND "sent_by" IS NULL)),
  ADD CONSTRAINT "conversation_messages_out_check" CHECK ("direction" <> 'OUT' OR ("provider_message_id" IS NULL AND "repeat_key" IS NULL)),
  ADD CONSTRAINT "conversation_messages_repeat_key_check" CHECK (octet_length("repeat_key") = 32);

-- The order of a conversation, given out under the lock of its row.
CREATE UNIQUE INDEX "conversation_messages_phone_position_key" ON "conversation_messages" ("phone", "position");

-- A message acts once, however often it is delivered: by its provider's id, or, where there is none, by what it says.
CREATE UNIQUE INDEX "conversation_messages_provider_message_id_key" ON "conversation_messages" ("provider", "provider_message_id")
  WHERE "provider_message_id" IS NOT NULL;
CREATE UNIQUE INDEX "conversation_messages_repeat_key_key" ON "conversation_messages" ("repeat_key")
  WHERE "repeat_key" IS NOT NULL;

-- What retention looks for.
CREATE INDEX "conversation_messages_created_at_idx" ON "conversation_messages" ("created_at");

-- Newest activity first.
CREATE INDEX "conversations_last_activity_at_phone_idx" ON "conversations" ("last_activity_at" DESC, "phone" DESC);

-- Erasing a person also forgets who got nobody's messages: answers in a conversation, and decoys.
CREATE INDEX "message_history_unowned_idx" ON "message_history" ("recipient") WHERE "user_id" IS NULL;
