-- Budgets are arrays of instants, oldest first. Each window is defined once, here, and so is each cap that is not a setting.

-- The instants that are younger than `p_since`.
CREATE FUNCTION masuk.recent(p_instants timestamptz[], p_since timestamptz) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE
RETURN p_instants[width_bucket(p_since, p_instants) + 1 :];

-- The instants and one more: `p_now`, but never older than the last, so that the array stays in order.
CREATE FUNCTION masuk.with_instant(p_instants timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE
RETURN p_instants || greatest(p_now, p_instants[cardinality(p_instants)]);

-- Two arrays of instants as one, oldest first.
CREATE FUNCTION masuk.in_order(p_instants timestamptz[], p_others timestamptz[]) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN cardinality(p_others) = 0 THEN p_instants
  ELSE ARRAY(SELECT i FROM unnest(p_instants || p_others) i ORDER BY i)
END;

-- Seconds until a window of length `p_span` has room for one more of `p_allowed`; 0 when it has room now.
CREATE FUNCTION masuk.seconds_until_room(p_instants timestamptz[], p_allowed int, p_span interval, p_now timestamptz)
RETURNS float8 LANGUAGE sql STABLE
RETURN greatest(0, coalesce(extract(epoch FROM p_instants[cardinality(p_instants) - p_allowed + 1] + p_span - p_now), 0));

-- Sends are counted in an hour and in a day. No window of this file is longer than the day.
CREATE FUNCTION masuk.sends_of_hour(p_sends timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql STABLE
RETURN masuk.recent(p_sends, p_now - interval '1 hour');

CREATE FUNCTION masuk.sends_of_day(p_sends timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql STABLE
RETURN masuk.recent(p_sends, p_now - interval '1 day');

-- Seconds until the hour and the day have room for one more send.
CREATE FUNCTION masuk.seconds_until_send(p_sends timestamptz[], p_per_hour int, p_per_day int, p_now timestamptz)
RETURNS float8 LANGUAGE sql STABLE
RETURN greatest(
  masuk.seconds_until_room(p_sends, p_per_hour, interval '1 hour', p_now),
  masuk.seconds_until_room(p_sends, p_per_day, interval '1 day', p_now)
);

-- How long the newest of `p_sends` keeps the next one away: each send of the hour makes it longer.
CREATE FUNCTION masuk.cooldown(p_sends timestamptz[], p_cooldowns int[], p_now timestamptz) RETURNS interval LANGUAGE sql STABLE
RETURN interval '1 second' * p_cooldowns[least(cardinality(masuk.sends_of_hour(p_sends, p_now)), cardinality(p_cooldowns))];

-- Sends that failed for certain start no cooldown and use up no allowance, but ten in ten minutes are enough.
CREATE FUNCTION masuk.recent_failed_sends(p_failed timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql STABLE
RETURN masuk.recent(p_failed, p_now - interval '10 minutes');

CREATE FUNCTION masuk.seconds_until_retry(p_failed timestamptz[], p_now timestamptz) RETURNS float8 LANGUAGE sql STABLE
RETURN masuk.seconds_until_room(p_failed, 10, interval '10 minutes', p_now);

-- How long a guess counts, by the wrong guesses in a row: 15 minutes; 30 when they would have used a budget up twice, an hour
-- from three times on.
CREATE FUNCTION masuk.guess_window(p_failures int, p_budget int) RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '1 minute' * (ARRAY[15, 30, 60])[greatest(1, least(3, p_failures / p_budget))];

-- The guesses that the longest window looks at.
CREATE FUNCTION masuk.recent_guesses(p_guesses timestamptz[], p_now timestamptz) RETURNS timestamptz[] LANGUAGE sql STABLE
RETURN masuk.recent(p_guesses, p_now - masuk.guess_window(3, 1));

CREATE FUNCTION masuk.seconds_until_guess(p_guesses timestamptz[], p_failures int, p_budget int, p_now timestamptz)
RETURNS float8 LANGUAGE sql STABLE
RETURN masuk.seconds_until_room(p_guesses, p_budget, masuk.guess_window(p_failures, p_budget), p_now);

-- How many guesses the window has room for; below 0 where it holds more than the budget.
CREATE FUNCTION masuk.guesses_left(p_guesses timestamptz[], p_failures int, p_budget int, p_now timestamptz)
RETURNS int LANGUAGE sql STABLE
RETURN p_budget - cardinality(masuk.recent(p_guesses, p_now - masuk.guess_window(p_failures, p_budget)));

-- Wrong guesses in a row, by unknown devices, that close a number to them (NIST SP 800-63B-4 section 3.2.2).
CREATE FUNCTION masuk.closing_failures() RETURNS int LANGUAGE sql IMMUTABLE
RETURN 100;

-- Seconds for which the active code keeps the next one away; 0: not at all. A code whose guesses the lane has used up does not.
CREATE FUNCTION masuk.seconds_until_resend(p_row otp_codes, p_guesses timestamptz[], p_max_attempts int, p_now timestamptz)
RETURNS float8 LANGUAGE sql STABLE
RETURN CASE
  WHEN (p_row).current_expires_at > p_now AND (p_row).current_resend_at > p_now
       AND cardinality(masuk.recent(p_guesses, (p_row).current_issued_at)) < p_max_attempts
  THEN extract(epoch FROM (p_row).current_resend_at - p_now)
  ELSE 0
END;

-- When somebody who is kept out of a closed number is asked to try again: only its owner or an admin opens it.
CREATE FUNCTION masuk.seconds_closed() RETURNS int LANGUAGE sql IMMUTABLE
RETURN 3600;

-- What all who may send codes to a number have together: the service, for callers without a known device, and every API key.
-- Twice what one of them has, so that none can use up what another needs.
CREATE FUNCTION masuk.together(p_allowed int) RETURNS int LANGUAGE sql IMMUTABLE
RETURN 2 * p_allowed;

-- Seconds until the service may send one more code to a caller without a known device: `p_sends` are its own, over all purposes,
-- `p_by_keys` those of all keys.
CREATE FUNCTION masuk.seconds_until_stranger_send(
  p_sends timestamptz[], p_by_keys timestamptz[], p_per_hour int, p_per_day int, p_now timestamptz
) RETURNS float8 LANGUAGE sql STABLE
RETURN greatest(
  masuk.seconds_until_send(p_sends, p_per_hour, p_per_day, p_now),
  masuk.seconds_until_send(masuk.in_order(p_sends, p_by_keys), masuk.together(p_per_hour), masuk.together(p_per_day), p_now)
);

-- Until when a budget's row must have been written to be kept: an hour longer than the longest window.
CREATE FUNCTION masuk.budgets_kept_since(p_now timestamptz) RETURNS timestamptz LANGUAGE sql STABLE
RETURN p_now - interval '25 hours';
