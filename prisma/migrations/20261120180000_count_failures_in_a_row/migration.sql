-- Failed guesses since the last right one, by lane: the window of the guess budget grows with them, and a hundred of
-- unknown devices close the factor (NIST SP 800-63B-4 section 3.2.2).
ALTER TABLE "otp_budgets"
  ADD COLUMN "failures" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "known_failures" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "succeeded_at" TIMESTAMPTZ(3);
ALTER TABLE "otp_budgets" ADD CONSTRAINT "otp_budgets_failures_check" CHECK ("failures" >= 0 AND "known_failures" >= 0);
