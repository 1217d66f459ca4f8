-- Active admins, few among many: locked in the order of their ids before one of them loses the role.
CREATE INDEX "users_active_admins_idx" ON "users" ("id") WHERE "role" = 'ADMIN' AND "is_active";

-- Hashes that replaced systems left. The index empties itself as people log in; it tells whether there are any.
CREATE INDEX "users_bcrypt_idx" ON "users" (substr("password_hash", 5, 2)) WHERE "password_hash" LIKE '$2%';

-- Whose messages they are: a number may have been somebody else's before, and will be again. Partitions that come later
-- have the index too; the live table is small and does without.
ALTER TABLE "messages" ADD COLUMN "user_id" UUID;
ALTER TABLE "message_history" ADD COLUMN "user_id" UUID;
CREATE INDEX "message_history_user_id_idx" ON "message_history" ("user_id");

-- What was done to an account by others; few events have such a type, so that logins do not pay for the index.
CREATE INDEX "audit_events_about_idx" ON "audit_events" ("subject_id", "occurred_at") WHERE "type" LIKE 'user.%';
