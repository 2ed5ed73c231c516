use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{Binding, SessionRules, is_email};
use crate::server::jose::{Jose, JoseError};
use crate::server::random::random_token;
use crate::{AuthError, Session, User};

/// In how many parts each provider's tokens are kept; 0 is one whole cookie. Their cookies are
/// not sent along with a sign-out, so the session remembers them.
type ProviderTokenParts = BTreeMap<String, usize>;

/// Claims that are ours and not the user's.
const RESERVED: [&str; 15] = [
    "sub",
    "name",
    "image",
    "email",
    "auth_provider",
    "auth_version",
    "provider_tokens",
    "aud",
    "iss",
    "iat",
    "nbf",
    "exp",
    "mexp",
    "jti",
    "sid",
];

/// A session with all that its cookie holds.
#[derive(Clone, Debug)]
pub(crate) struct StoredSession {
    pub(crate) session: Session,
    pub(crate) binding: Binding,
    /// The provider that the person signed in with; unknown in a session of the TypeScript release.
    pub(crate) provider: Option<String>,
    pub(crate) provider_tokens: ProviderTokenParts,
    /// Counts the changes of the content, so that an older cookie is told from a newer one.
    pub(crate) version: u32,
    jti: String,
    issued_at: i64,
    /// When it ends at the latest, however often it is prolonged.
    pub(crate) ends_at: Option<i64>,
    /// Whether the browser's cookie is not this session: it was prolonged or changed since, or a
    /// retired secret sealed it.
    pub(crate) unsaved: bool,
}

#[derive(Serialize)]
struct Claims<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<Audience<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    sub: &'a str,
    name: Option<&'a str>,
    image: Option<&'a str>,
    email: Option<&'a str>,
    #[serde(flatten)]
    claims: BTreeMap<&'a str, &'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_provider: Option<&'a str>,
    #[serde(skip_serializing_if = "is_zero")]
    auth_version: u32,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    provider_tokens: &'a ProviderTokenParts,
    iat: i64,
    nbf: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    mexp: Option<i64>,
    jti: &'a str,
}

/// One is written as text, as the TypeScript release reads it; several are a list.
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// A new session of `user`, from a sign-in with a provider.
pub(crate) fn create(
    jose: &Jose,
    rules: &SessionRules,
    user: User,
    provider: Option<&str>,
) -> Result<StoredSession, JoseError> {
    let now = jose.now();
    let jti = random_token::<32>(jose.random())?;
    let ends_at = rules.ends_at(now);
    let expires_at = now + rules.max_age_seconds;
    let expires_at = ends_at.map_or(expires_at, |ends_at| expires_at.min(ends_at));
    let expires = OffsetDateTime::from_unix_timestamp(expires_at).map_err(|_| JoseError::Encoding)?;
    Ok(StoredSession {
        session: Session { user, expires },
        binding: Binding::of(&jti),
        provider: provider.map(str::to_owned),
        provider_tokens: ProviderTokenParts::new(),
        version: 0,
        jti,
        issued_at: now,
        ends_at,
        unsaved: true,
    })
}

impl StoredSession {
    /// Seconds since 1970.
    pub(crate) fn expires_at(&self) -> i64 {
        self.session.expires.unix_timestamp()
    }

    /// Prolongs the session, if a request of now does.
    pub(crate) fn renew(&mut self, rules: &SessionRules, now: i64) {
        let until = rules.prolonged(now, self.expires_at(), self.ends_at);
        if let Some(Ok(until)) = until.map(OffsetDateTime::from_unix_timestamp) {
            self.session.expires = until;
            self.issued_at = now;
            self.unsaved = true;
        }
    }

