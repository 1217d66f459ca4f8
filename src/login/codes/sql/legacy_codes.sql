-- Codes that the release before keeps in `otp_sessions`, for as long as its instances run beside ours and its codes live. A
-- trigger of the migration carries them into `otp_codes`; here their end is carried back, so that a code is used once over
-- both releases. The next release drops this file, the trigger and the table.

CREATE FUNCTION masuk.replace_legacy_code(p_code uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE otp_sessions s SET replaced_at = masuk.moment()
   WHERE s.id = p_code AND num_nonnulls(s.consumed_at, s.replaced_at, s.failed_at) = 0;
END $$;

CREATE FUNCTION masuk.consume_legacy_code(p_code uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE otp_sessions s SET consumed_at = masuk.moment()
   WHERE s.id = p_code AND num_nonnulls(s.consumed_at, s.replaced_at, s.failed_at) = 0;
END $$;

-- A wrong guess counts against the code there, too: that release asks no more than the code itself whether it was guessed at
-- often enough.
CREATE FUNCTION masuk.count_legacy_guess(p_code uuid, p_known boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE otp_sessions s
     SET attempts = least(10, s.attempts + (NOT p_known)::int),
         known_attempts = least(10, s.known_attempts + p_known::int)
   WHERE s.id = p_code;
END $$;

-- Forgets codes a day after their end, as that release did, the oldest first: their ids grow with time.
CREATE FUNCTION masuk.forget_legacy_codes(p_rows int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM otp_sessions s
   WHERE s.id = ANY (ARRAY(SELECT o.id FROM otp_sessions o ORDER BY o.id LIMIT p_rows FOR UPDATE SKIP LOCKED))
     AND s.expires_at < masuk.moment() - interval '1 day';
END $$;

CREATE FUNCTION masuk.show_legacy_code(p_code uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE otp_sessions s SET verified_at = coalesce(s.verified_at, masuk.moment()) WHERE s.id = p_code;
END $$;
