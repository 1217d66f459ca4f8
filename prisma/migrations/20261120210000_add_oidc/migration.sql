-- Applications that log people in here. An application without a secret is one that could not keep it.
CREATE TABLE "oidc_clients" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "logo_uri" TEXT,
    "kind" TEXT NOT NULL,
    "secret_hash" BYTEA,
    "redirect_uris" TEXT[],
    "post_logout_redirect_uris" TEXT[],
    "backchannel_logout_uri" TEXT,
    "scopes" TEXT[],
    "resources" TEXT[],
    "first_party" BOOLEAN NOT NULL DEFAULT false,
    "access_token_seconds" INTEGER NOT NULL,
    "refresh_token_seconds" INTEGER NOT NULL,
    "created_by" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oidc_clients_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "oidc_clients"
  ADD CONSTRAINT "oidc_clients_name_check" CHECK (char_length("name") BETWEEN 1 AND 100),
  ADD CONSTRAINT "oidc_clients_kind_check" CHECK ("kind" IN ('web', 'browser', 'native', 'device')),
  ADD CONSTRAINT "oidc_clients_secret_check" CHECK (("kind" = 'web') = ("secret_hash" IS NOT NULL)),
  ADD CONSTRAINT "oidc_clients_secret_hash_check" CHECK (octet_length("secret_hash") = 32),
  ADD CONSTRAINT "oidc_clients_redirect_uris_check" CHECK (("kind" = 'device') = (cardinality("redirect_uris") = 0)),
  ADD CONSTRAINT "oidc_clients_lifetimes_check" CHECK ("access_token_seconds" BETWEEN 60 AND 3600 AND "refresh_token_seconds" BETWEEN 0 AND 34560000);

-- What the OpenID Provider must remember: codes, tokens, grants, sessions, requests under way. No row holds the id that
-- opens it: ids are hashed, what they stand for is sealed. What is issued on a grant ends with the grant's row.
CREATE TABLE "oidc_artifacts" (
    "id_hash" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "uid_hash" BYTEA,
    "user_code_hash" BYTEA,
    "grant_hash" BYTEA,
    "login_session_id" UUID,
    "client_id" UUID,
    "sealed_payload" BYTEA NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_artifacts_pkey" PRIMARY KEY ("id_hash")
);
CREATE UNIQUE INDEX "oidc_artifacts_uid_hash_key" ON "oidc_artifacts" ("uid_hash");
CREATE UNIQUE INDEX "oidc_artifacts_user_code_hash_key" ON "oidc_artifacts" ("user_code_hash");
CREATE INDEX "oidc_artifacts_grant_hash_idx" ON "oidc_artifacts" ("grant_hash");
CREATE INDEX "oidc_artifacts_login_session_id_idx" ON "oidc_artifacts" ("login_session_id");
CREATE INDEX "oidc_artifacts_client_id_idx" ON "oidc_artifacts" ("client_id");
CREATE INDEX "oidc_artifacts_expires_at_idx" ON "oidc_artifacts" ("expires_at");
ALTER TABLE "oidc_artifacts"
  ADD CONSTRAINT "oidc_artifacts_grant_hash_fkey" FOREIGN KEY ("grant_hash") REFERENCES "oidc_artifacts" ("id_hash") ON DELETE CASCADE ON UPDATE CASCADE,
  ADD CONSTRAINT "oidc_artifacts_login_session_id_fkey" FOREIGN KEY ("login_session_id") REFERENCES "login_sessions" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  ADD CONSTRAINT "oidc_artifacts_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oidc_clients" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  ADD CONSTRAINT "oidc_artifacts_hash_check" CHECK (octet_length("id_hash") = 32 AND octet_length("uid_hash") = 32 AND octet_length("user_code_hash") = 32);
