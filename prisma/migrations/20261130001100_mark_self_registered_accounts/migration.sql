-- Who registered by themselves, and whom no admin has vouched for since: an admin's giving such an account a number, or a role that
-- may do more, ends the password that the registrant set.
ALTER TABLE "users" ADD COLUMN "self_registered" BOOLEAN NOT NULL DEFAULT false;

UPDATE "users" u SET "self_registered" = true
 WHERE u."erased_at" IS NULL
   AND (u."phone_claimed" OR u."email_claimed"
        OR EXISTS (SELECT 1 FROM "audit_events" e
                    WHERE e."subject_id" = u."id" AND e."type" = 'user.registered' AND e."outcome" = 'success'
                      AND NOT EXISTS (SELECT 1 FROM "users" a WHERE a."id" = e."user_id" AND a."id" <> u."id" AND a."role" = 'ADMIN')));

-- A number that an admin has given to such an account ends what was set before it, as it does from now on.
WITH given AS (
  SELECT u."id", max(e."occurred_at") AS "at"
    FROM "users" u
    JOIN "audit_events" e ON e."subject_id" = u."id"
   WHERE u."self_registered" AND u."phone" IS NOT NULL AND NOT u."phone_claimed"
     AND e."type" = 'user.changed' AND e."outcome" = 'success' AND e."detail" -> 'fields' ? 'phone'
     AND e."user_id" IS DISTINCT FROM u."id"
   GROUP BY u."id"
), ended AS (
  UPDATE "users" u
     SET "self_registered" = false,
         "password_hash" = CASE WHEN u."password_changed_at" > given."at" THEN u."password_hash" END,
         "password_changed_at" = CASE WHEN u."password_changed_at" > given."at" THEN u."password_changed_at" END,
         "devices_valid_from" = clock_timestamp() + interval '1 millisecond'
    FROM given WHERE given."id" = u."id"
  RETURNING u."id", u."password_hash" IS NULL AS "without_password"
)
UPDATE "login_sessions" s SET "revoked_at" = now(), "revoked_reason" = 'phone_changed'
  FROM ended WHERE ended."id" = s."user_id" AND ended."without_password" AND s."method" = 'PASSWORD' AND s."revoked_at" IS NULL;
