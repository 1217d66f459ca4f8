-- The present moment, for everything that decides about codes, budgets and sessions. All functions take it from here, so
-- that a test can replace this one function and move the time of the whole database. To the millisecond, as it is stored.
CREATE FUNCTION masuk.moment() RETURNS timestamptz LANGUAGE sql STABLE
RETURN date_trunc('milliseconds', now());
