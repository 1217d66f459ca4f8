-- A message leaves the outbox for the history when a provider has taken it. What stays is under way or may still be needed
-- by a next rung, so the table is small and is read whole: these two indexes only cost each login.
DROP INDEX "messages_claimed_until_idx";
DROP INDEX "messages_kept_idx";

-- Noted when the code of a message is used, in either table.
ALTER TABLE "messages" ADD COLUMN "verified_at" TIMESTAMPTZ(3);