    /// The session with another content.
    pub(crate) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut changed = Self { version: self.version.saturating_add(1), unsaved: true, ..self.clone() };
        change(&mut changed);
        changed
    }

    /// Ends the session earlier, for good.
    pub(crate) fn end_at(&mut self, end: OffsetDateTime) {
        self.session.expires = self.session.expires.min(end);
        let ends_at = end.unix_timestamp();
        self.ends_at = Some(self.ends_at.map_or(ends_at, |before| before.min(ends_at)));
    }

    /// The session as a token for its cookie.
    pub(crate) fn seal(&self, jose: &Jose, rules: &SessionRules) -> Result<String, JoseError> {
        let user = &self.session.user;
        let claims = user.claims.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
        jose.encode_session(&Claims {
            aud: match rules.audience.as_slice() {
                [] => None,
                [one] => Some(Audience::One(one)),
                several => Some(Audience::Several(several)),
            },
            iss: rules.issuer.as_deref(),
            sub: &user.sub,
            name: user.name.as_deref(),
            image: user.image.as_deref(),
            email: user.email.as_deref(),
            claims: claims.map(|(name, value)| (name.as_str(), value)).collect(),
            auth_provider: self.provider.as_deref(),
            auth_version: self.version,
            provider_tokens: &self.provider_tokens,
            iat: self.issued_at,
            nbf: Jose::not_before(self.issued_at),
            exp: self.expires_at(),
            mexp: self.ends_at,
            jti: &self.jti,
        })
    }
}

/// The session in a cookie's token: one decryption, one signature check, one parse.
pub(crate) fn open(jose: &Jose, rules: &SessionRules, token: &str) -> Result<StoredSession, AuthError> {
    let (claims, by_previous_secret) = jose.decode_session(token).map_err(|error| {
        tracing::debug!(%error, "a session cookie was refused");
        if error == JoseError::Expired { AuthError::SessionExpired } else { AuthError::SessionInvalid }
    })?;
    let session = read(claims, rules).ok_or(AuthError::SessionInvalid)?;
    Ok(StoredSession { unsaved: by_previous_secret, ..session })
}

fn read(mut claims: Map<String, Value>, rules: &SessionRules) -> Option<StoredSession> {
    if !is_for_us(&claims, rules) {
        return None;
    }
    let number = |name: &str| claims.get(name).and_then(Value::as_f64);
    number("nbf")?;
    let issued_at = number("iat")? as i64;
    let ends_at = number("mexp").map(|seconds| seconds as i64);
    let expires = OffsetDateTime::from_unix_timestamp(number("exp")? as i64).ok()?;
    let version = claims.get("auth_version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
    let provider_tokens = match claims.remove("provider_tokens") {
        Some(parts) => serde_json::from_value(parts).ok()?,
        None => BTreeMap::new(),
    };
    let provider = text(&mut claims, "auth_provider")?;
    let jti = text(&mut claims, "jti")??;
    let mut user = User {
        sub: text(&mut claims, "sub")??,
        name: text(&mut claims, "name")?,
        image: text(&mut claims, "image")?,
        email: text(&mut claims, "email")?,
        claims: Map::new(),
    };
    if user.email.as_deref().is_some_and(|email| !is_email(email)) {
        return None;
    }
    claims.retain(|name, _| !RESERVED.contains(&name.as_str()));
    user.claims = claims;
    Some(StoredSession {
        session: Session { user, expires },
        binding: Binding::of(&jti),
        provider,
        provider_tokens,
        version: version.unwrap_or(0),
        jti,
        issued_at,
        ends_at,
        unsaved: false,
    })
}

/// Whether `iss` and `aud` are right: as configured, or else at least of the right type.
fn is_for_us(claims: &Map<String, Value>, rules: &SessionRules) -> bool {
    let issuer = match (claims.get("iss"), &rules.issuer) {
        (Some(Value::String(issuer)), Some(expected)) => issuer == expected,
        (found, expected) => expected.is_none() && found.is_none_or(Value::is_string),
    };
    let audience: Option<Vec<&str>> = match claims.get("aud") {
        None => Some(Vec::new()),
        Some(Value::String(one)) => Some(vec![one]),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let for_us = |audience: Vec<&str>| {
        rules.audience.is_empty() || audience.iter().any(|one| rules.audience.iter().any(|ours| ours == one))
    };
    issuer && audience.is_some_and(for_us)
}

/// A string that may be absent or null; `None` if it is something else.
fn text(claims: &mut Map<String, Value>, name: &str) -> Option<Option<String>> {
    match claims.remove(name) {
        None | Some(Value::Null) => Some(None),
        Some(Value::String(text)) => Some(Some(text)),
        Some(_) => None,
    }
}
