-- Ends codes for other applications that nobody has typed.

-- A send failed for certain: its code is over, and the send does not count. The try does.
CREATE FUNCTION masuk.close_unsent_verification(p_phone text, p_code uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_code verifications;
BEGIN
  PERFORM masuk.hold_verifications(p_phone);
  UPDATE verifications v SET ended_at = v_now, ended_as = 'failed' WHERE v.id = p_code AND v.ended_at IS NULL RETURNING * INTO v_code;
  -- Used, replaced or expired meanwhile.
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE verification_phones n
     SET (sends, send_owners) = (
           SELECT coalesce(array_agg(s.at ORDER BY s.at), '{}'), coalesce(array_agg(s.owner ORDER BY s.at), '{}')
             FROM unnest(n.sends, n.send_owners) s (at, owner)
            WHERE (s.at, s.owner) <> (v_code.created_at, v_code.owner_id)
         ),
         failed_sends = masuk.with_instant(masuk.recent_failed_sends(n.failed_sends, v_now), v_now),
         updated_at = v_now
   WHERE n.phone = p_phone;
END $$;

-- Ends a key's active code for a number. No row where none is active.
CREATE FUNCTION masuk.expire_verification(p_phone text, p_owner uuid) RETURNS SETOF verifications LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY
    UPDATE verifications v SET ended_at = masuk.moment(), ended_as = 'expired'
     WHERE v.phone = p_phone AND v.owner_id = p_owner AND v.ended_at IS NULL RETURNING v.*;
END $$;

-- A key's newest code for a number, whatever became of it, and how many guesses at it are left. No row where no code was ever sent.
CREATE FUNCTION masuk.newest_verification(
  p_phone text, p_owner uuid, p_max_attempts int, p_budget int
) RETURNS TABLE (code verifications, is_over boolean, attempts_left int) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_number verification_phones;
BEGIN
  SELECT v.* INTO code
    FROM verifications v WHERE v.phone = p_phone AND v.owner_id = p_owner ORDER BY v.created_at DESC, v.id DESC LIMIT 1;
  IF code.id IS NULL THEN RETURN; END IF;
  SELECT * INTO v_number FROM verification_phones n WHERE n.phone = p_phone;
  is_over := code.ended_at IS NOT NULL OR code.expires_at <= v_now;
  attempts_left := CASE
    WHEN is_over THEN 0
    ELSE greatest(0, least(
      p_max_attempts - code.attempts,
      masuk.verification_guesses_left(masuk.without_old_instants(v_number, v_now), p_owner, p_budget, v_now)
    ))
  END;
  RETURN NEXT;
END $$;

-- Forgets a number's codes for other applications, and its limits.
CREATE FUNCTION masuk.forget_verifications(p_phone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- In the order of every other function: the number's row goes first.
  DELETE FROM verification_phones n WHERE n.phone = p_phone;
  DELETE FROM verifications v WHERE v.phone = p_phone;
END $$;
