-- Refusals are counted, one row a key and minute: how many there were since the minute began, and the last of them.
-- Null in events that stand for themselves. No check: logins would pay for it, and the trigger below guards the counting.
ALTER TABLE "audit_events"
  ADD COLUMN "count" INTEGER,
  ADD COLUMN "last_at" TIMESTAMPTZ(3),
  ADD COLUMN "last_request_id" TEXT;

-- What admins ask for. Ids of subjects grow with time, so that their entries go to the index's end. The types of every
-- login are left out: read newest first, the table itself has them soon. A request's id says when it was made, and needs
-- no index.
DROP INDEX "audit_events_about_idx";
CREATE INDEX "audit_events_subject_id_occurred_at_idx" ON "audit_events" ("subject_id", "occurred_at");
CREATE INDEX "audit_events_address_occurred_at_idx" ON "audit_events" ("address", "occurred_at");
CREATE INDEX "audit_events_type_idx" ON "audit_events" ("type", "occurred_at")
  WHERE "outcome" = 'failure' OR "type" NOT IN ('otp.requested', 'login.otp', 'login.password');

-- Append-only, also for the service itself. Two changes are let through: a count that grows within its minutes, and
-- personal fields that are emptied when the account they belong to has been erased. Retention drops whole partitions.
CREATE FUNCTION "audit_events_guard"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  counted CONSTANT text[] := ARRAY['count', 'last_at', 'last_request_id'];
  personal CONSTANT text[] := ARRAY['address', 'request_id', 'last_request_id', 'detail'];
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
       AND EXISTS (SELECT 1 FROM users WHERE users.id = OLD.user_id AND users.erased_at IS NOT NULL) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'audit_events is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events"
  FOR EACH ROW EXECUTE FUNCTION "audit_events_guard"();
CREATE TRIGGER "audit_events_not_truncated" BEFORE TRUNCATE ON "audit_events"
  FOR EACH STATEMENT EXECUTE FUNCTION "audit_events_guard"();

-- Requests that came with an Idempotency-Key, and their answers for as long as they may be repeated.
CREATE TABLE "idempotency_keys" (
    "key_hash" BYTEA NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "claim_id" UUID NOT NULL,
    "claimed_until" TIMESTAMPTZ(3) NOT NULL,
    "sealed_answer" BYTEA,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("key_hash")
);
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys" ("expires_at");
ALTER TABLE "idempotency_keys"
  ADD CONSTRAINT "idempotency_keys_hash_check" CHECK (octet_length("key_hash") = 32 AND octet_length("fingerprint") = 32);
