-- Since when every hour of codes is counted. A span may begin before: its older hours are read row by row.
ALTER TABLE "codes_counted" ADD COLUMN "since" TIMESTAMPTZ(3);
UPDATE "codes_counted" SET "since" = "until";
ALTER TABLE "codes_counted" ALTER COLUMN "since" SET NOT NULL;
