-- Takes a number's turn: locks its rows of `otp_codes` and returns the one of the purpose. The row of the purpose 'login'
-- is the number's gate: whatever the purpose, it is locked first, so that limits over all purposes are decided by one
-- request at a time. With `p_waits` false no lock is waited for, and NULL says that somebody else holds the number.
CREATE FUNCTION masuk.hold_code(p_phone text, p_purpose text, p_waits boolean) RETURNS otp_codes LANGUAGE plpgsql AS $$
DECLARE
  v_row otp_codes;
BEGIN
  v_row := masuk.hold_row(p_phone, 'login', p_waits);
  IF p_purpose <> 'login' AND v_row.phone IS NOT NULL THEN
    v_row := masuk.hold_row(p_phone, p_purpose, p_waits);
  END IF;
  RETURN v_row;
END $$;

-- One row of a number, locked. It is made where there is none.
CREATE FUNCTION masuk.hold_row(p_phone text, p_purpose text, p_waits boolean) RETURNS otp_codes LANGUAGE plpgsql AS $$
DECLARE
  v_row otp_codes;
BEGIN
  LOOP
    -- Most rows exist and are free.
    SELECT * INTO v_row FROM otp_codes c WHERE c.phone = p_phone AND c.purpose = p_purpose FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN FOUND;

    -- It is to be made. An insertion waits for another one of the same row, which nobody can skip: so whoever makes a row
    -- holds this lock. It is the row's own, so that nobody who has it waits for anything but the row.
    IF NOT EXISTS (SELECT 1 FROM otp_codes c WHERE c.phone = p_phone AND c.purpose = p_purpose) THEN
      IF p_waits THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_phone || ' ' || p_purpose, 0));
      ELSE
        EXIT WHEN NOT pg_try_advisory_xact_lock(hashtextextended(p_phone || ' ' || p_purpose, 0));
      END IF;
      INSERT INTO otp_codes (phone, purpose) VALUES (p_phone, p_purpose) ON CONFLICT DO NOTHING RETURNING * INTO v_row;
      EXIT WHEN FOUND;
    END IF;

    -- It exists, and somebody holds it. Each statement of a function has a snapshot of its own: after the wait this one reads
    -- the newest version. Where the row was deleted meanwhile, begin again.
    EXIT WHEN NOT p_waits;
    SELECT * INTO v_row FROM otp_codes c WHERE c.phone = p_phone AND c.purpose = p_purpose FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN v_row;
END $$;
