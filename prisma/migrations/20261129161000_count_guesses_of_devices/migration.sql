-- Wrong guesses that came with a device token. Too many end the token, never the number: who has stolen one has this many
-- guesses in all. A token is the device and the instant it was issued; a login gives the device another one.
CREATE TABLE "device_guesses" (
    "device_id" UUID NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "user_id" UUID NOT NULL,
    "guesses" INTEGER NOT NULL,

    CONSTRAINT "device_guesses_pkey" PRIMARY KEY ("device_id", "issued_at")
);
ALTER TABLE "device_guesses" ADD CONSTRAINT "device_guesses_guesses_check" CHECK ("guesses" >= 0);
CREATE INDEX "device_guesses_issued_at_idx" ON "device_guesses" ("issued_at");
CREATE INDEX "device_guesses_user_id_idx" ON "device_guesses" ("user_id");
