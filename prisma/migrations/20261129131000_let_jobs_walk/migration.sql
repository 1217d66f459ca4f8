-- How far a job has come that walks through a table by its key; sealed, because a key may be a phone number.
CREATE TABLE "walk_places" (
    "walk" TEXT NOT NULL,
    "sealed_place" BYTEA NOT NULL,

    CONSTRAINT "walk_places_pkey" PRIMARY KEY ("walk")
);

-- What jobs look for, so that none of them reads a whole table. Rows that never get into an index, or only once, cost little;
-- what is rewritten at every login or refresh has no such index, and is walked through.
CREATE INDEX "password_budgets_updated_at_idx" ON "password_budgets" ("updated_at");
CREATE INDEX "login_sessions_revoked_at_idx" ON "login_sessions" ("revoked_at") WHERE "revoked_at" IS NOT NULL;
CREATE INDEX "oidc_artifacts_sessions_idx" ON "oidc_artifacts" ("id_hash") WHERE "kind" = 'Session' AND "login_session_id" IS NOT NULL;
CREATE INDEX "gateway_commands_expires_at_idx" ON "gateway_commands" ("expires_at");
CREATE INDEX "gateway_messages_expires_at_idx" ON "gateway_messages" ("expires_at") WHERE "state" IN ('QUEUED', 'SENDING');
