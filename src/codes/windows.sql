-- Budgets are arrays of instants, oldest first. Each window is defined once, here.

-- The instants that are younger than `p_since`.
CREATE FUNCTION masuk.recent(p_instants timestamptz[], p_since timestamptz) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE
RETURN p_instants[width_bucket(p_since, p_instants) + 1 :];

-- The instants and one more: `p_now`, but never older than the last, so that the array stays in order.
CREATE FUNCTION masuk.with_instant(p_instants timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE
RETURN p_instants || greatest(p_now, p_instants[cardinality(p_instants)]);

-- Seconds until a window of length `p_span` has room for one more of `p_allowed`; 0 when it has room now.
CREATE FUNCTION masuk.seconds_until_room(p_instants timestamptz[], p_allowed int, p_span interval, p_now timestamptz)
RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN greatest(0, coalesce(extract(epoch FROM p_instants[cardinality(p_instants) - p_allowed + 1] + p_span - p_now), 0));

-- How long a guess counts, by the wrong guesses in a row at all codes of the number: 15 minutes; 30 when they would have used
-- a budget up twice, an hour from three times on.
CREATE FUNCTION masuk.guess_window(p_failures int, p_budget int) RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '1 minute' * (ARRAY[15, 30, 60])[greatest(1, least(3, p_failures / p_budget))];

-- Wrong guesses in a row, by unknown devices, that close a number to them (NIST SP 800-63B-4 section 3.2.2).
CREATE FUNCTION masuk.closing_failures() RETURNS int LANGUAGE sql IMMUTABLE
RETURN 100;

-- Seconds until a lane, which has had these sends over all purposes, may have another one; 0: now.
CREATE FUNCTION masuk.seconds_until_send(p_sends timestamptz[], p_per_hour int, p_per_day int, p_now timestamptz)
RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN greatest(
  masuk.seconds_until_room(p_sends, p_per_hour, interval '1 hour', p_now),
  masuk.seconds_until_room(p_sends, p_per_day, interval '1 day', p_now)
);

-- Seconds until a number and purpose, whose sends failed for certain at these instants, may be tried again; 0: now.
CREATE FUNCTION masuk.seconds_until_retry(p_failed timestamptz[], p_allowed int, p_now timestamptz)
RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN masuk.seconds_until_room(p_failed, p_allowed, interval '10 minutes', p_now);

-- Seconds until a lane, with these guesses at codes of a purpose, and this many wrong ones in a row at all codes of the number,
-- may guess again; 0: now.
CREATE FUNCTION masuk.seconds_until_guess(p_guesses timestamptz[], p_failures int, p_budget int, p_now timestamptz)
RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN masuk.seconds_until_room(p_guesses, p_budget, masuk.guess_window(p_failures, p_budget), p_now);

-- Seconds for which the living code keeps the next one away; 0: not at all. A code whose guesses the lane has used up does not.
CREATE FUNCTION masuk.seconds_until_resend(p_row otp_codes, p_guesses timestamptz[], p_max_attempts int, p_now timestamptz)
RETURNS float8 LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN (p_row).current_expires_at > p_now AND (p_row).current_resend_at > p_now
       AND cardinality(masuk.recent(p_guesses, (p_row).current_issued_at)) < p_max_attempts
  THEN extract(epoch FROM (p_row).current_resend_at - p_now)
  ELSE 0
END;
