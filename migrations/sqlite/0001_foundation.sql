-- The twin of postgres/0001_foundation.sql: the same columns, STRICT so that a column holds only what its type says.
-- Every row belongs to a realm. Text compares byte for byte.
-- Time is milliseconds since the Unix epoch; lists and objects are JSON in TEXT; a nullable time is a switch that knows when.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE realms (
    id                TEXT NOT NULL PRIMARY KEY,
    issuer            TEXT UNIQUE,
    host              TEXT UNIQUE,
    algorithm         TEXT NOT NULL,
    lockout_threshold INTEGER NOT NULL,
    unlock_after_ms   INTEGER, -- NULL: only an operator unlocks
    max_token_ttl_ms  INTEGER NOT NULL,
    jwks_max_age_ms   INTEGER NOT NULL,
    created_at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE apis (
    realm     TEXT NOT NULL REFERENCES realms (id),
    audience  TEXT NOT NULL,
    scopes    TEXT NOT NULL,
    ttl_ms    INTEGER,
    algorithm TEXT,
    PRIMARY KEY (realm, audience)
) STRICT, WITHOUT ROWID;

CREATE TABLE institutions (
    realm       TEXT NOT NULL REFERENCES realms (id),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    scopes      TEXT, -- NULL: narrows nothing
    claims      TEXT NOT NULL,
    networks    TEXT NOT NULL,
    quota       TEXT,
    disabled_at INTEGER,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (realm, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    realm           TEXT NOT NULL REFERENCES realms (id),
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    institution_id  TEXT,
    auth_method     TEXT NOT NULL,
    grants          TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    requires_mfa_at INTEGER,
    token_ttl_ms    INTEGER,
    disabled_at     INTEGER,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    PRIMARY KEY (realm, id),
    FOREIGN KEY (realm, institution_id) REFERENCES institutions (realm, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    id           TEXT NOT NULL PRIMARY KEY,
    realm        TEXT NOT NULL,
    client_id    TEXT NOT NULL,
    digest       BLOB,
    hash         TEXT,
    version      INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER,
    FOREIGN KEY (realm, client_id) REFERENCES clients (realm, id),
    CHECK ((digest IS NULL) <> (hash IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX secrets_of_client ON secrets (realm, client_id);

CREATE TABLE users (
    realm          TEXT NOT NULL REFERENCES realms (id),
    id             TEXT NOT NULL,
    institution_id TEXT,
    email          TEXT,
    name           TEXT NOT NULL,
    roles          TEXT NOT NULL,
    scopes         TEXT, -- NULL: narrows nothing
    password_hash  TEXT,
    totp_sealed    BLOB,
    totp_last_step INTEGER,
    blocked_at     INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    PRIMARY KEY (realm, id),
    UNIQUE (realm, email),
    FOREIGN KEY (realm, institution_id) REFERENCES institutions (realm, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
    realm        TEXT NOT NULL REFERENCES realms (id),
    kid          TEXT NOT NULL,
    algorithm    TEXT NOT NULL,
    state        TEXT NOT NULL,
    public_jwk   TEXT NOT NULL,
    sealed       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    activated_at INTEGER,
    grace_at     INTEGER,
    retired_at   INTEGER,
    PRIMARY KEY (realm, kid)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX keys_one_active ON keys (realm, algorithm) WHERE state = 'active';

-- No foreign key from here on: these rows are written on the hot path, or outlive what they name.

CREATE TABLE lockouts (
    realm     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    id        TEXT NOT NULL,
    failures  INTEGER NOT NULL,
    last_at   INTEGER NOT NULL,
    locked_at INTEGER,
    PRIMARY KEY (realm, kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    digest     BLOB NOT NULL PRIMARY KEY,
    realm      TEXT NOT NULL,
    client_id  TEXT NOT NULL,
    user_id    TEXT,
    scopes     TEXT NOT NULL,
    audience   TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    pending_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE audit (
    seq            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at             INTEGER NOT NULL,
    realm          TEXT,
    event          TEXT NOT NULL,
    actor          TEXT NOT NULL,
    client_id      TEXT,
    user_id        TEXT,
    institution_id TEXT,
    secret_id      TEXT,
    key_id         TEXT,
    request_id     TEXT,
    ip             TEXT,
    dialect        TEXT,
    reason         TEXT,
    detail         TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE changes (
    seq   INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at    INTEGER NOT NULL,
    realm TEXT,
    kind  TEXT NOT NULL,
    id    TEXT
) STRICT;
