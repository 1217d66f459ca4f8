/**
 * The statements of the release before that make, pay for, show and use up codes and exchange refresh tokens, as they were:
 * what its instances send to a database that has been migrated under them.
 */

export const ISSUE = `
  WITH account AS (
  SELECT id, full_name, email, coalesce(id = :device_user::uuid AND devices_valid_from <= :device_issued::timestamptz, false) AS known
    FROM users WHERE phone = :phone::text AND is_active),
  caller AS (
    SELECT coalesce((SELECT known FROM account), false) AS known, (SELECT coalesce(sum(o.failures), 0)::int FROM otp_budgets o
    WHERE o.phone = :phone::text AND o.purpose <> :purpose::text
      AND o.updated_at > coalesce((SELECT max(s.succeeded_at) FROM otp_budgets s WHERE s.phone = :phone::text), '-infinity')) AS elsewhere
     WHERE :conceal::boolean OR EXISTS (SELECT 1 FROM account)
  ),
  gate AS (
    INSERT INTO otp_budgets AS b (phone, purpose, sends, known_sends,
                                  current_session_id, current_issued_at, current_expires_at, current_resend_at)
    SELECT :phone::text, :purpose::text,
           CASE WHEN known THEN '{}' ELSE ARRAY[now()] END, CASE WHEN known THEN ARRAY[now()] ELSE '{}' END,
           :otp_session_id::uuid, now(), now() + :ttl::int * interval '1 second',
           now() + (:cooldowns::int[])[1] * interval '1 second'
      FROM caller
    ON CONFLICT (phone, purpose) DO UPDATE SET
      (sends, known_sends, failed_sends, current_session_id, current_issued_at, current_expires_at, current_resend_at, updated_at) = (
        SELECT CASE WHEN d.send AND NOT d.known THEN d.sends || d.at ELSE d.sends END,
               CASE WHEN d.send AND d.known THEN d.known_sends || d.at ELSE d.known_sends END,
               d.failed_sends,
               CASE WHEN d.send THEN excluded.current_session_id ELSE b.current_session_id END,
               CASE WHEN d.send THEN d.at ELSE b.current_issued_at END,
               CASE WHEN d.send THEN excluded.current_expires_at ELSE b.current_expires_at END,
               CASE WHEN d.send
                    THEN now() + (:cooldowns::int[])[least(d.in_hour + 1, cardinality(:cooldowns::int[]))] * interval '1 second'
                    ELSE b.current_resend_at END,
               now()
          FROM (
            SELECT r.*, NOT r.cooling AND r.in_hour < :per_hour::int AND cardinality(r.lane) < :per_day::int
                        AND cardinality(r.failed_sends) < :failed_allowed::int AND NOT r.locked AS send
              FROM (
                SELECT l.*, greatest(now(), (l.lane)[cardinality(l.lane)]) AS at, cardinality(l.lane) - coalesce(width_bucket(now() - interval '1 hour', l.lane), 0) AS in_hour, coalesce(b.current_expires_at > now() AND b.current_resend_at > now()
    AND cardinality(CASE WHEN l.known THEN b.known_guesses ELSE b.guesses END) - coalesce(width_bucket(b.current_issued_at, CASE WHEN l.known THEN b.known_guesses ELSE b.guesses END), 0) < :max_attempts::int, false) AS cooling,
                       cardinality(CASE WHEN l.known THEN b.known_guesses ELSE b.guesses END) - coalesce(width_bucket(now() - ((ARRAY[15, 30, 60])[CASE WHEN CASE WHEN l.known THEN b.known_failures ELSE b.failures END % :budget::int = 0 THEN greatest(1, least(3, CASE WHEN l.known THEN b.known_failures ELSE b.failures END / :budget::int)) ELSE 1 END] * interval '1 minute'), CASE WHEN l.known THEN b.known_guesses ELSE b.guesses END), 0) >= :budget::int
                         OR NOT l.known AND b.failures + (SELECT elsewhere FROM caller) >= 100 AS locked
                  FROM (
                    SELECT w.*, CASE WHEN w.known THEN w.known_sends ELSE w.sends END AS lane
                      FROM (
                        SELECT cardinality(excluded.known_sends) = 1 AS known,
                               (b.sends)[width_bucket(now() - interval '1 day', b.sends) + 1:] AS sends,
                               (b.known_sends)[width_bucket(now() - interval '1 day', b.known_sends) + 1:] AS known_sends,
                               (b.failed_sends)[width_bucket(now() - interval '10 minutes', b.failed_sends) + 1:] AS failed_sends
                        OFFSET 0
                      ) w
                  ) l
                OFFSET 0
              ) r
            OFFSET 0
          ) d
      )
    RETURNING b.current_session_id, b.current_issued_at, b.current_expires_at, b.current_resend_at,
              b.sends, b.known_sends, b.failed_sends, b.guesses, b.known_guesses, b.failures, b.known_failures, coalesce(b.current_expires_at > now() AND b.current_resend_at > now()
    AND cardinality(CASE WHEN (SELECT known FROM caller) THEN b.known_guesses ELSE b.guesses END) - coalesce(width_bucket(b.current_issued_at, CASE WHEN (SELECT known FROM caller) THEN b.known_guesses ELSE b.guesses END), 0) < :max_attempts::int, false) AS cooling
  ),
  replaced AS (
    UPDATE otp_sessions s SET replaced_at = now() FROM gate
     WHERE gate.current_session_id = :otp_session_id::uuid AND s.phone = :phone::text AND s.purpose = :purpose::text
       AND s.consumed_at IS NULL AND s.replaced_at IS NULL AND s.failed_at IS NULL
    RETURNING s.id
  ),
  withdrawn AS (
  UPDATE messages SET expires_at = now() FROM replaced w
   WHERE messages.id = w.id AND (messages.claimed_until IS NOT NULL OR messages.sealed_content IS NOT NULL)),
  issued AS (
    INSERT INTO otp_sessions (id, phone, purpose, user_id, code_hash, client_address, expires_at)
    SELECT gate.current_session_id, :phone::text, :purpose::text, (SELECT id FROM account), :code_hash::bytea,
           :address::text, gate.current_expires_at
      FROM gate, (SELECT count(*) FROM replaced) AS ended
     WHERE gate.current_session_id = :otp_session_id::uuid
    RETURNING id, user_id, expires_at
  ),
  outgoing AS (SELECT issued.id, issued.expires_at, issued.user_id, account.full_name FROM issued LEFT JOIN account ON true),
  queued AS (
  INSERT INTO messages (id, purpose, recipient, recipient_name, user_id, sealed_content, state, claimed_until, expires_at, otp_session_id)
  SELECT q.id, :purpose::text, :phone::text, q.full_name, q.user_id, CASE WHEN q.user_id IS NULL THEN NULL ELSE :sealed_content::bytea END,
         CASE WHEN q.user_id IS NULL THEN 'SUPPRESSED' ELSE 'PENDING' END::message_state,
         CASE WHEN q.user_id IS NULL THEN NULL ELSE now() + :claim_seconds::int * interval '1 second' END,
         q.expires_at, q.id
    FROM outgoing q),
  recorded AS (INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail)
     SELECT :audit_id::uuid, 'otp.requested', 'success', user_id, id, :address::text, :request_id::text, jsonb_build_object('purpose', :purpose::text)
       FROM issued)
  SELECT gate.*, now() AS now, caller.known, NOT caller.known AND gate.failures + caller.elsewhere >= 100 AS closed,
         account.id AS user_id, account.full_name, account.email,
         CASE WHEN gate.current_session_id <> :otp_session_id::uuid THEN (SELECT provider FROM messages WHERE messages.id = gate.current_session_id) END AS provider
    FROM gate CROSS JOIN caller LEFT JOIN account ON true`;

