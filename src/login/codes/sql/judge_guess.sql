-- Judges one guess at a number's code. The guess is paid for in the same commit that tells its result, so that no wrong guess
-- is free, whatever happens at once (NIST SP 800-63B-4 section 3.1.3.2, ASVS 15.4.2). Three rules keep it so: no EXCEPTION
-- block, nothing after the comparison of a wrong guess that can fail, and a synchronous commit.
--
-- A right guess is not paid for, and nothing is written for it: the caller goes on with `use_code` or `show_code`, in the
-- same transaction, or with `pay_guess` when the code opens nothing.
--
-- o_verdict: 'right'    one of `p_guess_macs` fits the active code of the number and purpose
--            'wrong'    it does not, or none is active, or its attempts are used up: paid
--            'locked'   the guesses of the window are used up, for `o_retry_after` seconds: nothing was compared
--            'closed'   too many wrong guesses in a row by unknown devices: only its owner or an admin opens the number;
--                       `o_retry_after` is a polite time to ask again
--            'legacy'   the code was made by the release before: asked again with `p_legacy_hashes` for `o_code`
--            'busy'     somebody holds the number, and `p_waits` is false; nothing was written
CREATE FUNCTION masuk.judge_guess(
  p_phone text, p_purpose text,
  p_code uuid,                                          -- the challenge that the caller believes to answer; null: the newest
  p_guess_macs bytea[],                                 -- of the typed code, under each secret in force; none fits if empty
  p_legacy_code uuid, p_legacy_hashes bytea[],
  p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval,  -- of a checked device token
  p_max_attempts int, p_budget int, p_waits boolean,
  OUT o_verdict text, OUT o_code uuid, OUT o_account uuid, OUT o_known boolean, OUT o_attempts_left int,
  OUT o_retry_after float8, OUT o_address text, OUT o_issued_at timestamptz, OUT o_verified boolean
) LANGUAGE plpgsql AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_row otp_codes;
  v_guesses timestamptz[];  -- of the lane, this one included
  v_failures int;           -- wrong guesses in a row of the lane, over all purposes
  v_elsewhere record;
  v_used_on_code int;
BEGIN
  -- 1. One guess at a time at a number.
  v_row := masuk.hold_code(p_phone, p_purpose, p_waits);
  IF v_row.phone IS NULL THEN
    o_verdict := 'busy';
    RETURN;
  END IF;
  IF v_row.current_legacy AND v_row.current_session_id IS DISTINCT FROM p_legacy_code THEN
    o_verdict := 'legacy';
    o_code := v_row.current_session_id;
    RETURN;
  END IF;

  -- 2. Which lane is the caller in? Without a device token the account is not looked at. Asked only now: the guesses that end
  -- a token are counted by whoever holds its number.
  o_known := p_device_user IS NOT NULL
    AND EXISTS (SELECT 1 FROM masuk.account_with_number(p_phone, p_device_user, p_device_id, p_device_issued, p_device_life) a
                 WHERE a.known);

  -- 3. May the caller guess at all?
  v_guesses := CASE WHEN o_known THEN v_row.known_guesses ELSE v_row.guesses END;
  v_elsewhere := masuk.used_elsewhere(p_phone, p_purpose, o_known, v_now);
  v_failures := v_elsewhere.o_failures + CASE WHEN o_known THEN v_row.known_failures ELSE v_row.failures END;
  IF NOT o_known AND v_failures >= masuk.closing_failures() THEN
    o_verdict := 'closed';
    o_retry_after := masuk.seconds_closed();
    RETURN;
  END IF;
  o_retry_after := masuk.seconds_until_guess(v_guesses, v_failures, p_budget, v_now);
  IF o_retry_after > 0 THEN
    o_verdict := 'locked';
    RETURN;
  END IF;

  -- 4. The guess is counted before anything is compared.
  v_guesses := masuk.with_instant(masuk.recent_guesses(v_guesses, v_now), v_now);
  v_failures := v_failures + 1;
  v_used_on_code := cardinality(masuk.recent(v_guesses, coalesce(v_row.current_issued_at, '-infinity')));

  -- 5. Compare. What is told of the attempts that are left is the same for a wrong, used, expired and never sent code.
  IF v_row.current_expires_at > v_now AND v_used_on_code <= p_max_attempts THEN
    o_code := v_row.current_session_id;
    o_account := v_row.current_user_id;
  END IF;
  o_attempts_left := greatest(0, least(
    p_max_attempts - v_used_on_code,
    masuk.guesses_left(v_guesses, v_failures, p_budget, v_now)
  ));
  o_verdict := CASE
    WHEN o_account IS NOT NULL AND coalesce(p_code = o_code, true) AND masuk.hash_fits(
      v_row.current_hash, v_row.current_session_id, p_guess_macs, v_row.current_legacy, p_legacy_hashes
    )
    THEN 'right'
    ELSE 'wrong'
  END;

  -- 6. A wrong guess is paid for.
  IF o_verdict = 'wrong' THEN
    PERFORM masuk.pay_guess(p_phone, p_purpose, o_known, p_device_user, p_device_id, p_device_issued);
    IF v_row.current_legacy THEN PERFORM masuk.count_legacy_guess(v_row.current_session_id, o_known); END IF;
    RETURN;
  END IF;
  o_address := v_row.current_address;
  o_issued_at := v_row.current_issued_at;
  o_verified := v_row.current_verified_at IS NOT NULL;
END $$;
