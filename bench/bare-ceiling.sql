-- What the ceiling's statements need, and no more.
CREATE TABLE fl_user (
  id bigserial PRIMARY KEY, phone text UNIQUE NOT NULL, active bool NOT NULL DEFAULT true, name text, password_hash text
);
CREATE TABLE fl_otp (
  id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES fl_user, code_hash text NOT NULL,
  attempts int NOT NULL DEFAULT 0, consumed bool NOT NULL DEFAULT false, expires_at timestamptz NOT NULL
);
CREATE INDEX ON fl_otp (user_id);
CREATE TABLE fl_session (
  id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES fl_user, token_hash text UNIQUE NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX ON fl_session (user_id);
