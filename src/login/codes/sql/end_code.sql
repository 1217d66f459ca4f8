-- Ends codes that nobody has typed.

-- A send failed for certain: its code is over, the send does not count and starts no cooldown. The try counts,
-- if a provider was asked.
CREATE FUNCTION masuk.close_unsent_code(p_phone text, p_purpose text, p_code uuid, p_asked boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_row otp_codes;
BEGIN
  v_row := masuk.hold_code(p_phone, p_purpose, true);
  -- Used or replaced meanwhile.
  IF v_row.current_session_id IS DISTINCT FROM p_code THEN RETURN; END IF;
  UPDATE otp_codes c
     SET sends = array_remove(c.sends, c.current_issued_at),
         known_sends = array_remove(c.known_sends, c.current_issued_at),
         failed_sends = CASE
           WHEN p_asked THEN masuk.with_instant(masuk.recent_failed_sends(c.failed_sends, v_now), v_now)
           ELSE c.failed_sends
         END
   WHERE c.phone = p_phone AND c.purpose = p_purpose;
  PERFORM masuk.clear_code(p_phone, p_purpose);
END $$;

-- Ends the active codes of a number. Its budgets stay.
CREATE FUNCTION masuk.void_codes(p_phone text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_purpose text;
BEGIN
  FOR v_purpose IN SELECT purpose FROM masuk.hold_number(p_phone) LOOP
    PERFORM masuk.clear_code(p_phone, v_purpose);
  END LOOP;
END $$;

-- Locks all rows of a number, the gate first, and tells their purposes.
CREATE FUNCTION masuk.hold_number(p_phone text) RETURNS TABLE (purpose text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM otp_codes c WHERE c.phone = p_phone AND c.purpose = 'login' FOR NO KEY UPDATE;
  RETURN QUERY SELECT c.purpose FROM otp_codes c WHERE c.phone = p_phone ORDER BY c.purpose FOR NO KEY UPDATE;
END $$;

-- Ends the active code of a number and purpose, if there is one. Its budgets stay.
CREATE FUNCTION masuk.clear_code(p_phone text, p_purpose text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_legacy_code uuid;
BEGIN
  SELECT c.current_session_id INTO v_legacy_code
    FROM otp_codes c WHERE c.phone = p_phone AND c.purpose = p_purpose AND c.current_legacy;
  IF FOUND THEN PERFORM masuk.replace_legacy_code(v_legacy_code); END IF;
  PERFORM masuk.empty_row(p_phone, p_purpose, false, false);
END $$;

-- Takes the active code out of its row. With `p_used`, which a right guess says, the same write gives the purpose's guesses
-- back: a login leaves one new version of the row, not two. `p_stays_closed`: its wrong guesses in a row stay counted.
CREATE FUNCTION masuk.empty_row(p_phone text, p_purpose text, p_used boolean, p_stays_closed boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
BEGIN
  UPDATE otp_codes c
     SET current_session_id = NULL,
         current_user_id = NULL,
         current_application = NULL,
         current_hash = NULL,
         current_address = NULL,
         current_issued_at = NULL,
         current_expires_at = NULL,
         current_resend_at = NULL,
         current_verified_at = NULL,
         current_legacy = false,
         guesses = CASE WHEN p_used THEN '{}' ELSE c.guesses END,
         known_guesses = CASE WHEN p_used THEN '{}' ELSE c.known_guesses END,
         failures = CASE WHEN p_used AND NOT p_stays_closed THEN 0 ELSE c.failures END,
         known_failures = CASE WHEN p_used THEN 0 ELSE c.known_failures END,
         succeeded_at = CASE WHEN p_used THEN v_now ELSE c.succeeded_at END,
         updated_at = v_now
   WHERE c.phone = p_phone AND c.purpose = p_purpose;
END $$;

-- Whether a code is still the active one of its number: what recovery asks before it sends a message again.
CREATE FUNCTION masuk.code_lives(p_phone text, p_purpose text, p_code uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM otp_codes c
     WHERE c.phone = p_phone AND c.purpose = p_purpose AND c.current_session_id = p_code AND c.current_expires_at > masuk.moment()
  );
$$;

-- Forgets rows of which nothing is asked any more, walking the primary key from where the last step ended: a budget whose
-- longest window, a day, has passed; but failures in a row count for 90 days, and for as long as they close the number.
-- `o_phone` is null when the walk has come to the end.
CREATE FUNCTION masuk.forget_old_codes(p_phone text, p_purpose text, p_rows int, OUT o_phone text, OUT o_purpose text)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_places tid[];
BEGIN
  -- 1. The rows of this step, and its last one.
  SELECT array_agg(s.place),
         (array_agg(s.phone ORDER BY s.phone, s.purpose))[p_rows],
         (array_agg(s.purpose ORDER BY s.phone, s.purpose))[p_rows]
    INTO v_places, o_phone, o_purpose
    FROM (SELECT c.ctid AS place, c.phone, c.purpose FROM otp_codes c
           WHERE (c.phone, c.purpose) > (p_phone, p_purpose) ORDER BY c.phone, c.purpose LIMIT p_rows) s;

  -- 2. Forget the old ones by their places: a step costs the same however long the table is, as PostgreSQL never reads the
  -- whole of it for a list of places. A row that has another place by now is in use.
  DELETE FROM otp_codes c
   WHERE c.ctid = ANY (ARRAY(
     SELECT o.ctid FROM otp_codes o
      WHERE o.ctid = ANY (v_places)
        AND o.updated_at < masuk.budgets_kept_since(v_now)
        AND (o.failures + o.known_failures = 0 OR o.updated_at < v_now - interval '90 days')
        AND o.failures < masuk.closing_failures()
        FOR UPDATE SKIP LOCKED
   ));
  PERFORM masuk.forget_legacy_codes(p_rows);
END $$;

-- One step of a walk that ends the valid codes of all numbers in a database that was restored: used ones are valid there again.
CREATE FUNCTION masuk.end_living_codes(
  p_phone text, p_purpose text, p_rows int, OUT o_ended int, OUT o_phone text, OUT o_purpose text
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_row record;
BEGIN
  o_ended := 0;
  FOR v_row IN
    SELECT c.phone, c.purpose, c.current_session_id
      FROM otp_codes c WHERE (c.phone, c.purpose) > (p_phone, p_purpose) ORDER BY c.phone, c.purpose LIMIT p_rows
  LOOP
    o_phone := v_row.phone;
    o_purpose := v_row.purpose;
    CONTINUE WHEN v_row.current_session_id IS NULL;
    PERFORM masuk.clear_code(v_row.phone, v_row.purpose);
    o_ended := o_ended + 1;
  END LOOP;
END $$;
