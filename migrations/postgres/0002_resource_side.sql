-- What decides whether a token is still good.

-- NULL: a client of its own. Otherwise a single-user client, which always acts for this account.
ALTER TABLE clients ADD COLUMN user_id TEXT COLLATE "C";
-- Tokens issued up to this moment are revoked.
ALTER TABLE clients ADD COLUMN not_before BIGINT;
ALTER TABLE users ADD COLUMN not_before BIGINT;
ALTER TABLE institutions ADD COLUMN not_before BIGINT;
-- The clients that serve the API: they may ask about its tokens, and exchange them.
ALTER TABLE apis ADD COLUMN owners TEXT NOT NULL DEFAULT '[]';
-- Of an exchanged token: the client that it is about, and those who act, the newest first.
ALTER TABLE tokens ADD COLUMN subject_client_id TEXT COLLATE "C";
ALTER TABLE tokens ADD COLUMN actors TEXT NOT NULL DEFAULT '[]';

-- Tokens revoked one by one, JWT or not, until they would have expired.
CREATE TABLE revoked_tokens (
    realm      TEXT COLLATE "C" NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);
