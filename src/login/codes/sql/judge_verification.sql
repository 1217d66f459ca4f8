-- Judges one guess at an API key's code for a number, and uses the code up when it is right. As with the service's own codes
-- (`judge_guess`), a wrong guess is paid for in the same commit that tells its result, and the same three rules keep it so: no
-- EXCEPTION block, nothing after the comparison of a wrong guess that can fail, and a synchronous commit.
--
-- o_verdict: 'right'   one of `p_guess_macs` fits the key's active code, which is used up
--            'wrong'   it does not, or none is active, or its attempts are used up: paid
--            'locked'  the guesses of the key, or of all keys, are used up for `o_retry_after` seconds: nothing was compared
--            'legacy'  the code was made by the release before: asked again with `p_legacy_hashes` for the id in `o_code`
-- `o_code` is also set for a wrong guess that an active code was compared with.
CREATE FUNCTION masuk.judge_verification(
  p_phone text, p_owner uuid,
  p_guess_macs bytea[],                   -- of the typed code, under each secret in force
  p_legacy_code uuid, p_legacy_hashes bytea[],
  p_max_attempts int, p_budget int,
  OUT o_verdict text, OUT o_retry_after float8, OUT o_attempts_left int, OUT o_code verifications
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_number verification_phones;
  v_code verifications;
  v_lives boolean;
BEGIN
  -- 1. One guess at a time at a number, by whatever key.
  v_number := masuk.without_old_instants(masuk.hold_verifications(p_phone), v_now);

  -- 2. May the key guess at all?
  o_retry_after := masuk.seconds_until_verification_guess(v_number, p_owner, p_budget, v_now);
  IF o_retry_after > 0 THEN
    o_verdict := 'locked';
    RETURN;
  END IF;

  -- 3. The code to compare with, locked: whatever ends it at the same moment waits, or has come first.
  SELECT * INTO v_code
    FROM verifications v WHERE v.owner_id = p_owner AND v.phone = p_phone AND v.ended_at IS NULL FOR NO KEY UPDATE;
  v_lives := coalesce(v_code.expires_at > v_now AND v_code.attempts < p_max_attempts, false);
  IF v_lives THEN o_code := v_code; END IF;
  IF v_lives AND v_code.legacy AND v_code.id IS DISTINCT FROM p_legacy_code THEN
    o_verdict := 'legacy';
    RETURN;
  END IF;

  -- 4. Compare. A right guess uses the code up, and the key's own guesses are given back; those of others are not.
  IF v_lives AND masuk.hash_fits(v_code.code_hash, v_code.id, p_guess_macs, v_code.legacy, p_legacy_hashes) THEN
    o_verdict := 'right';
    UPDATE verifications v
       SET attempts = v.attempts + 1, ended_at = v_now, ended_as = 'verified' WHERE v.id = v_code.id RETURNING * INTO o_code;
    UPDATE verification_phones n
       SET guesses = ARRAY(SELECT g.at FROM unnest(v_number.guesses, v_number.guess_owners) g (at, owner)
                            WHERE g.owner <> p_owner ORDER BY g.at),
           guess_owners = array_remove(v_number.guess_owners, p_owner),
           updated_at = v_now
     WHERE n.phone = p_phone;
    RETURN;
  END IF;

  -- 5. A wrong guess is paid for, whether there was a code or not.
  o_verdict := 'wrong';
  v_number.guesses := masuk.with_instant(v_number.guesses, v_now);
  v_number.guess_owners := v_number.guess_owners || p_owner;
  UPDATE verification_phones n
     SET guesses = v_number.guesses, guess_owners = v_number.guess_owners, updated_at = v_now
   WHERE n.phone = p_phone;
  IF v_lives THEN
    UPDATE verifications v SET attempts = v.attempts + 1 WHERE v.id = v_code.id;
  ELSE
    -- As much work, so that the time of the answer does not tell whether there was a code.
    UPDATE verification_phones n SET updated_at = v_now WHERE n.phone = p_phone;
  END IF;
  o_attempts_left := CASE
    WHEN v_lives
    THEN least(p_max_attempts - v_code.attempts - 1, masuk.verification_guesses_left(v_number, p_owner, p_budget, v_now))
    ELSE 0
  END;
END $$;
