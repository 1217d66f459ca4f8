-- A session's name is its key's own: two keys may use one name, and none learns what others call theirs. What no key made
-- (an admin, or a program on this machine) shares one set of names.
DROP INDEX "gateway_sessions_name_key";
CREATE UNIQUE INDEX "gateway_sessions_name_key" ON "gateway_sessions" ("name") WHERE "api_key_id" IS NULL;
CREATE UNIQUE INDEX "gateway_sessions_api_key_id_name_key" ON "gateway_sessions" ("api_key_id", "name");

-- The key that asked for the link: with it ends what the link shows.
ALTER TABLE "gateway_tickets" ADD COLUMN "api_key_id" UUID;
