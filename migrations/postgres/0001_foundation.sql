-- Every row belongs to a realm. Text keys compare byte for byte (COLLATE "C"), so that both databases page in one order.
-- Time is milliseconds since the Unix epoch; lists and objects are JSON in TEXT; a nullable time is a switch that knows when.

CREATE TABLE meta (
    name  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE realms (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    issuer            TEXT UNIQUE,
    host              TEXT UNIQUE,
    algorithm         TEXT NOT NULL,
    lockout_threshold BIGINT NOT NULL,
    unlock_after_ms   BIGINT, -- NULL: only an operator unlocks
    max_token_ttl_ms  BIGINT NOT NULL,
    jwks_max_age_ms   BIGINT NOT NULL,
    created_at        BIGINT NOT NULL
);

CREATE TABLE apis (
    realm     TEXT COLLATE "C" NOT NULL REFERENCES realms (id),
    audience  TEXT COLLATE "C" NOT NULL,
    scopes    TEXT NOT NULL,
    ttl_ms    BIGINT,
    algorithm TEXT,
    PRIMARY KEY (realm, audience)
);

CREATE TABLE institutions (
    realm       TEXT COLLATE "C" NOT NULL REFERENCES realms (id),
    id          TEXT COLLATE "C" NOT NULL,
    name        TEXT NOT NULL,
    scopes      TEXT, -- NULL: narrows nothing
    claims      TEXT NOT NULL,
    networks    TEXT NOT NULL,
    quota       TEXT,
    disabled_at BIGINT,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (realm, id)
);

CREATE TABLE clients (
    realm           TEXT COLLATE "C" NOT NULL REFERENCES realms (id),
    id              TEXT COLLATE "C" NOT NULL,
    name            TEXT NOT NULL,
    institution_id  TEXT COLLATE "C",
    auth_method     TEXT NOT NULL,
    grants          TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    requires_mfa_at BIGINT,
    token_ttl_ms    BIGINT,
    disabled_at     BIGINT,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (realm, id),
    FOREIGN KEY (realm, institution_id) REFERENCES institutions (realm, id)
);

CREATE TABLE secrets (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    realm        TEXT COLLATE "C" NOT NULL,
    client_id    TEXT COLLATE "C" NOT NULL,
    digest       BYTEA,
    hash         TEXT,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT,
    FOREIGN KEY (realm, client_id) REFERENCES clients (realm, id),
    CHECK ((digest IS NULL) <> (hash IS NULL))
);
CREATE INDEX secrets_of_client ON secrets (realm, client_id);

CREATE TABLE users (
    realm          TEXT COLLATE "C" NOT NULL REFERENCES realms (id),
    id             TEXT COLLATE "C" NOT NULL,
    institution_id TEXT COLLATE "C",
    email          TEXT COLLATE "C",
    name           TEXT NOT NULL,
    roles          TEXT NOT NULL,
    scopes         TEXT, -- NULL: narrows nothing
    password_hash  TEXT,
    totp_sealed    BYTEA,
    totp_last_step BIGINT,
    blocked_at     BIGINT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (realm, id),
    UNIQUE (realm, email),
    FOREIGN KEY (realm, institution_id) REFERENCES institutions (realm, id)
);

CREATE TABLE keys (
    realm        TEXT COLLATE "C" NOT NULL REFERENCES realms (id),
    kid          TEXT COLLATE "C" NOT NULL,
    algorithm    TEXT NOT NULL,
    state        TEXT NOT NULL,
    public_jwk   TEXT NOT NULL,
    sealed       BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    activated_at BIGINT,
    grace_at     BIGINT,
    retired_at   BIGINT,
    PRIMARY KEY (realm, kid)
);
CREATE UNIQUE INDEX keys_one_active ON keys (realm, algorithm) WHERE state = 'active';

-- No foreign key from here on: these rows are written on the hot path, or outlive what they name.

CREATE TABLE lockouts (
    realm     TEXT COLLATE "C" NOT NULL,
    kind      TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    failures  BIGINT NOT NULL,
    last_at   BIGINT NOT NULL,
    locked_at BIGINT,
    PRIMARY KEY (realm, kind, id)
);

CREATE TABLE tokens (
    digest     BYTEA NOT NULL PRIMARY KEY,
    realm      TEXT COLLATE "C" NOT NULL,
    client_id  TEXT COLLATE "C" NOT NULL,
    user_id    TEXT COLLATE "C",
    scopes     TEXT NOT NULL,
    audience   TEXT NOT NULL,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    pending_at BIGINT
);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE audit (
    seq            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             BIGINT NOT NULL,
    realm          TEXT COLLATE "C",
    event          TEXT NOT NULL,
    actor          TEXT NOT NULL,
    client_id      TEXT COLLATE "C",
    user_id        TEXT COLLATE "C",
    institution_id TEXT COLLATE "C",
    secret_id      TEXT COLLATE "C",
    key_id         TEXT COLLATE "C",
    request_id     TEXT,
    ip             TEXT,
    dialect        TEXT,
    reason         TEXT,
    detail         TEXT NOT NULL
);
CREATE INDEX audit_by_time ON audit (at);

CREATE TABLE changes (
    seq   BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    BIGINT NOT NULL,
    realm TEXT COLLATE "C",
    kind  TEXT NOT NULL,
    id    TEXT COLLATE "C"
);
