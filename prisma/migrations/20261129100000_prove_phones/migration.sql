-- Whose number it is. phone_proven_at: when somebody used a code that had gone to this number. phone_claimed and email_claimed:
-- typed by somebody who registered, and neither proven nor vouched for by an admin, the seed, the command line or an import.
ALTER TABLE "users"
  ADD COLUMN "phone_proven_at" TIMESTAMPTZ(3),
  ADD COLUMN "phone_claimed" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "email_claimed" BOOLEAN NOT NULL DEFAULT false;

-- Accounts that were registered by anybody but an admin, whom the event names. A number or an e-mail that
-- was changed since was set by an admin, or proven by the code that changed it.
UPDATE "users" u
   SET "phone_claimed" = u."phone" IS NOT NULL AND NOT changed."phone",
       "email_claimed" = u."email" IS NOT NULL AND NOT changed."email"
  FROM "users" r
  JOIN LATERAL (SELECT coalesce(bool_or(e."detail" -> 'fields' ? 'phone'), false) AS "phone",
                       coalesce(bool_or(e."detail" -> 'fields' ? 'email'), false) AS "email"
                  FROM "audit_events" e
                 WHERE e."subject_id" = r."id" AND e."type" = 'user.changed' AND e."outcome" = 'success') changed ON true
 WHERE r."id" = u."id" AND u."erased_at" IS NULL
   AND EXISTS (SELECT 1 FROM "audit_events" e
                WHERE e."subject_id" = u."id" AND e."type" = 'user.registered' AND e."outcome" = 'success'
                  AND NOT EXISTS (SELECT 1 FROM "users" a WHERE a."id" = e."user_id" AND a."id" <> u."id" AND a."role" = 'ADMIN'));

-- Logins and resets with a code, since the number last changed. Where a code of the account went out by e-mail, nobody knows
-- any more which of them proved the number, so none counts.
UPDATE "users" u
   SET "phone_proven_at" = proven."at", "phone_claimed" = false
  FROM (
    SELECT u."id", min(proof."at") AS "at"
      FROM "users" u
      JOIN LATERAL (
             SELECT s."created_at" AS "at" FROM "login_sessions" s WHERE s."user_id" = u."id" AND s."method" = 'OTP'
             UNION ALL
             SELECT e."occurred_at" FROM "audit_events" e
              WHERE u."phone_claimed" AND e."user_id" = u."id" AND e."outcome" = 'success'
                AND e."type" IN ('login.otp', 'user.password_reset')
           ) proof ON true
     WHERE u."phone" IS NOT NULL
       AND proof."at" > coalesce((SELECT max(e."occurred_at") FROM "audit_events" e
                                   WHERE e."subject_id" = u."id" AND e."type" = 'user.changed' AND e."outcome" = 'success'
                                     AND e."detail" -> 'fields' ? 'phone'), '-infinity')
       AND proof."at" > coalesce((SELECT max(s."revoked_at") FROM "login_sessions" s
                                   WHERE s."user_id" = u."id" AND s."revoked_reason" = 'phone_changed'), '-infinity')
       AND NOT EXISTS (SELECT 1 FROM "messages" m
                        WHERE m."user_id" = u."id" AND m."provider" = 'email' AND m."otp_session_id" IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM "message_history" m
                        WHERE m."user_id" = u."id" AND m."provider" = 'email' AND m."otp_session_id" IS NOT NULL)
     GROUP BY u."id"
  ) proven
 WHERE proven."id" = u."id";

-- What strangers may have opened until now, and codes that may be on their way to a stranger's mailbox.
UPDATE "login_sessions" s SET "revoked_at" = now(), "revoked_reason" = 'phone_unproven'
  FROM "users" u WHERE u."id" = s."user_id" AND u."phone_claimed" AND s."revoked_at" IS NULL;
WITH voided AS (
  UPDATE "otp_sessions" o SET "replaced_at" = now()
    FROM "users" u
   WHERE u."id" = o."user_id" AND u."phone_claimed" AND u."email" IS NOT NULL
     AND o."consumed_at" IS NULL AND o."replaced_at" IS NULL AND o."failed_at" IS NULL
  RETURNING o."id", o."phone", o."purpose"
)
UPDATE "otp_budgets" b
   SET "current_session_id" = NULL, "current_issued_at" = NULL, "current_expires_at" = NULL, "current_resend_at" = NULL
  FROM voided v
 WHERE b."phone" = v."phone" AND b."purpose" = v."purpose" AND b."current_session_id" = v."id";

ALTER TABLE "users"
  ADD CONSTRAINT "users_phone_proven_check" CHECK ("phone_proven_at" IS NULL OR "phone" IS NOT NULL),
  ADD CONSTRAINT "users_phone_claimed_check" CHECK (NOT "phone_claimed" OR ("phone" IS NOT NULL AND "phone_proven_at" IS NULL)),
  ADD CONSTRAINT "users_email_claimed_check" CHECK (NOT "email_claimed" OR "email" IS NOT NULL);
