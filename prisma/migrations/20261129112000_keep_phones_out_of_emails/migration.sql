-- An e-mail address that is the WhatsApp id of a number reads as that number at the login, which may be somebody else's. It
-- is taken away. Who has nothing else to log in by keeps it as the username, with a dot for the `@`; nobody gets the number,
-- which nobody has proven.
WITH "looks_like_phone" AS (
  SELECT "id", replace("email", '@', '.') AS "name" FROM "users"
   WHERE "email" ~ '^[+]?[0-9]{7,15}(:[0-9]{1,3})?@(s[.]whatsapp[.]net|c[.]us)$'
)
UPDATE "users" u
   SET "email" = NULL, "email_claimed" = false, "updated_at" = now(),
       "username" = CASE
         WHEN u."username" IS NOT NULL OR u."phone" IS NOT NULL THEN u."username"
         WHEN EXISTS (SELECT 1 FROM "users" o WHERE o."username" = l."name") THEN l."name" || '-' || left(u."id"::text, 8)
         ELSE l."name"
       END
  FROM "looks_like_phone" l WHERE l."id" = u."id";

ALTER TABLE "users"
  ADD CONSTRAINT "users_email_not_phone_check"
    CHECK ("email" !~ '^[+]?[0-9]{7,15}(:[0-9]{1,3})?@(s[.]whatsapp[.]net|c[.]us)$');
