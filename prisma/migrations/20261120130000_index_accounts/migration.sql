-- Active admins, few among many: locked in the order of their ids before one of them loses the role.
CREATE INDEX "users_active_admins_idx" ON "users" ("id") WHERE "role" = 'ADMIN' AND "is_active";

-- Hashes that replaced systems left. The index empties itself as people log in; it tells whether there are any.
CREATE INDEX "users_bcrypt_idx" ON "users" (substr("password_hash", 5, 2)) WHERE "password_hash" LIKE '$2%';

-- What is held about a number, for its owner to see and to have erased. Partitions that come later have it too.
CREATE INDEX "message_history_recipient_idx" ON "message_history" ("recipient");

-- What was done to an account by others; few events have such a type, so that logins do not pay for the index.
CREATE INDEX "audit_events_about_idx" ON "audit_events" ("subject_id", "occurred_at") WHERE "type" LIKE 'user.%';
