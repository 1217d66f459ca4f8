-- A trigger on TRUNCATE is not handed down to partitions: each month of the log refuses it itself. Months that are made from
-- now on get theirs where they are made (src/platform/database/partitions.ts).
DO $$
DECLARE
  month regclass;
BEGIN
  FOR month IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_events'::regclass LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER "audit_events_not_truncated" BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_guard"()', month);
  END LOOP;
END
$$;
