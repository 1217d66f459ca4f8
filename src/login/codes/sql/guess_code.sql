-- Judges a guess, and does with a right code what the caller says: 'use' uses it up, 'show' notes that it was shown and
-- leaves it, 'nothing' leaves it as it is.
CREATE FUNCTION masuk.guess_code(
  p_phone text, p_purpose text, p_code uuid, p_guess_macs bytea[], p_legacy_code uuid, p_legacy_hashes bytea[],
  p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval, p_max_attempts int, p_budget int, p_then text,
  OUT o_verdict text, OUT o_code uuid, OUT o_account uuid, OUT o_attempts_left int, OUT o_retry_after float8,
  OUT o_address text, OUT o_issued_at timestamptz, OUT o_verified boolean
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_guess record;
BEGIN
  v_guess := masuk.judge_guess(
    p_phone, p_purpose, p_code, p_guess_macs, p_legacy_code, p_legacy_hashes, p_device_user, p_device_id, p_device_issued, p_device_life,
    p_max_attempts, p_budget, true
  );
  o_verdict := v_guess.o_verdict;
  o_code := v_guess.o_code;
  o_account := v_guess.o_account;
  o_attempts_left := v_guess.o_attempts_left;
  o_retry_after := v_guess.o_retry_after;
  o_address := v_guess.o_address;
  o_issued_at := v_guess.o_issued_at;
  o_verified := v_guess.o_verified;
  IF o_verdict = 'right' AND p_then = 'use' THEN
    PERFORM masuk.use_code(p_phone, p_purpose, v_guess.o_known, p_legacy_code);
  ELSIF o_verdict = 'right' AND p_then = 'show' THEN
    PERFORM masuk.show_code(p_phone, p_purpose, p_legacy_code);
    o_verified := true;
  END IF;
END $$;
