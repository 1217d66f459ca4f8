-- What instances have leased of a limit, by the name of each block: how much of it is unused, and until when it is held. What
-- an instance that died has left comes back when its block has ended.
ALTER TABLE "rate_limits" ADD COLUMN "leases" JSONB NOT NULL DEFAULT '{}';

-- Uses that proved good: counted here instead of in otp_sessions, by two days, so that the count slides.
ALTER TABLE "rate_limits"
  ADD COLUMN "proved" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "proved_before" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "proved_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- A row is rewritten in place while its window lasts; what is over is found by its window.
ALTER TABLE "rate_limits" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "rate_limits_window_started_at_idx" ON "rate_limits" ("window_started_at");

-- The codes that were verified in the last day, by the range of their numbers and by country. Calling codes have one digit
-- (1 and 7), two (this list) or three (ITU-T E.164).
INSERT INTO "rate_limits" ("name", "subject", "window_started_at", "used", "proved")
SELECT 'prefix-sends', left("phone", -4), now(), 0, count(*)
  FROM "otp_sessions" WHERE "consumed_at" > now() - interval '1 day' GROUP BY 2
UNION ALL
SELECT 'country-sends', substring("phone" FROM
         '^\+(1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2})'), now(), 0, count(*)
  FROM "otp_sessions" WHERE "consumed_at" > now() - interval '1 day' AND "phone" ~ '^\+[1-9][0-9]{6,14}$' GROUP BY 2
ON CONFLICT ("name", "subject") DO UPDATE SET "proved" = excluded."proved";
