-- The limits of codes for other applications. Such a code belongs to the API key that sent it, its owner; the nil UUID means
-- admins. A number has one row of `verification_phones`: beside each instant it keeps the owner, so that the row
-- decides for each key and for all of them together.

-- Takes the number's turn: locks its row, which is made where there is none. Nobody else's number waits for it.
CREATE FUNCTION masuk.hold_verifications(p_phone text) RETURNS verification_phones LANGUAGE plpgsql AS $$
DECLARE
  v_number verification_phones;
BEGIN
  LOOP
    SELECT * INTO v_number FROM verification_phones n WHERE n.phone = p_phone FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
    INSERT INTO verification_phones (phone, updated_at) VALUES (p_phone, masuk.moment())
    ON CONFLICT DO NOTHING RETURNING * INTO v_number;
    EXIT WHEN FOUND;
    -- Somebody else made it meanwhile.
  END LOOP;
  RETURN v_number;
END $$;

-- The instants that one owner has there.
CREATE FUNCTION masuk.instants_of(p_instants timestamptz[], p_owners uuid[], p_owner uuid) RETURNS timestamptz[]
LANGUAGE sql IMMUTABLE
RETURN ARRAY(SELECT i.at FROM unnest(p_instants, p_owners) i (at, owner) WHERE i.owner = p_owner ORDER BY i.at);

-- What is left to be counted: sends of the last day, and guesses and failed sends of their longest windows.
CREATE FUNCTION masuk.without_old_instants(p_number verification_phones, p_now timestamptz) RETURNS verification_phones
LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_sends CONSTANT timestamptz[] := masuk.sends_of_day(p_number.sends, p_now);
  v_guesses CONSTANT timestamptz[] := masuk.recent_guesses(p_number.guesses, p_now);
BEGIN
  -- Each owner has the position of its instant: as many are left out at the front.
  p_number.send_owners := p_number.send_owners[cardinality(p_number.sends) - cardinality(v_sends) + 1 :];
  p_number.guess_owners := p_number.guess_owners[cardinality(p_number.guesses) - cardinality(v_guesses) + 1 :];
  p_number.sends := v_sends;
  p_number.guesses := v_guesses;
  p_number.failed_sends := masuk.recent_failed_sends(p_number.failed_sends, p_now);
  RETURN p_number;
END $$;

-- Seconds until a key may guess at its code: its own budget and that of all keys together must have room. The wrong guesses of
-- the last hour say how long one counts.
CREATE FUNCTION masuk.seconds_until_verification_guess(
  p_number verification_phones, p_owner uuid, p_budget int, p_now timestamptz
) RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_all CONSTANT timestamptz[] := p_number.guesses;
  v_own CONSTANT timestamptz[] := masuk.instants_of(p_number.guesses, p_number.guess_owners, p_owner);
BEGIN
  RETURN greatest(
    masuk.seconds_until_guess(v_own, cardinality(v_own), p_budget, p_now),
    masuk.seconds_until_guess(v_all, cardinality(v_all), masuk.together(p_budget), p_now)
  );
END $$;

-- How many guesses these budgets leave a key.
CREATE FUNCTION masuk.verification_guesses_left(p_number verification_phones, p_owner uuid, p_budget int, p_now timestamptz)
RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_all CONSTANT timestamptz[] := p_number.guesses;
  v_own CONSTANT timestamptz[] := masuk.instants_of(p_number.guesses, p_number.guess_owners, p_owner);
BEGIN
  RETURN greatest(0, least(
    masuk.guesses_left(v_own, cardinality(v_own), p_budget, p_now),
    masuk.guesses_left(v_all, cardinality(v_all), masuk.together(p_budget), p_now)
  ));
END $$;

-- Seconds until a key may send the next code to the number. `p_by_service`: what the service itself has sent to it.
CREATE FUNCTION masuk.seconds_until_verification(
  p_number verification_phones, p_owner uuid, p_by_service timestamptz[],
  p_per_hour int, p_per_day int, p_cooldowns int[], p_budget int, p_now timestamptz
) RETURNS float8 LANGUAGE plpgsql STABLE AS $$
DECLARE
  v_own CONSTANT timestamptz[] := masuk.instants_of(p_number.sends, p_number.send_owners, p_owner);
  v_all CONSTANT timestamptz[] := masuk.in_order(p_number.sends, p_by_service);
BEGIN
  RETURN greatest(
    0,
    extract(epoch FROM v_own[cardinality(v_own)] + masuk.cooldown(v_own, p_cooldowns, p_now) - p_now),
    masuk.seconds_until_send(v_own, p_per_hour, p_per_day, p_now),
    masuk.seconds_until_send(v_all, masuk.together(p_per_hour), masuk.together(p_per_day), p_now),
    masuk.seconds_until_retry(p_number.failed_sends, p_now),
    -- A code that nobody may guess at is not sent either.
    masuk.seconds_until_verification_guess(p_number, p_owner, p_budget, p_now)
  );
END $$;

-- What all keys have sent to a number in the last day, for the service's own limits. The caller holds the number's gate, which
-- every send takes first.
CREATE FUNCTION masuk.sends_by_keys(p_phone text, p_now timestamptz) RETURNS timestamptz[] LANGUAGE plpgsql AS $$
DECLARE
  v_sends timestamptz[];
BEGIN
  SELECT masuk.sends_of_day(n.sends, p_now) INTO v_sends FROM verification_phones n WHERE n.phone = p_phone;
  RETURN coalesce(v_sends, '{}');
END $$;
