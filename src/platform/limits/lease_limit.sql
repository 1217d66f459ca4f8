-- Takes a block of a limit for an instance; see docs/decisions/0014-a-leased-block-ends-by-itself.md. A limit has one row for each subject, which is the lock:
-- any number of instances can take blocks at once, and `used` never passes the cap. `used` includes what blocks hold.
--
-- o_verdict: 'leased'  the instance has the new block, of `o_size`; what was left of its block before it has gone back
--            'full'    the window has no room: nothing was written
--            'busy'    somebody holds the row, and `p_waits` is false: nothing was written
CREATE FUNCTION masuk.lease_limit(
  p_name text, p_subject text, p_cap int, p_seconds int,       -- of the limit: how much in how long a window
  p_growth float8,                                             -- the cap grows by this share of what was verified
  p_block text, p_window timestamptz,                          -- the instance's block: its name, its window, how much of it
  p_reported int, p_left int,                                  -- the row takes for unused, and how much is
  p_next_block text, p_size int, p_held_for interval, p_waits boolean,
  OUT o_verdict text, OUT o_size int, OUT o_used int, OUT o_cap int, OUT o_window timestamptz,
  OUT o_seconds_left float8, OUT o_seconds_to_return float8    -- until the window is over; until somebody else's block ends
) LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  v_now CONSTANT timestamptz := masuk.moment();
  v_window CONSTANT interval := p_seconds * interval '1 second';
  v_row rate_limits;
  v_used int := 0;
  v_others jsonb := '{}';  -- blocks of other instances that have not ended
BEGIN
  -- 1. The row, locked.
  v_row := masuk.hold_limit(p_name, p_subject, p_waits);
  IF v_row.name IS NULL THEN
    o_verdict := 'busy';
    RETURN;
  END IF;
  o_used := v_row.used;
  o_cap := p_cap + floor(p_growth * masuk.proved_in_last_day(v_row, v_now));
  o_window := v_row.window_started_at;

  -- 2. What is truly used of the window. One that is over begins anew, with nothing.
  IF o_window <= v_now - v_window THEN
    o_window := v_now;
  ELSE
    v_others := masuk.blocks_that_run(v_row.leases - p_block, v_now);
    v_used := greatest(0, v_row.used
      -- What others left of blocks that have ended comes back, once: the blocks are forgotten under the same lock.
      - masuk.unused_of(v_row.leases - p_block) + masuk.unused_of(v_others)
      -- So does what is left of the instance's own block. Where somebody has taken that back already, because it had ended, what
      -- was used of it since the last report counts now.
      - CASE
          WHEN v_row.window_started_at <> p_window THEN 0
          WHEN v_row.leases ? p_block THEN p_left
          ELSE p_left - p_reported
        END);
  END IF;

  -- 3. The largest block that has room. One of it is used at once, by whoever asked for it.
  o_size := p_size;
  WHILE o_size > 1 AND v_used + o_size > o_cap LOOP o_size := o_size / 2; END LOOP;
  IF v_used + o_size > o_cap THEN
    o_verdict := 'full';
    o_size := 0;
  ELSE
    o_verdict := 'leased';
    o_used := v_used + o_size;
    UPDATE rate_limits r
       SET used = o_used,
           window_started_at = o_window,
           leases = CASE
             WHEN o_size > 1
             THEN v_others || jsonb_build_object(p_next_block, jsonb_build_object('unused', o_size - 1, 'until', v_now + p_held_for))
             ELSE v_others
           END
     WHERE r.name = p_name AND r.subject = p_subject;
  END IF;
  o_seconds_left := extract(epoch FROM o_window + v_window - v_now);
  o_seconds_to_return := extract(epoch FROM masuk.first_end(v_row.leases - p_block) - v_now);
END $$;

-- One row of a limit, locked. It is made where there is none. NULL: somebody else holds it, and `p_waits` is false.
CREATE FUNCTION masuk.hold_limit(p_name text, p_subject text, p_waits boolean) RETURNS rate_limits LANGUAGE plpgsql AS $$
DECLARE
  v_row rate_limits;
BEGIN
  LOOP
    SELECT * INTO v_row FROM rate_limits r WHERE r.name = p_name AND r.subject = p_subject FOR NO KEY UPDATE SKIP LOCKED;
    EXIT WHEN FOUND;

    -- It is to be made. Nobody can skip the wait for another insertion of the same row: so whoever makes one holds this lock.
    IF NOT EXISTS (SELECT 1 FROM rate_limits r WHERE r.name = p_name AND r.subject = p_subject) THEN
      IF p_waits THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('limit ' || p_name || ' ' || p_subject, 0));
      ELSE
        EXIT WHEN NOT pg_try_advisory_xact_lock(hashtextextended('limit ' || p_name || ' ' || p_subject, 0));
      END IF;
      INSERT INTO rate_limits (name, subject, window_started_at, used) VALUES (p_name, p_subject, masuk.moment(), 0)
      ON CONFLICT DO NOTHING RETURNING * INTO v_row;
      EXIT WHEN FOUND;
    END IF;

    EXIT WHEN NOT p_waits;
    SELECT * INTO v_row FROM rate_limits r WHERE r.name = p_name AND r.subject = p_subject FOR NO KEY UPDATE;
    EXIT WHEN FOUND;
  END LOOP;
  RETURN v_row;
END $$;

-- Uses that were verified in the last day: those of the day that runs, and of the one before as far as it lies within.
CREATE FUNCTION masuk.proved_in_last_day(p_row rate_limits, p_now timestamptz) RETURNS float8 LANGUAGE sql STABLE
RETURN CASE
  WHEN p_row.proved_since > p_now - interval '1 day'
  THEN p_row.proved + p_row.proved_before * (1 - extract(epoch FROM p_now - p_row.proved_since) / 86400)
  WHEN p_row.proved_since > p_now - interval '2 days'
  THEN p_row.proved * (2 - extract(epoch FROM p_now - p_row.proved_since) / 86400)
  ELSE 0
END;

-- A limit's blocks are kept in its row: `{"<name>": {"unused": 4, "until": "<time>"}}`.
CREATE FUNCTION masuk.blocks_that_run(p_blocks jsonb, p_now timestamptz) RETURNS jsonb LANGUAGE sql STABLE
RETURN (SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}')
          FROM jsonb_each(p_blocks) b WHERE (b.value ->> 'until')::timestamptz > p_now);

CREATE FUNCTION masuk.unused_of(p_blocks jsonb) RETURNS int LANGUAGE sql STABLE
RETURN (SELECT coalesce(sum((b.value ->> 'unused')::int), 0)::int FROM jsonb_each(p_blocks) b);

-- When the first block ends that is not used up; null where there is no such block.
CREATE FUNCTION masuk.first_end(p_blocks jsonb) RETURNS timestamptz LANGUAGE sql STABLE
RETURN (SELECT min((b.value ->> 'until')::timestamptz) FROM jsonb_each(p_blocks) b WHERE (b.value ->> 'unused')::int > 0);
