-- The active account that a code is for; no row where there is none. `email` is null where no message may go there. `known` says
-- whether the caller's device, out of a checked device token, is a known one of it: by a token that has neither expired nor been
-- ended by 50 wrong guesses, as one that may be stolen.

-- Of the account that has the number.
CREATE FUNCTION masuk.account_with_number(
  p_phone text, p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval
)
RETURNS TABLE (id uuid, full_name text, email text, known boolean) LANGUAGE sql STABLE AS $$
  SELECT u.id, u.full_name, CASE WHEN NOT u.email_claimed AND NOT u.phone_claimed THEN u.email END,
         coalesce(u.id = p_device_user AND u.devices_valid_from <= p_device_issued AND NOT u.phone_claimed
                    AND p_device_issued > masuk.moment() - p_device_life
                    AND NOT EXISTS (SELECT 1 FROM device_guesses d
                                     WHERE d.device_id = p_device_id AND d.issued_at = p_device_issued AND d.guesses >= 50), false)
    FROM users u WHERE u.phone = p_phone AND u.is_active;
$$;

-- Of the account that has the number, if this is its name: compared without case, double spaces and the shape of
-- apostrophes, which phones change by themselves (Ma'ruf, Nu’man). `p_name` comes in NFC and with single spaces.
CREATE FUNCTION masuk.account_with_number_and_name(
  p_phone text, p_name text, p_device_user uuid, p_device_id uuid, p_device_issued timestamptz, p_device_life interval
)
RETURNS TABLE (id uuid, full_name text, email text, known boolean) LANGUAGE sql STABLE AS $$
  SELECT a.* FROM masuk.account_with_number(p_phone, p_device_user, p_device_id, p_device_issued, p_device_life) a
   WHERE masuk.comparable_name(regexp_replace(normalize(a.full_name, NFC), '\s+', ' ', 'g')) = masuk.comparable_name(p_name);
$$;

-- Of an account that wants the number, which nobody has yet.
CREATE FUNCTION masuk.account_wanting_number(p_phone text, p_account uuid)
RETURNS TABLE (id uuid, full_name text, email text, known boolean) LANGUAGE sql STABLE AS $$
  SELECT u.id, u.full_name, CASE WHEN NOT u.email_claimed AND NOT u.phone_claimed THEN u.email END, false
    FROM users u
   WHERE u.id = p_account AND u.is_active AND NOT EXISTS (SELECT 1 FROM users owner WHERE owner.phone = p_phone);
$$;

-- A name for comparing: typographic apostrophes, accents and primes that are used as an apostrophe count as one.
CREATE FUNCTION masuk.comparable_name(p_name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN lower(btrim(translate(p_name, U&'\2018\2019\02bc\0060\00b4\2032', '''''''''''''')));
