use serde::Deserialize as _;
use serde_json::Value;
use time::OffsetDateTime;

use crate::server::jose::{Jose, JoseError, check_times_with_leeway};
use crate::server::random::random_token;
use crate::server::session::lone_surrogates::without_lone_surrogates;
use crate::server::session::own_claims::{OwnClaims, ReadOwnClaims, remove_wrong_types};
use crate::server::session::session_claims::{self, ProviderTokenParts, ReadClaims};
use crate::server::session::{SessionError, SessionIdHash, SessionRules, is_email};
use crate::{Claims, Identity, Session, User};

/// A session with all that its cookie holds.
#[derive(Clone, Debug)]
pub(crate) struct SessionRecord {
    pub(crate) session: Session,
    pub(crate) id_hash: SessionIdHash,
    pub(crate) provider_tokens: ProviderTokenParts,
    /// Counts the changes of the content, to tell an older cookie from a newer one.
    pub(crate) version: u32,
    jti: String,
    issued_at: i64,
    /// When the session ends at the latest, even if requests prolong it.
    pub(crate) ends_at: Option<i64>,
    /// Whether the browser needs a new cookie: the session was prolonged or changed, a retired secret sealed the old
    /// cookie, or the session has no pin yet.
    pub(crate) dirty: bool,
}

/// Creates a session of `user`, who has signed in with the account `identity`.
pub(crate) fn create(
    jose: &Jose,
    rules: &SessionRules,
    user: User,
    identity: Option<Identity>,
) -> Result<SessionRecord, JoseError> {
    let now = jose.now();
    let jti = random_token::<32>(jose.random())?;
    let ends_at = rules.ends_at(now);
    let expires_at = now + rules.max_age_seconds;
    let expires_at = ends_at.map_or(expires_at, |ends_at| expires_at.min(ends_at));
    let expires = OffsetDateTime::from_unix_timestamp(expires_at).map_err(|_| JoseError::Encoding)?;
    Ok(SessionRecord {
        session: Session { user, expires, identity },
        id_hash: SessionIdHash::of(&jti),
        provider_tokens: ProviderTokenParts::new(),
        version: 0,
        jti,
        issued_at: now,
        ends_at,
        dirty: true,
    })
}

impl SessionRecord {
    /// Returns the session's end, in seconds since 1970.
    pub(crate) fn expires_at(&self) -> i64 {
        self.session.expires.unix_timestamp()
    }

    /// Prolongs the session, if the rules say that a request at `now` does.
    pub(crate) fn renew(&mut self, rules: &SessionRules, now: i64) {
        let until = rules.prolonged(now, self.expires_at(), self.ends_at);
        if let Some(Ok(until)) = until.map(OffsetDateTime::from_unix_timestamp) {
            self.session.expires = until;
            self.issued_at = now;
            self.dirty = true;
        }
    }

    /// Returns a changed copy of the session, with the next version.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self { version: self.version.saturating_add(1), dirty: true, ..self.clone() };
        change(&mut changed);
        changed
    }

    /// Returns the session without the app's own values: without claims, and with the account's identifier as `sub`.
    pub(super) fn as_described(&self) -> Self {
        let mut described = self.clone();
        let Session { user, identity, .. } = &mut described.session;
        user.claims = Claims::default();
        if let Some(identity) = identity {
            user.sub.clone_from(&identity.subject);
        }
        described
    }

    /// Ends the session at `end`, if it does not end earlier. Requests cannot prolong it beyond that.
    pub(crate) fn end_at(&mut self, end: OffsetDateTime) {
        self.session.expires = self.session.expires.min(end);
        let ends_at = end.unix_timestamp();
        self.ends_at = Some(self.ends_at.map_or(ends_at, |before| before.min(ends_at)));
    }

    /// Returns the session as the token for its cookie.
    pub(crate) fn seal(&self, jose: &Jose, rules: &SessionRules) -> Result<String, JoseError> {
        let Session { user, identity, .. } = &self.session;
        let identity = identity.as_ref();
        jose.encode_session(&session_claims::Claims {
            rules,
            user,
            own: OwnClaims {
                provider: identity.map(|identity| &*identity.provider),
                subject: identity.map(|identity| &*identity.subject).filter(|subject| *subject != user.sub),
                version: self.version,
                tokens: &self.provider_tokens,
            },
            iat: self.issued_at,
            nbf: Jose::not_before(self.issued_at),
            exp: self.expires_at(),
            mexp: self.ends_at,
            jti: &self.jti,
        })
    }
}

/// Opens the token of a session cookie, and checks that the session is valid at `now`.
pub(crate) fn open(jose: &Jose, rules: &SessionRules, token: &str, now: i64) -> Result<SessionRecord, SessionError> {
    try_open(jose, rules, token, now).map_err(|error| {
        tracing::debug!(%error, "a session cookie was rejected");
        if error == JoseError::Expired { SessionError::Expired } else { SessionError::Invalid(error) }
    })
}

/// Every request does this, so it needs only one decryption, one signature check and one parse.
fn try_open(jose: &Jose, rules: &SessionRules, token: &str, now: i64) -> Result<SessionRecord, JoseError> {
    let (json, by_previous_secret) = jose.decode_session(token)?;
    let claims: ReadClaims = serde_json::from_slice(&json).or_else(|_| read_mended(&json))?;
    check_times_with_leeway(Some(claims.exp), claims.mexp, Some(claims.nbf), now)?;
    let session = read(claims, rules).ok_or(JoseError::Claims)?;
    Ok(SessionRecord { dirty: by_previous_secret, ..session })
}

/// Reads claims that the first attempt could not read: replaces lone surrogates, and removes values with a wrong type
/// from this library's claim.
fn read_mended(json: &[u8]) -> Result<ReadClaims, JoseError> {
    let read = || {
        let json = without_lone_surrogates(str::from_utf8(json).ok()?);
        let mut claims = serde_json::from_str(&json).ok()?;
        remove_wrong_types(&mut claims);
        ReadClaims::deserialize(Value::Object(claims)).ok()
    };
    read().ok_or(JoseError::Claims)
}

fn read(claims: ReadClaims, rules: &SessionRules) -> Option<SessionRecord> {
    let is_right = claims.are_for(rules) && claims.user.email.as_deref().is_none_or(is_email);
    let expires = OffsetDateTime::from_unix_timestamp(claims.exp as i64).ok()?;
    // If both identifiers are equal, the session stores only `sub`.
    let ReadOwnClaims { provider, subject, version, tokens } = claims.own;
    let identity =
        provider.map(|provider| Identity { subject: subject.unwrap_or_else(|| claims.user.sub.clone()), provider });
    is_right.then(|| SessionRecord {
        session: Session { user: claims.user, expires, identity },
        id_hash: SessionIdHash::of(&claims.jti),
        provider_tokens: tokens,
        version,
        jti: claims.jti,
        issued_at: claims.iat as i64,
        ends_at: claims.mexp.map(|seconds| seconds as i64),
        dirty: false,
    })
}
