-- A node that remembers a client believes that no wrong tries are counted against it. So the first of a row is told to all.
-- By triggers, because a try is counted for unknown clients too, by the same statements. A try is counted before its secret is
-- hashed slowly, so that a right one is told as well: the nodes forget a little more than they must.

CREATE FUNCTION tell_first_try() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO changes (at, realm, kind, id) VALUES (NEW.last_at, NEW.realm, NEW.kind, NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER first_try_told AFTER INSERT ON lockouts FOR EACH ROW
WHEN (NEW.kind = 'client' AND NEW.failures > 0) EXECUTE FUNCTION tell_first_try();

CREATE TRIGGER first_try_again_told AFTER UPDATE OF failures ON lockouts FOR EACH ROW
WHEN (NEW.kind = 'client' AND OLD.failures = 0 AND NEW.failures > 0) EXECUTE FUNCTION tell_first_try();
