-- Decides whether a number gets a code for a purpose now, and writes the code into its row. The caller puts the message into
-- the outbox and records the event, for 'issued' only; in every other case nothing was written but empty rows of the number.
--
-- There are two lanes: one for known devices of the account, which show a device token, and one for all others. Each has
-- sends and guesses of its own, so that strangers cannot use up the owner's.
--
-- o_verdict: 'issued'   the new code is the number's; the one before it has ended. `o_account` null: a decoy, which the outbox
--                       keeps and never sends
--            'living'   the newest code is active and may be guessed at, and its cooldown runs for `o_retry_after` seconds at least
--            'refused'  no code for `o_retry_after` seconds: a limit is used up, or another application's code is active
--                       and its cooldown runs. `o_closed`: until somebody opens the number
--            'nobody'   no active account fits, and that may be said
--            'busy'     somebody holds the number, and `p_waits` is false
CREATE FUNCTION masuk.issue_code(
  p_phone text, p_purpose text,
  p_code uuid, p_hash bytea, p_lifetime interval,       -- the new code: the id of its challenge, and what is stored of it
  p_address text,                                       -- of the client that asks
  p_application uuid,                                   -- that the code is for, and the message names; null: the service
  p_name text, p_new_owner uuid,                        -- whose code it is, if the number alone does not say so; at most one
  p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval,  -- of a checked device token
  p_conceal boolean,                                    -- an unknown number gets a decoy: a code that nobody is sent
  p_per_hour int, p_per_day int, p_cooldowns int[], p_max_attempts int, p_budget int,  -- settings; `p_budget`: guesses
  p_waits boolean,
  OUT o_verdict text, OUT o_code uuid, OUT o_issued_at timestamptz, OUT o_expires_at timestamptz, OUT o_resend_at timestamptz,
  OUT o_retry_after float8, OUT o_closed boolean, OUT o_account uuid, OUT o_full_name text, OUT o_email text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_account record;
  v_known boolean;            -- whether the caller is a known device: says which lane it is in
  v_row otp_codes;            -- of the number and purpose, locked
  v_elsewhere record;         -- what the lane has used under other purposes
  v_own_sends timestamptz[];  -- of the last day, of the lane: for this purpose
  v_sends timestamptz[];      --   for all purposes
  v_by_keys timestamptz[];    -- of the last day, by other applications
  v_failed timestamptz[];     -- sends for this purpose that failed
  v_guesses timestamptz[];    -- of the lane, at codes for this purpose
  v_failures int;             -- wrong guesses in a row, of the lane, for all purposes
  v_guess_after float8;       -- seconds until the lane may guess again; 0: it may
BEGIN
  -- 1. Whose code is it? Where nobody may be told that there is no such account, the code goes on as a decoy without one.
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

  -- 2. One request at a time decides about a number: its turn is taken before anything is read that a limit rests on.
  v_row := masuk.hold_code(p_phone, p_purpose, p_waits);
  IF v_row.phone IS NULL THEN
    o_verdict := 'busy';
    RETURN;
  END IF;

  -- 3. What has the caller's lane used?
  v_elsewhere := masuk.used_elsewhere(p_phone, p_purpose, v_known, v_now);
  v_own_sends := masuk.sends_of_day(CASE WHEN v_known THEN v_row.known_sends ELSE v_row.sends END, v_now);
  v_sends := masuk.in_order(v_own_sends, v_elsewhere.o_sends);
  v_by_keys := CASE WHEN v_known THEN '{}' ELSE masuk.sends_by_keys(p_phone, v_now) END;
  v_failed := masuk.recent_failed_sends(v_row.failed_sends, v_now);
  v_guesses := CASE WHEN v_known THEN v_row.known_guesses ELSE v_row.guesses END;
  v_failures := v_elsewhere.o_failures + CASE WHEN v_known THEN v_row.known_failures ELSE v_row.failures END;

  -- 4. While a code lives and its cooldown runs, the number gets no other. One whose guesses are used up keeps none away.
  o_retry_after := masuk.seconds_until_resend(v_row, v_guesses, p_max_attempts, v_now);
  v_guess_after := masuk.seconds_until_guess(v_guesses, v_failures, p_budget, v_now);
  o_closed := NOT v_known AND v_failures >= masuk.closing_failures();
  IF o_retry_after > 0 THEN
    -- The caller cannot use another application's code, nor any code while it may not guess. It is refused in step 5 then.
    IF v_row.current_application IS NOT DISTINCT FROM p_application AND v_guess_after = 0 AND NOT o_closed THEN
      o_verdict := 'living';
      o_code := v_row.current_session_id;
      o_issued_at := v_row.current_issued_at;
      o_expires_at := v_row.current_expires_at;
      o_resend_at := v_row.current_resend_at;
    END IF;
  END IF;

  -- 5. Every limit must have room. A code that nobody may guess at is not sent either. How long that takes is also said of an
  -- active code, for whoever wants another one all the same.
  o_retry_after := greatest(
    o_retry_after,
    CASE
      WHEN v_known THEN masuk.seconds_until_send(v_sends, p_per_hour, p_per_day, v_now)
      ELSE masuk.seconds_until_stranger_send(v_sends, v_by_keys, p_per_hour, p_per_day, v_now)
    END,
    masuk.seconds_until_retry(v_failed, v_now),
    v_guess_after,
    CASE WHEN o_closed THEN masuk.seconds_closed() END
  );
  IF o_verdict = 'living' THEN RETURN; END IF;
  IF o_retry_after > 0 THEN
    o_verdict := 'refused';
    RETURN;
  END IF;

  -- 6. The code is the number's. Its instant is that of its send: `close_unsent_code` takes the send back by it.
  o_verdict := 'issued';
  o_code := p_code;
  v_own_sends := masuk.with_instant(v_own_sends, v_now);
  o_issued_at := v_own_sends[cardinality(v_own_sends)];
  o_expires_at := v_now + p_lifetime;
  o_resend_at := v_now + masuk.cooldown(v_sends || o_issued_at, p_cooldowns, v_now);
  IF v_row.current_legacy THEN PERFORM masuk.replace_legacy_code(v_row.current_session_id); END IF;
  UPDATE otp_codes c
     SET sends = CASE WHEN v_known THEN c.sends ELSE v_own_sends END,
         known_sends = CASE WHEN v_known THEN v_own_sends ELSE c.known_sends END,
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
