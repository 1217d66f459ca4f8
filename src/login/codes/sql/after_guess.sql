-- What follows from a judged guess. The caller holds the number.

-- Whether a typed code is the one that a hash was stored of. The hash is bound to the code's challenge: SHA-256 over the
-- challenge's id and the MAC of the code, an HMAC under a key outside the database. The release before stored another form.
CREATE FUNCTION masuk.hash_fits(p_hash bytea, p_code uuid, p_guess_macs bytea[], p_legacy boolean, p_legacy_hashes bytea[])
RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF p_legacy THEN RETURN p_hash = ANY (p_legacy_hashes); END IF;
  RETURN EXISTS (SELECT 1 FROM unnest(p_guess_macs) mac WHERE p_hash = sha256(uuid_send(p_code) || mac));
END $$;

-- Pays for a guess. Those that came with one device token also count against it for as long as it lives, so that a stolen one
-- has so many guesses in all.
CREATE FUNCTION masuk.pay_guess(
  p_phone text, p_purpose text, p_known boolean, p_device_user uuid, p_device_id uuid, p_device_issued timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
BEGIN
  IF p_known THEN
    INSERT INTO device_guesses AS d (device_id, issued_at, user_id, guesses)
    VALUES (p_device_id, p_device_issued, p_device_user, 1)
    ON CONFLICT (device_id, issued_at) DO UPDATE SET guesses = d.guesses + 1;
    UPDATE otp_codes c
       SET known_guesses = masuk.with_instant(masuk.recent_guesses(c.known_guesses, v_now), v_now),
           known_failures = c.known_failures + 1,
           updated_at = v_now
     WHERE c.phone = p_phone AND c.purpose = p_purpose;
  ELSE
    UPDATE otp_codes c
       SET guesses = masuk.with_instant(masuk.recent_guesses(c.guesses, v_now), v_now),
           failures = c.failures + 1,
           updated_at = v_now
     WHERE c.phone = p_phone AND c.purpose = p_purpose;
  END IF;
END $$;

-- Uses the active code up. The purpose's guesses are given back, and the wrong guesses in a row at all codes of the number are
-- forgotten; but that the number is closed to unknown devices a known one's success does not change.
CREATE FUNCTION masuk.use_code(p_phone text, p_purpose text, p_known boolean, p_legacy_code uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  v_stays_closed CONSTANT boolean := p_known AND masuk.number_is_closed(p_phone);
BEGIN
  IF p_legacy_code IS NOT NULL THEN PERFORM masuk.consume_legacy_code(p_legacy_code); END IF;
  PERFORM masuk.empty_row(p_phone, p_purpose, true, v_stays_closed);
  UPDATE otp_codes c
     SET failures = CASE WHEN v_stays_closed THEN c.failures ELSE 0 END,
         known_failures = 0
   WHERE c.phone = p_phone AND c.purpose <> p_purpose AND c.failures + c.known_failures > 0;
END $$;

-- Notes that the right code was shown. It stays: a later step of the same flow uses it up.
CREATE FUNCTION masuk.show_code(p_phone text, p_purpose text, p_legacy_code uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF p_legacy_code IS NOT NULL THEN PERFORM masuk.show_legacy_code(p_legacy_code); END IF;
  UPDATE otp_codes c
     SET current_verified_at = coalesce(c.current_verified_at, masuk.moment())
   WHERE c.phone = p_phone AND c.purpose = p_purpose;
END $$;
