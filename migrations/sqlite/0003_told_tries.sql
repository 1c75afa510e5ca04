-- A node that remembers a client believes that no wrong tries are counted against it. So the first of a row is told to all.
-- By triggers, because a try is counted for unknown clients too, by the same statements. A try is counted before its secret is
-- hashed slowly, so that a right one is told as well: the nodes forget a little more than they must.

CREATE TRIGGER first_try_told AFTER INSERT ON lockouts WHEN NEW.kind = 'client' AND NEW.failures > 0
BEGIN
    INSERT INTO changes (at, realm, kind, id) VALUES (NEW.last_at, NEW.realm, NEW.kind, NEW.id);
END;

CREATE TRIGGER first_try_again_told AFTER UPDATE OF failures ON lockouts
WHEN NEW.kind = 'client' AND OLD.failures = 0 AND NEW.failures > 0
BEGIN
    INSERT INTO changes (at, realm, kind, id) VALUES (NEW.last_at, NEW.realm, NEW.kind, NEW.id);
END;
