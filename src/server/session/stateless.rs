use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Binding, is_email};
use crate::server::jose::{Jose, JoseError};
use crate::server::random::random_token;
use crate::{AuthError, Session, User};

/// In how many parts each provider's tokens are kept; 0 is one whole cookie. Their cookies are
/// not sent along with a sign-out, so the session remembers them.
pub(crate) type ProviderTokenParts = BTreeMap<String, usize>;

/// A session that a request brought.
#[derive(Clone, Debug)]
pub(crate) struct StoredSession {
    pub(crate) session: Session,
    pub(crate) binding: Binding,
    pub(crate) provider_tokens: ProviderTokenParts,
}

/// A session before it is sealed: what is sealed into other cookies needs its binding.
pub(crate) struct NewSession {
    user: User,
    jti: String,
    issued_at: i64,
    expires_at: i64,
}

#[derive(Serialize)]
struct Claims<'a> {
    sub: &'a str,
    name: Option<&'a str>,
    image: Option<&'a str>,
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_tokens: &'a ProviderTokenParts,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: &'a str,
}

/// A session of `user` that ends in `max_age_seconds`.
pub(crate) fn create(jose: &Jose, user: User, max_age_seconds: i64) -> Result<NewSession, JoseError> {
    let issued_at = jose.now();
    let jti = random_token::<32>(jose.random())?;
    Ok(NewSession { user, jti, issued_at, expires_at: issued_at + max_age_seconds })
}

impl NewSession {
    pub(crate) fn binding(&self) -> Binding {
        Binding::of(&self.jti)
    }

    pub(crate) fn expires_at(&self) -> i64 {
        self.expires_at
    }

    pub(crate) fn max_age_seconds(&self) -> i64 {
        self.expires_at - self.issued_at
    }

    /// The session as a token for its cookie.
    pub(crate) fn seal(&self, jose: &Jose, provider_tokens: &ProviderTokenParts) -> Result<String, JoseError> {
        jose.encode_jwt(&Claims {
            sub: &self.user.sub,
            name: self.user.name.as_deref(),
            image: self.user.image.as_deref(),
            email: self.user.email.as_deref(),
            provider_tokens,
            iat: self.issued_at,
            nbf: self.issued_at,
            exp: self.expires_at,
            jti: &self.jti,
        })
    }
}

/// The session in a cookie's token: one decryption, one signature check, one parse.
pub(crate) fn open(jose: &Jose, token: &str) -> Result<StoredSession, AuthError> {
    let claims = jose.decode_jwt(token).map_err(|error| {
        tracing::debug!(%error, "a session cookie was refused");
        if error == JoseError::Expired { AuthError::SessionExpired } else { AuthError::SessionInvalid }
    })?;
    read(claims).ok_or(AuthError::SessionInvalid)
}

fn read(mut claims: Map<String, Value>) -> Option<StoredSession> {
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    number("iat")?;
    number("nbf")?;
    let expires = OffsetDateTime::from_unix_timestamp(number("exp")? as i64).ok()?;
    let audience_fits = claims.get("aud").is_none_or(|aud| match aud {
        Value::Array(list) => list.iter().all(Value::is_string),
        other => other.is_string(),
    });
    if !audience_fits || !claims.get("iss").is_none_or(Value::is_string) {
        return None;
    }
    let provider_tokens = match claims.remove("provider_tokens") {
        Some(parts) => serde_json::from_value(parts).ok()?,
        None => BTreeMap::new(),
    };
    let binding = Binding::of(claims.get("jti")?.as_str()?);
    let user = User {
        sub: text(&mut claims, "sub")??,
        name: text(&mut claims, "name")?,
        image: text(&mut claims, "image")?,
        email: text(&mut claims, "email")?,
    };
    if user.email.as_deref().is_some_and(|email| !is_email(email)) {
        return None;
    }
    Some(StoredSession { session: Session { user, expires }, binding, provider_tokens })
}

/// A string that may be absent or null; `None` if it is something else.
fn text(claims: &mut Map<String, Value>, name: &str) -> Option<Option<String>> {
    match claims.remove(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text)),
        Some(_) => None,
    }
}
