-- The living code moves into the row of its budget: a request and a login write one row of one table, whose only index is
-- its primary key. Instances of the release before go on beside the new ones: they see the table under its old name, and
-- what they write of codes is carried over by a trigger. The next release drops the view, the trigger and "otp_sessions".

ALTER TABLE "otp_budgets" RENAME TO "otp_codes";
ALTER TABLE "otp_codes" RENAME CONSTRAINT "otp_budgets_pkey" TO "otp_codes_pkey";
ALTER TABLE "otp_codes" RENAME CONSTRAINT "otp_budgets_phone_check" TO "otp_codes_phone_check";
ALTER TABLE "otp_codes" RENAME CONSTRAINT "otp_budgets_current_check" TO "otp_codes_current_check";
ALTER TABLE "otp_codes" RENAME CONSTRAINT "otp_budgets_failures_check" TO "otp_codes_failures_check";

ALTER TABLE "otp_codes"
  ADD COLUMN "current_user_id" UUID,
  -- Client id of the application that the code was asked for by, and may be used by.
  ADD COLUMN "current_application" UUID,
  ADD COLUMN "current_hash" BYTEA,
  ADD COLUMN "current_address" TEXT,
  ADD COLUMN "current_verified_at" TIMESTAMPTZ(3),
  -- Made by an instance of the release before, with a hash of its form.
  ADD COLUMN "current_legacy" BOOLEAN NOT NULL DEFAULT false;

-- Codes that live now keep living.
UPDATE "otp_codes" c
   SET "current_user_id" = s."user_id",
       "current_hash" = s."code_hash",
       "current_address" = s."client_address",
       "current_verified_at" = s."verified_at",
       "current_legacy" = true
  FROM "otp_sessions" s
 WHERE s."id" = c."current_session_id"
   AND s."consumed_at" IS NULL AND s."replaced_at" IS NULL AND s."failed_at" IS NULL
   AND s."expires_at" > now();

-- The table as the release before knows it.
CREATE VIEW "otp_budgets" AS
  SELECT "phone", "purpose", "sends", "known_sends", "failed_sends", "guesses", "known_guesses",
         "failures", "known_failures", "succeeded_at",
         "current_session_id", "current_issued_at", "current_expires_at", "current_resend_at", "updated_at"
    FROM "otp_codes";

-- Carries a code that the release before has made, or shown, into its budget's row. That release holds the row meanwhile.
CREATE FUNCTION "otp_sessions_carry_over"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE otp_codes c
     SET current_user_id = NEW.user_id,
         current_application = NULL,
         current_hash = NEW.code_hash,
         current_address = NEW.client_address,
         current_verified_at = NEW.verified_at,
         current_legacy = true
   WHERE c.phone = NEW.phone AND c.purpose = NEW.purpose AND c.current_session_id = NEW.id;
  RETURN NULL;
END
$$;
-- Of a login by code: the application that the code was asked for by.
ALTER TABLE "login_sessions" ADD COLUMN "application_id" UUID;

CREATE TRIGGER "otp_sessions_carry_over" AFTER INSERT OR UPDATE OF "verified_at" ON "otp_sessions"
  FOR EACH ROW EXECUTE FUNCTION "otp_sessions_carry_over"();
