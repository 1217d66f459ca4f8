-- Codes for other applications are judged by a function now, which compares them with a hash of another form. Codes that live
-- already, and those that instances of the release before make beside the new ones, do not name this column: they are told by
-- its default. The next release drops it; no code lives longer than ten minutes.
ALTER TABLE "verifications" ADD COLUMN "legacy" BOOLEAN NOT NULL DEFAULT true;