export const CHARGE = `
  WITH caller AS (
    SELECT coalesce((SELECT known FROM (
  SELECT id, full_name, email, coalesce(id = :device_user::uuid AND devices_valid_from <= :device_issued::timestamptz, false) AS known
    FROM users WHERE phone = :phone::text AND is_active) a WHERE :device_user::uuid IS NOT NULL), false) AS known,
           (SELECT coalesce(sum(o.failures), 0)::int FROM otp_budgets o
    WHERE o.phone = :phone::text AND o.purpose <> :purpose::text
      AND o.updated_at > coalesce((SELECT max(s.succeeded_at) FROM otp_budgets s WHERE s.phone = :phone::text), '-infinity')) AS elsewhere
  ),
  charged AS (
    INSERT INTO otp_budgets AS b (phone, purpose, guesses, known_guesses, failures, known_failures)
    SELECT :phone::text, :purpose::text, CASE WHEN known THEN '{}' ELSE ARRAY[now()] END, CASE WHEN known THEN ARRAY[now()] ELSE '{}' END,
           (NOT known)::int, known::int
      FROM caller WHERE known OR elsewhere < 100
    ON CONFLICT (phone, purpose) DO UPDATE SET
      guesses = CASE WHEN cardinality(excluded.guesses) = 1 THEN (b.guesses)[width_bucket(now() - interval '1 hour', b.guesses) + 1:] || greatest(now(), (b.guesses)[cardinality(b.guesses)]) ELSE b.guesses END,
      known_guesses = CASE WHEN cardinality(excluded.known_guesses) = 1 THEN (b.known_guesses)[width_bucket(now() - interval '1 hour', b.known_guesses) + 1:] || greatest(now(), (b.known_guesses)[cardinality(b.known_guesses)]) ELSE b.known_guesses END,
      failures = b.failures + excluded.failures, known_failures = b.known_failures + excluded.known_failures,
      updated_at = now()
    WHERE cardinality(CASE WHEN excluded.known_failures = 1 THEN b.known_guesses ELSE b.guesses END) - coalesce(width_bucket(now() - ((ARRAY[15, 30, 60])[CASE WHEN CASE WHEN excluded.known_failures = 1 THEN b.known_failures ELSE b.failures END % :budget::int = 0 THEN greatest(1, least(3, CASE WHEN excluded.known_failures = 1 THEN b.known_failures ELSE b.failures END / :budget::int)) ELSE 1 END] * interval '1 minute'), CASE WHEN excluded.known_failures = 1 THEN b.known_guesses ELSE b.guesses END), 0) < :budget::int
      AND (excluded.known_failures = 1 OR b.failures + (SELECT elsewhere FROM caller) < 100)
    RETURNING b.current_session_id, b.current_issued_at, CASE WHEN (SELECT known FROM caller) THEN b.known_guesses ELSE b.guesses END AS guesses,
              ((ARRAY[15, 30, 60])[CASE WHEN CASE WHEN (SELECT known FROM caller) THEN b.known_failures ELSE b.failures END % :budget::int = 0 THEN greatest(1, least(3, CASE WHEN (SELECT known FROM caller) THEN b.known_failures ELSE b.failures END / :budget::int)) ELSE 1 END] * interval '1 minute') AS guess_window
  ),
  counted AS (
    UPDATE otp_sessions s SET attempts = s.attempts + (NOT caller.known)::int, known_attempts = s.known_attempts + caller.known::int
      FROM caller
     WHERE s.id = (SELECT current_session_id FROM charged)
       AND CASE WHEN caller.known THEN s.known_attempts ELSE s.attempts END < :max_attempts::int
       AND num_nonnulls(s.consumed_at, s.replaced_at, s.failed_at) = 0 AND s.expires_at > now()
    RETURNING s.id, s.user_id
  )
  SELECT (SELECT id FROM counted) AS otp_session_id, (SELECT user_id FROM counted) AS user_id, (SELECT known FROM caller) AS known,
         cardinality(charged.guesses) - coalesce(width_bucket(now() - charged.guess_window, charged.guesses), 0) AS used,
         cardinality(charged.guesses) - coalesce(width_bucket(charged.current_issued_at, charged.guesses), 0) AS used_since_issue
    FROM charged`;

