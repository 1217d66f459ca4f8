-- Which number an event is about: the first half of an HMAC, so that events of a number are found and no number is read.
ALTER TABLE "audit_events" ADD COLUMN "phone_key" BYTEA;
CREATE INDEX "audit_events_phone_key_idx" ON "audit_events" ("phone_key", "occurred_at") WHERE "phone_key" IS NOT NULL;

-- As before, and the key of a number is personal, too. An event without an account loses the number that it is about, and
-- nothing else: when whoever had it is erased.
CREATE OR REPLACE FUNCTION "audit_events_guard"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  counted CONSTANT text[] := ARRAY['count', 'last_at', 'last_request_id'];
  personal CONSTANT text[] := ARRAY['address', 'request_id', 'last_request_id', 'detail', 'phone_key'];
  of_number CONSTANT text[] := ARRAY['detail', 'phone_key'];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.count > OLD.count AND NEW.last_at >= OLD.last_at AND OLD.occurred_at > now() - interval '5 minutes'
       AND to_jsonb(NEW) - counted = to_jsonb(OLD) - counted THEN
      RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - personal = to_jsonb(OLD) - personal
       AND (NEW.address IS NULL OR NEW.address = OLD.address)
       AND (NEW.request_id IS NULL OR NEW.request_id = OLD.request_id)
       AND (NEW.last_request_id IS NULL OR NEW.last_request_id = OLD.last_request_id)
       AND (NEW.detail IS NULL OR NEW.detail = OLD.detail)
       AND (NEW.phone_key IS NULL OR NEW.phone_key = OLD.phone_key)
       AND EXISTS (SELECT 1 FROM users WHERE users.id = OLD.user_id AND users.erased_at IS NOT NULL) THEN
      RETURN NEW;
    END IF;
    IF OLD.user_id IS NULL AND OLD.phone_key IS NOT NULL AND NEW.phone_key IS NULL
       AND NEW.detail IS NOT DISTINCT FROM OLD.detail - 'phone'
       AND to_jsonb(NEW) - of_number = to_jsonb(OLD) - of_number THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
