-- What keeps codes of a number away at the moment, for somebody who looks on: nothing is held and nothing written. Each limit is
-- asked by the function that decides about requests and guesses.
--
-- reason   'closed'          too many wrong codes in a row; until somebody opens the number, so `until` is null
--          'wrong_codes'     the guesses of the window are used up: no code is sent, and none is compared
--          'too_many_codes'  the sends of the hour or the day are used up, perhaps by other applications too: no code is sent
--          'failed_sends'    no provider took the last codes: none is sent
--          'cooldown'        the newest code lives, and the next one is not sent yet
-- purpose  of which codes; null: of all
-- devices  'known': with a device token of the account; 'other': without; null: both
CREATE FUNCTION masuk.number_locks(
  p_phone text, p_per_hour int, p_per_day int, p_max_attempts int, p_budget int
) RETURNS TABLE (reason text, purpose text, devices text, until timestamptz) LANGUAGE sql AS $$
  WITH lane AS MATERIALIZED (
    SELECT l.known, m.now, masuk.in_order('{}', u.o_sends) AS sends, u.o_failures AS failures
      FROM (VALUES (false), (true)) l (known)
      CROSS JOIN (SELECT masuk.moment() AS now) m
      CROSS JOIN LATERAL masuk.used_elsewhere(p_phone, '', l.known, m.now) u
  ), used AS MATERIALIZED (
    SELECT l.known, l.now, l.failures, c.purpose, c.failed_sends, c AS code,
           CASE WHEN l.known THEN c.known_guesses ELSE c.guesses END AS guesses
      FROM otp_codes c
      CROSS JOIN lane l
     WHERE c.phone = p_phone
  ), wait (reason, purpose, known, now, seconds) AS (
    SELECT 'too_many_codes', NULL, known, now,
           CASE WHEN known THEN masuk.seconds_until_send(sends, p_per_hour, p_per_day, now)
                ELSE masuk.seconds_until_stranger_send(sends, masuk.sends_by_keys(p_phone, now), p_per_hour, p_per_day, now)
           END
      FROM lane
     UNION ALL
    SELECT 'wrong_codes', purpose, known, now, masuk.seconds_until_guess(guesses, failures, p_budget, now) FROM used
     UNION ALL
    SELECT 'failed_sends', purpose, known, now, masuk.seconds_until_retry(failed_sends, now) FROM used
     UNION ALL
    SELECT 'cooldown', purpose, known, now, masuk.seconds_until_resend(code, guesses, p_max_attempts, now) FROM used
  )
  SELECT 'closed', NULL, 'other', NULL WHERE masuk.number_is_closed(p_phone)
   UNION ALL
  (SELECT w.reason, w.purpose, CASE WHEN count(*) = 1 THEN CASE WHEN bool_or(w.known) THEN 'known' ELSE 'other' END END, w.until
     FROM (SELECT *, now + seconds * interval '1 second' AS until FROM wait WHERE seconds > 0) w
    GROUP BY w.reason, w.purpose, w.until
    ORDER BY w.until DESC, w.reason, w.purpose, bool_or(w.known));
$$;