export const CONFIRM = `
  WITH shown AS (
     UPDATE otp_sessions SET attempts = greatest(attempts - (NOT :known::boolean)::int, 0),
            known_attempts = greatest(known_attempts - :known::boolean::int, 0),
            verified_at = CASE WHEN :mark::boolean THEN coalesce(verified_at, now()) ELSE verified_at END
       FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
      WHERE id = :otp_session_id::uuid AND code_hash = ANY (:code_hashes::bytea[]) AND user_id IS NOT NULL
        AND num_nonnulls(otp_sessions.consumed_at, otp_sessions.replaced_at, otp_sessions.failed_at) = 0 AND expires_at > now()
     RETURNING otp_sessions.id, user_id, phone, purpose, verified_at
   ), guess_given_back AS (
     UPDATE otp_budgets b SET guesses = CASE WHEN :known::boolean THEN b.guesses ELSE (b.guesses)[1 : (cardinality(b.guesses) - 1)] END,
            known_guesses = CASE WHEN :known::boolean THEN (b.known_guesses)[1 : (cardinality(b.known_guesses) - 1)] ELSE b.known_guesses END,
            failures = greatest(0, b.failures - (NOT :known::boolean)::int), known_failures = greatest(0, b.known_failures - (:known::boolean)::int), updated_at = now()
       FROM shown WHERE b.phone = shown.phone AND b.purpose = shown.purpose
   )
   SELECT id AS otp_session_id, user_id, verified_at IS NOT NULL AS verified FROM shown`;

export const CONSUME = `
  WITH 
  won AS (
    UPDATE otp_sessions SET consumed_at = now()
      FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
     WHERE id = :otp_session_id::uuid AND code_hash = ANY (:code_hashes::bytea[])
       AND num_nonnulls(otp_sessions.consumed_at, otp_sessions.replaced_at, otp_sessions.failed_at) = 0 AND expires_at > now()
    RETURNING otp_sessions.id, user_id, phone, purpose, client_address
  ), budget_given_back AS (
    UPDATE otp_budgets b SET guesses = '{}', known_guesses = '{}', known_failures = 0, succeeded_at = now(),
           failures = CASE WHEN :known::boolean AND b.failures >= 100 THEN b.failures ELSE 0 END, updated_at = now(),
           current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
      FROM won WHERE b.phone = won.phone AND b.purpose = won.purpose
  ), message_withdrawn AS (
  UPDATE messages SET expires_at = now() FROM won w
   WHERE messages.id = w.id AND (messages.claimed_until IS NOT NULL OR messages.sealed_content IS NOT NULL)) SELECT user_id, client_address FROM won`;

