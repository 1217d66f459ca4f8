-- Judges a guess at a login code and, when it is right, uses the code up. The caller opens the login session and records the
-- event, for `right` only.
--
-- o_verdict: as of `judge_guess`. `wrong` also where the account was disabled or got another number since the code was sent.
--            'unproven'  the guess is right, and would be the first proof of the number; nothing was written
CREATE FUNCTION masuk.judge_login(
  p_phone text, p_code uuid, p_guess_macs bytea[], p_legacy_code uuid, p_legacy_hashes bytea[],
  p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval,
  p_mail_is_rung boolean, p_max_attempts int, p_budget int, p_waits boolean,
  OUT o_verdict text, OUT o_code uuid, OUT o_attempts_left int, OUT o_retry_after float8, OUT o_address text,
  OUT o_issued_at timestamptz, OUT o_account uuid, OUT o_email text, OUT o_username text, OUT o_full_name text, OUT o_role role
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_guess record;
  v_account users;
BEGIN
  -- 1. The guess.
  v_guess := masuk.judge_guess(
    p_phone, 'login', p_code, p_guess_macs, p_legacy_code, p_legacy_hashes, p_device_user, p_device_id, p_device_issued, p_device_life,
    p_max_attempts, p_budget, p_waits
  );
  o_verdict := v_guess.o_verdict;
  o_code := v_guess.o_code;
  o_attempts_left := v_guess.o_attempts_left;
  o_retry_after := v_guess.o_retry_after;
  o_account := v_guess.o_account;
  IF o_verdict <> 'right' THEN RETURN; END IF;

  -- 2. The account, locked: of a login and of a change to the account at the same moment, one sees the other. Either the
  -- login finds the change, or the change finds the login session and ends it.
  SELECT * INTO v_account
    FROM users u WHERE u.id = o_account AND u.is_active AND u.phone = p_phone FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND AND NOT p_waits THEN
    o_verdict := 'busy';
    RETURN;
  END IF;
  IF NOT FOUND THEN
    SELECT * INTO v_account FROM users u WHERE u.id = o_account AND u.is_active AND u.phone = p_phone FOR NO KEY UPDATE;
  END IF;
  IF NOT FOUND THEN
    o_verdict := 'wrong';
    PERFORM masuk.pay_guess(p_phone, 'login', v_guess.o_known, p_device_user, p_device_id, p_device_issued);
    RETURN;
  END IF;

  -- 3. The first proof of a number ends what somebody else may have set at the account, or cannot be told from a code that
  -- was read in a mailbox: that takes more steps than this.
  IF v_account.phone_claimed OR v_account.phone_proven_at IS NULL AND (p_mail_is_rung OR v_account.self_registered) THEN
    o_verdict := 'unproven';
    RETURN;
  END IF;
  IF v_account.phone_proven_at IS NULL THEN
    UPDATE users u SET phone_proven_at = masuk.moment(), updated_at = masuk.moment() WHERE u.id = o_account;
  END IF;
  o_email := v_account.email;
  o_username := v_account.username;
  o_full_name := v_account.full_name;
  o_role := v_account.role;

  -- 4. The code is used up.
  o_address := v_guess.o_address;
  o_issued_at := v_guess.o_issued_at;
  PERFORM masuk.use_code(p_phone, 'login', v_guess.o_known, p_legacy_code);
END $$;
