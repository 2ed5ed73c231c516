use serde::Deserialize as _;
use serde_json::Value;
use time::OffsetDateTime;

use crate::server::jose::{Jose, JoseError, check_times_with_leeway};
use crate::server::session::cookie::lone_surrogates::without_lone_surrogates;
use crate::server::session::cookie::own_claims::{OwnClaims, ReadOwnClaims, remove_wrong_types};
use crate::server::session::cookie::session_claims::{self, ReadClaims};
use crate::server::session::{SessionError, SessionIdHash, SessionRecord, SessionRules, is_email};
use crate::{Claims, Identity, Session};

impl SessionRecord {
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

    /// Returns the session as the token for its cookie.
    pub(super) fn seal(&self, jose: &Jose, rules: &SessionRules) -> Result<String, JoseError> {
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
            jti: &self.id,
        })
    }
}

/// Opens the token of a session cookie, and checks that the session is valid at `now`.
pub(super) fn open(jose: &Jose, rules: &SessionRules, token: &str, now: i64) -> Result<SessionRecord, SessionError> {
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
        id: claims.jti,
        issued_at: claims.iat as i64,
        ends_at: claims.mexp.map(|seconds| seconds as i64),
        dirty: false,
        row: None,
    })
}
