-- The twin of postgres/0004_reuse_window.sql: for how long whoever asks the same again is given the same token; NULL: what the
-- APIs say, and without them not at all.
ALTER TABLE clients ADD COLUMN token_reuse_ms INTEGER;
ALTER TABLE apis ADD COLUMN token_reuse_ms INTEGER;
