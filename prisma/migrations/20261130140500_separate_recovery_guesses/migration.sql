-- Guesses at recovery codes are counted apart from those at one-time passwords: neither kind locks the other.
ALTER TABLE "second_factors"
  ADD COLUMN "recovery_guesses" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "recovery_guesses_since" TIMESTAMPTZ(3);
ALTER TABLE "second_factors"
  ADD CONSTRAINT "second_factors_recovery_guesses_check" CHECK ("recovery_guesses" >= 0);
