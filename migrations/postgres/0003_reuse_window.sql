-- For how long whoever asks the same again is given the same token; NULL: what the APIs say, and without them not at all.
ALTER TABLE clients ADD COLUMN token_reuse_ms BIGINT;
ALTER TABLE apis ADD COLUMN token_reuse_ms BIGINT;
