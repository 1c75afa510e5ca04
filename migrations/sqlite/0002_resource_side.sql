-- The twin of postgres/0002_resource_side.sql: what decides whether a token is still good.

-- NULL: a client of its own. Otherwise a single-user client, which always acts for this account.
ALTER TABLE clients ADD COLUMN user_id TEXT;
-- Tokens issued up to this moment are revoked.
ALTER TABLE clients ADD COLUMN not_before INTEGER;
ALTER TABLE users ADD COLUMN not_before INTEGER;
ALTER TABLE institutions ADD COLUMN not_before INTEGER;
-- The clients that serve the API: they may ask about its tokens, and exchange them.
ALTER TABLE apis ADD COLUMN owners TEXT NOT NULL DEFAULT '[]';
-- Of an exchanged token: the client that it is about, and those who act, the newest first.
ALTER TABLE tokens ADD COLUMN subject_client_id TEXT;
ALTER TABLE tokens ADD COLUMN actors TEXT NOT NULL DEFAULT '[]';

-- Tokens revoked one by one, JWT or not, until they would have expired.
CREATE TABLE revoked_tokens (
    realm      TEXT NOT NULL,
    id         TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);
