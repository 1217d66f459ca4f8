-- What a lane has used under the number's other purposes: sends of the last day, not sorted, and wrong guesses in a row. Most
-- numbers have no other purpose. With '' as the purpose: what it has used under all of them. A caller that decides holds
-- the number; `number_locks` only looks.
CREATE FUNCTION masuk.used_elsewhere(
  p_phone text, p_purpose text, p_known boolean, p_now timestamptz, OUT o_sends timestamptz[], OUT o_failures int
) LANGUAGE plpgsql AS $$
DECLARE
  v_row otp_codes;
BEGIN
  o_sends := '{}';
  o_failures := 0;
  FOR v_row IN SELECT * FROM otp_codes c WHERE c.phone = p_phone AND c.purpose <> p_purpose LOOP
    o_sends := o_sends || masuk.sends_of_day(CASE WHEN p_known THEN v_row.known_sends ELSE v_row.sends END, p_now);
    o_failures := o_failures + CASE WHEN p_known THEN v_row.known_failures ELSE v_row.failures END;
  END LOOP;
END $$;