export const CLOSE_UNSENT = `
  WITH closed AS (
     UPDATE otp_sessions SET failed_at = now()
       FROM (SELECT 1 FROM otp_budgets WHERE phone = :phone::text AND purpose = :purpose::text FOR UPDATE) AS gate
      WHERE id = :otp_session_id::uuid AND num_nonnulls(otp_sessions.consumed_at, otp_sessions.replaced_at, otp_sessions.failed_at) = 0
     RETURNING otp_sessions.id, phone, purpose
   )
   UPDATE otp_budgets b SET sends = array_remove(b.sends, b.current_issued_at), known_sends = array_remove(b.known_sends, b.current_issued_at),
          failed_sends = (b.failed_sends)[width_bucket(now() - interval '10 minutes', b.failed_sends) + 1:] || greatest(now(), (b.failed_sends)[cardinality(b.failed_sends)]), updated_at = now(),
          current_session_id = NULL, current_issued_at = NULL, current_expires_at = NULL, current_resend_at = NULL
     FROM closed WHERE b.phone = closed.phone AND b.purpose = closed.purpose AND b.current_session_id = closed.id`;

export const EXCHANGE = `
  WITH held AS (
     SELECT id, user_id, revoked_at, idle_expires_at, expires_at FROM login_sessions
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = :presented_hash::bytea) FOR NO KEY UPDATE
   ),
   presented AS (
     SELECT t.token_hash, t.session_id, t.used_at, t.successor_used_at, t.sealed_successor
       FROM (SELECT count(*) FROM held) AS after_held, refresh_tokens t WHERE t.token_hash = :presented_hash::bytea FOR UPDATE OF t
   ),
   living AS (
     SELECT id, user_id FROM held WHERE revoked_at IS NULL AND idle_expires_at > now() AND expires_at > now()
   ),
   account AS (
  SELECT users.id, users.email, users.username, users.phone, users.full_name, users.role FROM users JOIN living ON living.user_id = users.id WHERE users.is_active),
   judged AS (
     SELECT p.*, CASE WHEN NOT EXISTS (SELECT 1 FROM account) THEN 'dead'
                      WHEN p.used_at IS NULL THEN 'fresh'
                      WHEN p.used_at > now() - interval '30 seconds' AND p.successor_used_at IS NULL THEN 'repeated'
                      ELSE 'theft' END AS verdict
       FROM presented p
   ),
   used AS (
     UPDATE refresh_tokens t SET used_at = now(), successor_hash = :successor_hash::bytea, sealed_successor = :sealed_successor::bytea
       FROM judged j WHERE j.verdict = 'fresh' AND t.token_hash = j.token_hash AND t.used_at IS NULL
     RETURNING t.session_id
   ),
   successor AS (
     INSERT INTO refresh_tokens (token_hash, session_id) SELECT :successor_hash::bytea, session_id FROM used
   ),
   predecessor AS (
     UPDATE refresh_tokens t SET successor_used_at = now(), sealed_successor = NULL
       FROM used WHERE t.successor_hash = :presented_hash::bytea
   ),
   touched AS (
     UPDATE login_sessions s SET last_used_at = now(), idle_expires_at = least(now() + :idle_seconds::int * interval '1 second', s.expires_at)
       FROM used WHERE s.id = used.session_id AND s.revoked_at IS NULL
     RETURNING s.id
   ),
   ended AS (
     UPDATE login_sessions s SET revoked_at = now(), revoked_reason = 'refresh_token_reuse'
       FROM judged j WHERE j.verdict = 'theft' AND s.id = j.session_id AND s.revoked_at IS NULL
     RETURNING s.id, s.user_id
   ),
   recorded AS (INSERT INTO audit_events (id, type, outcome, user_id, subject_id, address, request_id, detail)
     SELECT :audit_id::uuid, 'session.refresh_reuse', 'failure', ended.user_id, ended.id, :address::text, :request_id::text, NULL
       FROM ended)
   SELECT CASE WHEN j.verdict = 'fresh' AND NOT EXISTS (SELECT 1 FROM touched) THEN 'dead' ELSE j.verdict END AS verdict,
          j.session_id, j.sealed_successor, account.*
     FROM judged j LEFT JOIN account ON true`;
