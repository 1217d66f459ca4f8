-- What a queued message carries, encrypted as WhatsApp wants it, until it is over. The row of a message comes after its media.
CREATE TABLE "gateway_media" (
    "message_id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "gateway_media_pkey" PRIMARY KEY ("message_id"),
    CONSTRAINT "gateway_media_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX "gateway_media_session_id_idx" ON "gateway_media" ("session_id");
CREATE INDEX "gateway_media_created_at_idx" ON "gateway_media" ("created_at");

CREATE TABLE "gateway_media_chunks" (
    "message_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "bytes" BYTEA NOT NULL,

    CONSTRAINT "gateway_media_chunks_pkey" PRIMARY KEY ("message_id", "position"),
    CONSTRAINT "gateway_media_chunks_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "gateway_media" ("message_id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_media_chunks" ADD CONSTRAINT "gateway_media_chunks_bytes_check" CHECK ("position" >= 0 AND octet_length("bytes") BETWEEN 1 AND 1048576);
-- Nothing encrypted can be compressed.
ALTER TABLE "gateway_media_chunks" ALTER COLUMN "bytes" SET STORAGE EXTERNAL;

-- Menus that went out as numbered texts: what each number means, for as long as an answer may come.
CREATE TABLE "gateway_menus" (
    "session_id" UUID NOT NULL,
    "whatsapp_id" TEXT NOT NULL,
    "contact_hash" BYTEA NOT NULL,
    "sealed_choices" BYTEA NOT NULL,
    "answer_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "gateway_menus_pkey" PRIMARY KEY ("session_id", "whatsapp_id"),
    CONSTRAINT "gateway_menus_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "gateway_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "gateway_menus" ADD CONSTRAINT "gateway_menus_contact_hash_check" CHECK (octet_length("contact_hash") = 32);
CREATE INDEX "gateway_menus_contact_hash_idx" ON "gateway_menus" ("contact_hash", "session_id");
CREATE INDEX "gateway_menus_expires_at_idx" ON "gateway_menus" ("expires_at");

-- How young an account is, and whom it wrote to without having heard from them: a young one may begin few conversations.
ALTER TABLE "gateway_sessions" ADD COLUMN "linked_at" TIMESTAMPTZ(3);
UPDATE "gateway_sessions" SET "linked_at" = "created_at" WHERE "phone" IS NOT NULL;
ALTER TABLE "gateway_contacts" ADD COLUMN "began_at" TIMESTAMPTZ(3);
CREATE INDEX "gateway_contacts_began_at_idx" ON "gateway_contacts" ("session_id", "began_at") WHERE "began_at" IS NOT NULL;
