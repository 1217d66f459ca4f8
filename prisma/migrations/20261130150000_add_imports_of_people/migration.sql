-- Imports of people. docs/import.md
CREATE TABLE "import_runs" (
    "id" UUID NOT NULL,
    "origin" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "rows" INTEGER NOT NULL DEFAULT 0,
    "position" INTEGER NOT NULL DEFAULT 0,
    "counts" JSONB NOT NULL DEFAULT '{}',
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "import_runs_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "import_runs"
  ADD CONSTRAINT "import_runs_state_check" CHECK ("state" IN ('READING', 'READ', 'CHECKING', 'CHECKED', 'WRITING', 'DONE', 'STOPPED')),
  ADD CONSTRAINT "import_runs_rows_check" CHECK ("rows" >= 0 AND "position" BETWEEN 0 AND "rows");

CREATE INDEX "import_runs_updated_at_idx" ON "import_runs" ("updated_at");

-- The rows of a run, from when they are read until the run is forgotten. A hash goes as soon as its row is decided.
CREATE TABLE "import_rows" (
    "run_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,
    "origin_key" BYTEA,
    "previous_key" BYTEA,
    "digest" TEXT NOT NULL,
    "legacy_id" TEXT,
    "full_name" TEXT,
    "email" TEXT,
    "username" TEXT,
    "phone" TEXT,
    "role" "role" NOT NULL DEFAULT 'USER',
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "password_hash" TEXT,
    "has_password" BOOLEAN NOT NULL DEFAULT false,
    "password_note" TEXT,
    "left_out" TEXT[] NOT NULL DEFAULT '{}',
    "problem" TEXT,
    "outcome" TEXT,
    "reason" TEXT,
    "other_line" INTEGER,
    "user_id" UUID,
    "kept" TEXT[] NOT NULL DEFAULT '{}',

    CONSTRAINT "import_rows_pkey" PRIMARY KEY ("run_id", "line")
);
ALTER TABLE "import_rows"
  ADD CONSTRAINT "import_rows_line_check" CHECK ("line" > 0),
  ADD CONSTRAINT "import_rows_key_check" CHECK (("origin_key" IS NULL) = ("problem" IS NOT NULL));
ALTER TABLE "import_rows" SET (fillfactor = 80);
CREATE INDEX "import_rows_origin_key_idx" ON "import_rows" ("run_id", "origin_key");
CREATE INDEX "import_rows_phone_idx" ON "import_rows" ("run_id", "phone") WHERE "phone" IS NOT NULL;
CREATE INDEX "import_rows_email_idx" ON "import_rows" ("run_id", "email") WHERE "email" IS NOT NULL;
CREATE INDEX "import_rows_username_idx" ON "import_rows" ("run_id", "username") WHERE "username" IS NOT NULL;

-- Where accounts came from: a row that was imported once is recognised for ever, also after the person was erased. The key is
-- an HMAC; what the other system called the person goes with the erasure.
CREATE TABLE "import_origins" (
    "origin_key" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "origin" TEXT NOT NULL,
    "legacy_id" TEXT,
    "imported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "import_origins_pkey" PRIMARY KEY ("origin_key"),
    CONSTRAINT "import_origins_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
ALTER TABLE "import_origins" ADD CONSTRAINT "import_origins_key_check" CHECK (octet_length("origin_key") = 16);
CREATE INDEX "import_origins_user_id_idx" ON "import_origins" ("user_id");

-- The dearest hash of each kind, for the work that a refused password does in any case.
CREATE INDEX "users_pbkdf2_sha256_idx" ON "users" ((substring("password_hash" from '[$]i=([0-9]+)')::int))
  WHERE "password_hash" LIKE '$pbkdf2-sha256%';
CREATE INDEX "users_pbkdf2_sha512_idx" ON "users" ((substring("password_hash" from '[$]i=([0-9]+)')::int))
  WHERE "password_hash" LIKE '$pbkdf2-sha512%';
