-- Decides whether an API key gets a code to a number now, and writes the code down. Its message leaves afterwards, by a
-- linked account of the key.
--
-- o_verdict: 'issued'   the new code is the key's for this number; the one before it is dead
--            'refused'  a limit is used up, for `o_retry_after` seconds: nothing was written
CREATE FUNCTION masuk.issue_verification(
  p_phone text, p_owner uuid, p_code uuid, p_hash bytea,
  p_session uuid, p_session_name text, p_company text, p_length int, p_minutes int,  -- what a resend needs to know again
  p_per_hour int, p_per_day int, p_cooldowns int[], p_budget int,
  OUT o_verdict text, OUT o_retry_after float8, OUT o_resend_at timestamptz, OUT o_code verifications
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_number verification_phones;
  v_by_service timestamptz[];  -- of the last day, to unknown devices, whatever the codes were for
  v_at timestamptz;
BEGIN
  -- 1. One request at a time decides about sends to a number: its gate is locked first, as for the service's own codes.
  PERFORM masuk.hold_code(p_phone, 'login', true);
  v_number := masuk.without_old_instants(masuk.hold_verifications(p_phone), v_now);
  v_by_service := (masuk.used_elsewhere(p_phone, '', false, v_now)).o_sends;

  -- 2. Every limit must have room: of the key, and of all who send codes to the number.
  o_retry_after := masuk.seconds_until_verification(
    v_number, p_owner, v_by_service, p_per_hour, p_per_day, p_cooldowns, p_budget, v_now
  );
  IF o_retry_after > 0 THEN
    o_verdict := 'refused';
    RETURN;
  END IF;

  -- 3. The send counts. The place where it is written down is also when the next one may follow.
  v_number.sends := masuk.with_instant(v_number.sends, v_now);
  v_number.send_owners := v_number.send_owners || p_owner;
  v_at := v_number.sends[cardinality(v_number.sends)];
  o_resend_at := v_now + interval '1 second' * masuk.seconds_until_verification(
    v_number, p_owner, v_by_service, p_per_hour, p_per_day, p_cooldowns, p_budget, v_now
  );
  UPDATE verification_phones n
     SET sends = v_number.sends, send_owners = v_number.send_owners, failed_sends = v_number.failed_sends, updated_at = v_now
   WHERE n.phone = p_phone;

  -- 4. The new code takes the place of the key's code before it.
  UPDATE verifications v
     SET ended_at = v_now, ended_as = CASE WHEN v.expires_at <= v_now THEN 'expired' ELSE 'replaced' END
   WHERE v.owner_id = p_owner AND v.phone = p_phone AND v.ended_at IS NULL;
  INSERT INTO verifications (
    id, owner_id, session_id, session_name, phone, company, code_hash, length, minutes, created_at, expires_at, legacy
  ) VALUES (
    p_code, p_owner, p_session, p_session_name, p_phone, p_company, p_hash, p_length, p_minutes,
    v_at, v_at + p_minutes * interval '1 minute', false
  ) RETURNING * INTO o_code;
  o_verdict := 'issued';
END $$;
