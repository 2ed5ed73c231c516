-- Times are in seconds since 1970, except in aura_auth_limits: milliseconds. The collation "C" does not change with the
-- operating system, so its indexes stay valid.

CREATE TABLE IF NOT EXISTS aura_auth_migrations (
    version BIGINT NOT NULL PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS aura_auth_sessions (
    id UUID NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie's token.
    token BYTEA NOT NULL UNIQUE,
    user_id TEXT COLLATE "C" NOT NULL,
    identity_provider TEXT,
    identity_subject TEXT,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    idle_until BIGINT NOT NULL,
    absolute_until BIGINT,
    ended_at BIGINT,
    end_reason TEXT,
    user_agent TEXT,
    address TEXT,
    content TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- SHA-256 of the id of the cookie session that this one replaces.
    imported_from BYTEA UNIQUE,
    lives_until BIGINT NOT NULL GENERATED ALWAYS AS (
        COALESCE(ended_at, LEAST(idle_until, absolute_until))
    ) STORED
);

CREATE INDEX IF NOT EXISTS aura_auth_sessions_user ON aura_auth_sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS aura_auth_sessions_end ON aura_auth_sessions (lives_until);

-- Encrypted. The row of deleted tokens stays until the session ends, so that no version is used twice.
CREATE TABLE IF NOT EXISTS aura_auth_provider_tokens (
    session_id UUID NOT NULL REFERENCES aura_auth_sessions (id) ON DELETE CASCADE,
    provider TEXT COLLATE "C" NOT NULL,
    sealed BYTEA,
    version BIGINT NOT NULL,
    PRIMARY KEY (session_id, provider)
);

CREATE TABLE IF NOT EXISTS aura_auth_values (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX IF NOT EXISTS aura_auth_values_end ON aura_auth_values (expires_at);

CREATE TABLE IF NOT EXISTS aura_auth_leases (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX IF NOT EXISTS aura_auth_leases_end ON aura_auth_leases (expires_at);

-- Not in the write-ahead log: after a crash, counts start again.
CREATE UNLOGGED TABLE IF NOT EXISTS aura_auth_limits (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    resets_at BIGINT NOT NULL
);

CREATE INDEX IF NOT EXISTS aura_auth_limits_end ON aura_auth_limits (resets_at);

INSERT INTO aura_auth_migrations (version) VALUES (1) ON CONFLICT DO NOTHING;
