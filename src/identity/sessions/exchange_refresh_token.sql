-- Exchanges a refresh token for its one successor. The valid token's hash is in its login session; used ones are in
-- `refresh_tokens`, so that a token that comes again is known. However many exchanges meet, each waits for the session's row
-- and then sees what the one before did, so exactly one makes a successor.
--
-- o_verdict: 'fresh'     the successor is the session's token now
--            'repeated'  used less than 30 s ago, and its successor has not been used: the answer was lost, and is given again
--            'theft'     a used token came again: the session is ended (RFC 9700 section 4.14.2)
--            'dead'      its session has ended, or its account is disabled
--            null        nobody issued it
CREATE FUNCTION masuk.exchange_refresh_token(
  p_presented bytea, p_successor bytea, p_sealed_successor bytea, p_idle interval,
  OUT o_verdict text, OUT o_session uuid, OUT o_sealed_successor bytea, OUT o_ended boolean, OUT o_owner uuid,
  OUT o_account uuid, OUT o_role role, OUT o_method auth_method, OUT o_second_factor text, OUT o_proved_at timestamptz
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_session login_sessions;
  v_token refresh_tokens;
BEGIN
  -- 1. Whose token is it? The session is locked before its tokens, here and wherever both are written.
  SELECT s.id INTO o_session FROM login_sessions s WHERE s.refresh_hash = p_presented;
  IF NOT FOUND THEN
    SELECT t.session_id INTO o_session FROM refresh_tokens t WHERE t.token_hash = p_presented;
  END IF;
  SELECT * INTO v_session FROM login_sessions s WHERE s.id = o_session FOR NO KEY UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  o_owner := v_session.user_id;
  o_method := v_session.method;
  o_second_factor := v_session.second_factor;
  o_proved_at := coalesce(v_session.proved_at, v_session.created_at);

  -- 2. Does its session live, and may its account log in?
  SELECT u.id, u.role INTO o_account, o_role
    FROM users u WHERE u.id = v_session.user_id AND u.is_active AND NOT u.phone_claimed;
  IF NOT FOUND OR v_session.revoked_at IS NOT NULL OR least(v_session.idle_expires_at, v_session.expires_at) <= v_now THEN
    o_verdict := 'dead';
    RETURN;
  END IF;

  -- 3. The valid token, or one that was used before? (The release before keeps valid ones among the others.)
  SELECT * INTO v_token FROM refresh_tokens t WHERE t.token_hash = p_presented;
  o_verdict := CASE
    WHEN v_session.refresh_hash = p_presented OR FOUND AND v_token.used_at IS NULL THEN 'fresh'
    WHEN v_token.used_at > v_now - interval '30 seconds' AND v_token.successor_used_at IS NULL THEN 'repeated'
    ELSE 'theft'
  END;

  IF o_verdict = 'repeated' THEN
    o_sealed_successor := v_token.sealed_successor;
  ELSIF o_verdict = 'theft' THEN
    UPDATE login_sessions s SET revoked_at = v_now, revoked_reason = 'refresh_token_reuse' WHERE s.id = o_session;
    o_ended := true;
  ELSE
    INSERT INTO refresh_tokens (token_hash, session_id, created_at, used_at, successor_hash, sealed_successor)
    VALUES (p_presented, o_session, v_session.refresh_issued_at, v_now, p_successor, p_sealed_successor)
    ON CONFLICT (token_hash) DO UPDATE
      SET used_at = excluded.used_at, successor_hash = excluded.successor_hash, sealed_successor = excluded.sealed_successor;
    -- Nobody needs the answer before this one any more.
    UPDATE refresh_tokens t SET successor_used_at = v_now, sealed_successor = NULL WHERE t.successor_hash = p_presented;
    UPDATE login_sessions s
       SET refresh_hash = p_successor, refresh_issued_at = v_now, last_used_at = v_now,
           idle_expires_at = least(v_now + p_idle, s.expires_at)
     WHERE s.id = o_session;
  END IF;
END $$;
