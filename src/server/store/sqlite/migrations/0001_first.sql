-- Times are in seconds since 1970, except in aura_auth_limits: milliseconds.

CREATE TABLE IF NOT EXISTS aura_auth_migrations (
    version INTEGER NOT NULL PRIMARY KEY
) STRICT;

CREATE TABLE IF NOT EXISTS aura_auth_sessions (
    id BLOB NOT NULL PRIMARY KEY,
    -- SHA-256 of the cookie's token.
    token BLOB NOT NULL UNIQUE,
    user_id TEXT NOT NULL,
    identity_provider TEXT,
    identity_subject TEXT,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    idle_until INTEGER NOT NULL,
    absolute_until INTEGER,
    ended_at INTEGER,
    end_reason TEXT,
    user_agent TEXT,
    address TEXT,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    -- SHA-256 of the id of the cookie session that this one replaces.
    imported_from BLOB UNIQUE,
    lives_until INTEGER NOT NULL GENERATED ALWAYS AS (
        COALESCE(ended_at, MIN(idle_until, COALESCE(absolute_until, idle_until)))
    ) STORED
) STRICT;

CREATE INDEX IF NOT EXISTS aura_auth_sessions_user ON aura_auth_sessions (user_id) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS aura_auth_sessions_end ON aura_auth_sessions (lives_until);

-- Encrypted. The row of deleted tokens stays until the session ends, so that no version is used twice.
CREATE TABLE IF NOT EXISTS aura_auth_provider_tokens (
    session_id BLOB NOT NULL REFERENCES aura_auth_sessions (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    sealed BLOB,
    version INTEGER NOT NULL,
    PRIMARY KEY (session_id, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS aura_auth_values (
    key TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS aura_auth_values_end ON aura_auth_values (expires_at);

CREATE TABLE IF NOT EXISTS aura_auth_leases (
    name TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS aura_auth_leases_end ON aura_auth_leases (expires_at);

CREATE TABLE IF NOT EXISTS aura_auth_limits (
    key TEXT NOT NULL PRIMARY KEY,
    resets_at INTEGER NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS aura_auth_limits_end ON aura_auth_limits (resets_at);

INSERT INTO aura_auth_migrations (version) VALUES (1) ON CONFLICT DO NOTHING;
