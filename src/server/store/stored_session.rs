use sha2::{Digest as _, Sha256};

use crate::Identity;
use crate::server::random::{Random, RandomError};

/// The id of a stored session: a UUID (RFC 9562, version 4). It may be shown; the cookie has another, secret token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// Returns a random id.
    ///
    /// # Errors
    ///
    /// [`RandomError`] if the system gives no random bytes.
    pub fn random(random: &dyn Random) -> Result<Self, RandomError> {
        let mut bytes = [0; 16];
        random.fill(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(u128::from_be_bytes(bytes)))
    }

    /// Returns the id as 16 bytes, as databases store a UUID.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The reverse of [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl std::str::FromStr for SessionId {
    type Err = SessionIdError;

    fn from_str(text: &str) -> Result<Self, SessionIdError> {
        let is_uuid = text.len() == 36
            && text.bytes().enumerate().all(|(at, byte)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            });
        if !is_uuid {
            return Err(SessionIdError);
        }
        u128::from_str_radix(&text.replace('-', ""), 16).map(Self).map_err(|_| SessionIdError)
    }
}

/// A text is not the id of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a session")]
pub struct SessionIdError;

/// The SHA-256 of the token in a session's cookie. The token itself is never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Hashes a cookie's token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token).into())
    }

    /// Returns the 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The reverse of [`as_bytes`](Self::as_bytes).
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Why a session has ended, with the names of the TypeScript release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndReason {
    /// The person signed out, or ended this session from another browser.
    UserLogout,
    /// An administrator, or the app's code.
    AdminAction,
    /// The person ended all other sessions.
    AllSessionsRevoked,
    /// The user has more sessions than are allowed.
    MaxSessionsExceeded,
    /// The app's `on_session`, or the provider, no longer admits the person.
    AccountSuspended,
}

impl EndReason {
    /// All reasons.
    pub const ALL: &[Self] = &[
        Self::UserLogout,
        Self::AdminAction,
        Self::AllSessionsRevoked,
        Self::MaxSessionsExceeded,
        Self::AccountSuspended,
    ];

    /// Returns the stable name, like `user_logout`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserLogout => "user_logout",
            Self::AdminAction => "admin_action",
            Self::AllSessionsRevoked => "all_sessions_revoked",
            Self::MaxSessionsExceeded => "max_sessions_exceeded",
            Self::AccountSuspended => "account_suspended",
        }
    }

    /// The reverse of [`as_str`](Self::as_str).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == name)
    }
}

/// A session as a store keeps it. Times are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredSession {
    /// The id, which may be shown.
    pub id: SessionId,
    /// The hash of the cookie's token. Unique.
    pub token: TokenHash,
    /// The user's `sub`.
    pub user: String,
    /// The account that the person signed in with.
    pub identity: Option<Identity>,
    /// When the person signed in.
    pub created_at: i64,
    /// When the session was last used, as far as it was written.
    pub last_seen_at: i64,
    /// When the session expires if it is not used.
    pub idle_until: i64,
    /// When the session expires in any case.
    pub absolute_until: Option<i64>,
    /// When and why the session ended, if it did.
    pub ended: Option<(i64, EndReason)>,
    /// The browser's `User-Agent`, at most 512 bytes.
    pub user_agent: Option<String>,
    /// The browser's address.
    pub address: Option<String>,
    /// The user and the rest of the session, as versioned JSON.
    pub content: String,
    /// Counts the changes of the content.
    pub version: i64,
    /// The hash of the id of the cookie session that this one replaces. Unique.
    pub imported_from: Option<TokenHash>,
    /// The providers whose tokens the session has. A store reads them with the session, in the same query, and ignores
    /// them when it writes.
    pub providers: Vec<String>,
}

impl StoredSession {
    /// A session that starts at `created_at`. The other fields are empty and can be set.
    ///
    /// ```
    /// use aura_auth::store::{SessionId, StoredSession, TokenHash};
    ///
    /// let token = TokenHash::of("the cookie's token");
    /// let mut session = StoredSession::new(SessionId::from_bytes([7; 16]), token, "{a54f16da}", 1_000, 4_600);
    /// session.content = r#"{"version":1}"#.to_owned();
    /// assert_eq!(session.last_seen_at, 1_000);
    /// ```
    #[must_use]
    pub fn new(id: SessionId, token: TokenHash, user: impl Into<String>, created_at: i64, idle_until: i64) -> Self {
        Self {
            id,
            token,
            user: user.into(),
            identity: None,
            created_at,
            last_seen_at: created_at,
            idle_until,
            absolute_until: None,
            ended: None,
            user_agent: None,
            address: None,
            content: String::new(),
            version: 0,
            imported_from: None,
            providers: Vec::new(),
        }
    }

    /// Returns whether the session has neither ended nor expired at `now`.
    #[must_use]
    pub fn is_alive(&self, now: i64) -> bool {
        self.ended.is_none() && self.lives_until() > now
    }

    /// Returns when the session ended, or else when it expires.
    #[must_use]
    pub fn lives_until(&self) -> i64 {
        let expires_at = self.absolute_until.map_or(self.idle_until, |until| until.min(self.idle_until));
        self.ended.map_or(expires_at, |(ended_at, _)| ended_at)
    }
}

/// A provider's tokens of a session, encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredTokens {
    /// The encrypted tokens.
    pub sealed: Vec<u8>,
    /// Counts the writes. No two writes of the same session and provider have the same version, also if the tokens were
    /// deleted meanwhile.
    pub version: i64,
}

impl StoredTokens {
    /// The tokens with their version.
    #[must_use]
    pub fn new(sealed: Vec<u8>, version: i64) -> Self {
        Self { sealed, version }
    }
}
