-- Decides whether a number gets a code now, and writes the code into its row. The caller puts the message into the outbox
-- and records the event, for `issued` only.
--
-- o_verdict: 'issued'   the new code is the number's; the one before it is dead
--            'living'   the newest code lives and its cooldown runs: nothing was written
--            'refused'  a limit is used up, for `o_retry_after` seconds; `o_closed`: until somebody opens the number
--            'nobody'   no active account fits, and that may be said
--            'busy'     somebody holds the number, and `p_waits` is false; nothing was written
CREATE FUNCTION masuk.issue_code(
  p_phone text, p_purpose text, p_code uuid, p_hash bytea, p_lifetime interval, p_address text,
  p_application uuid,                                   -- whom the message names; null: the service itself
  p_name text, p_new_owner uuid,                        -- whose code it is, where the number alone does not say so
  p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval,  -- of a checked device token
  p_conceal boolean,                                    -- an unknown number gets a decoy: a code that nobody is sent
  p_per_hour int, p_per_day int, p_failed_allowed int, p_cooldowns int[], p_max_attempts int, p_budget int,
  p_waits boolean,
  OUT o_verdict text, OUT o_code uuid, OUT o_issued_at timestamptz, OUT o_expires_at timestamptz, OUT o_resend_at timestamptz,
  OUT o_retry_after float8, OUT o_closed boolean, OUT o_account uuid, OUT o_full_name text, OUT o_email text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_account record;
  v_known boolean;
  v_row otp_codes;
  v_elsewhere record;
  v_sends timestamptz[];      -- of the lane, over all purposes, of the last day
  v_own_sends timestamptz[];  -- of the lane and purpose
  v_failed timestamptz[];
  v_guesses timestamptz[];
  v_failures int;             -- wrong guesses in a row of the lane, over all purposes
BEGIN
  -- 1. Whose code is it?
  IF p_new_owner IS NOT NULL THEN
    SELECT * INTO v_account FROM masuk.account_wanting_number(p_phone, p_new_owner);
  ELSIF p_name IS NOT NULL THEN
    SELECT * INTO v_account
      FROM masuk.account_with_number_and_name(p_phone, p_name, p_device_user, p_device_id, p_device_issued, p_device_life);
  ELSE
    SELECT * INTO v_account FROM masuk.account_with_number(p_phone, p_device_user, p_device_id, p_device_issued, p_device_life);
  END IF;
  IF v_account.id IS NULL AND NOT p_conceal THEN
    o_verdict := 'nobody';
    RETURN;
  END IF;
  v_known := coalesce(v_account.known, false);
  o_account := v_account.id;
  o_full_name := v_account.full_name;
  o_email := v_account.email;

  -- 2. One request at a time decides about a number.
  v_row := masuk.hold_code(p_phone, p_purpose, p_waits);
  IF v_row.phone IS NULL THEN
    o_verdict := 'busy';
    RETURN;
  END IF;

  -- 3. What the caller's lane has used: a known device has sends and guesses of its own.
  v_elsewhere := masuk.used_elsewhere(p_phone, p_purpose, v_known, v_now);
  v_own_sends := masuk.recent(CASE WHEN v_known THEN v_row.known_sends ELSE v_row.sends END, v_now - interval '1 day');
  v_sends := masuk.in_order(v_own_sends, v_elsewhere.o_sends);
  v_failed := masuk.recent(v_row.failed_sends, v_now - interval '10 minutes');
  v_guesses := CASE WHEN v_known THEN v_row.known_guesses ELSE v_row.guesses END;
  v_failures := v_elsewhere.o_failures + CASE WHEN v_known THEN v_row.known_failures ELSE v_row.failures END;

  -- 4. While a code lives and its cooldown runs, the number gets no other. One whose guesses are used up does not count.
  o_retry_after := masuk.seconds_until_resend(v_row, v_guesses, p_max_attempts, v_now);
  IF o_retry_after > 0 THEN
    -- One for another application is of no use here, so it is not spoken of as if it were.
    IF v_row.current_application IS NOT DISTINCT FROM p_application THEN
      o_verdict := 'living';
      o_code := v_row.current_session_id;
      o_issued_at := v_row.current_issued_at;
      o_expires_at := v_row.current_expires_at;
      o_resend_at := v_row.current_resend_at;
    END IF;
  END IF;

  -- 5. Every limit must have room. A code that nobody may guess at is not sent either.
  o_closed := NOT v_known AND v_failures >= masuk.closing_failures();
  o_retry_after := greatest(
    o_retry_after,
    masuk.seconds_until_send(v_sends, p_per_hour, p_per_day, v_now),
    masuk.seconds_until_retry(v_failed, p_failed_allowed, v_now),
    masuk.seconds_until_guess(v_guesses, v_failures, p_budget, v_now),
    CASE WHEN o_closed THEN 3600 END
  );
  IF o_verdict = 'living' THEN RETURN; END IF;
  IF o_retry_after > 0 THEN
    o_verdict := 'refused';
    RETURN;
  END IF;

  -- 6. The code is the number's. Each send of the hour makes the cooldown longer.
  o_verdict := 'issued';
  o_code := p_code;
  o_issued_at := greatest(v_now, v_own_sends[cardinality(v_own_sends)]);
  o_expires_at := v_now + p_lifetime;
  o_resend_at := v_now + interval '1 second'
    * p_cooldowns[least(cardinality(masuk.recent(v_sends, v_now - interval '1 hour')) + 1, cardinality(p_cooldowns))];
  IF v_row.current_legacy THEN PERFORM masuk.replace_legacy_code(v_row.current_session_id); END IF;
  UPDATE otp_codes c
     SET sends = CASE WHEN v_known THEN c.sends ELSE v_own_sends || o_issued_at END,
         known_sends = CASE WHEN v_known THEN v_own_sends || o_issued_at ELSE c.known_sends END,
         failed_sends = v_failed,
         current_session_id = o_code,
         current_user_id = o_account,
         current_application = p_application,
         current_hash = p_hash,
         current_address = p_address,
         current_issued_at = o_issued_at,
         current_expires_at = o_expires_at,
         current_resend_at = o_resend_at,
         current_verified_at = NULL,
         current_legacy = false,
         updated_at = v_now
   WHERE c.phone = p_phone AND c.purpose = p_purpose;
END $$;
