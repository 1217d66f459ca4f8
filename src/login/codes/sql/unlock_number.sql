-- What an admin, the owner's password or the owner's own message gives back to a number.

-- Forgets the wrong guesses in a row by unknown devices, and with them that the number is closed.
CREATE FUNCTION masuk.reopen_number(p_phone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Most numbers have nothing to forget: then nobody is waited for.
  IF NOT EXISTS (SELECT 1 FROM otp_codes c WHERE c.phone = p_phone AND c.failures > 0) THEN RETURN; END IF;
  PERFORM masuk.hold_number(p_phone);
  UPDATE otp_codes c SET failures = 0 WHERE c.phone = p_phone AND c.failures > 0;
END $$;

-- Whether unknown devices can neither ask for codes nor guess at them until somebody opens the number.
CREATE FUNCTION masuk.number_is_closed(p_phone text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT (masuk.used_elsewhere(p_phone, '', false, masuk.moment())).o_failures >= masuk.closing_failures();
$$;

-- Gives all sends and guesses back. The active codes end: their attempts may be used up, and their cooldown would keep the
-- next code away.
CREATE FUNCTION masuk.unlock_number(p_phone text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM masuk.void_codes(p_phone);
  DELETE FROM otp_codes c WHERE c.phone = p_phone;
  -- What other applications sent counts against the service's own sends. Their guesses were at other codes.
  UPDATE verification_phones n SET sends = '{}', send_owners = '{}' WHERE n.phone = p_phone AND cardinality(n.sends) > 0;
END $$;
