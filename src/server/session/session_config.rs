use std::time::Duration;

use crate::Secret;
use crate::server::config::ConfigProblem;
use crate::server::session::claim_type::ClaimType;
use crate::server::session::is_reserved;

/// The shortest and the longest life of a session, in seconds: one minute, and 400 days, because browsers keep no
/// cookie longer.
const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=400 * 24 * 60 * 60;
/// The user's fields that people may be allowed to change.
const CHANGEABLE: [&str; 3] = ["name", "image", "email"];

/// The format of a session's token (wire contract, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SessionMode {
    /// Signed, and then encrypted. Only servers with the secret can read or change the session.
    #[default]
    Sealed,
    /// Signed only. Everybody who has the cookie can read the session. With a private key
    /// ([`signing_key`](SessionConfig::signing_key)), other services can verify it.
    Signed,
    /// Encrypted and authenticated in one step (A256GCM). The token is shorter than a sealed one.
    Encrypted,
}

/// When a session ends, and what prolongs it.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Expiration {
    /// The session ends `max_age` after the sign-in. Requests do not prolong it.
    #[default]
    Absolute,
    /// The same as `Absolute`. Both names come from the TypeScript release.
    Fixed,
    /// The session ends `max_age` after the last request that used it.
    Rolling,
    /// Like `Rolling`, but a request prolongs the session only if less than this share of `max_age` is left.
    Sliding {
        /// From 0 (no request prolongs the session) to 1 (every request does).
        threshold: f64,
    },
}

/// The content and the life of sessions.
///
/// ```
/// use aura_auth::{Expiration, SessionConfig, SessionMode};
/// use std::time::Duration;
///
/// let session = SessionConfig::default()
///     .max_age(Duration::from_secs(7 * 24 * 60 * 60))
///     .max_duration(Duration::from_secs(90 * 24 * 60 * 60))
///     .expiration(Expiration::Sliding { threshold: 0.5 })
///     .mode(SessionMode::Encrypted)
///     .issuer("https://app.example.com")
///     .audience(["https://app.example.com", "https://api.example.com"])
///     .editable(["name"]);
/// # let _ = aura_auth::Auth::builder().session(session);
/// ```
#[derive(Clone)]
#[must_use]
pub struct SessionConfig {
    max_age: Duration,
    max_duration: Option<Duration>,
    expiration: Expiration,
    mode: SessionMode,
    issuer: Option<String>,
    audience: Vec<String>,
    editable: Vec<String>,
    editable_claims: Vec<(String, ClaimType)>,
    pub(in crate::server) signing_key: Option<Secret>,
    pub(in crate::server) verifying_key: Option<String>,
}

impl std::fmt::Debug for SessionConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionConfig")
            .field("mode", &self.mode)
            .field("expiration", &self.expiration)
            .field("max_age", &self.max_age)
            .finish_non_exhaustive()
    }
}

impl Default for SessionConfig {
    /// Sealed sessions that end 15 days after the sign-in.
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(15 * 24 * 60 * 60),
            max_duration: None,
            expiration: Expiration::default(),
            mode: SessionMode::default(),
            issuer: None,
            audience: Vec::new(),
            editable: vec!["name".to_owned(), "image".to_owned()],
            editable_claims: Vec::new(),
            signing_key: None,
            verifying_key: None,
        }
    }
}

impl SessionConfig {
    /// Sets how long a session lives if nothing prolongs it, in whole seconds: from one minute to 400 days, because
    /// browsers keep no cookie longer. The cookie's `Max-Age` follows the session's end.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// Sets how long a session lives at most, even if requests prolong it, in whole seconds (the claim `mexp`). Without
    /// this limit, a session that is used often enough does not end.
    pub fn max_duration(mut self, max_duration: Duration) -> Self {
        self.max_duration = Some(max_duration);
        self
    }

    /// Sets what prolongs a session. By default, nothing does.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.expiration = expiration;
        self
    }

    /// Sets the format of a session's token. Changing it signs everybody out.
    pub fn mode(mut self, mode: SessionMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets the claim `iss` (RFC 7519, 4.1.1) of sessions. Sessions of another issuer are rejected.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// Sets the claim `aud` (RFC 7519, 4.1.3) of sessions: one value, or several, which become a list. A session that
    /// has none of them is rejected.
    pub fn audience<S: Into<String>>(mut self, audience: impl IntoIterator<Item = S>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// Sets which of the fields `name`, `image` and `email` people may change with `PATCH {base_path}/session`. The
    /// default is `name` and `image`.
    pub fn editable<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.editable = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Sets which of the app's own claims people may change, each with the type that its value must have. The default
    /// is none. Do not list a claim on which the app bases decisions, such as a role.
    ///
    /// ```
    /// use aura_auth::{ClaimType, SessionConfig};
    ///
    /// let session = SessionConfig::default()
    ///     .editable_claims([("theme", ClaimType::Text), ("newsletter", ClaimType::Boolean)]);
    /// # let _ = aura_auth::Auth::builder().session(session);
    /// ```
    pub fn editable_claims<S: Into<String>>(mut self, claims: impl IntoIterator<Item = (S, ClaimType)>) -> Self {
        self.editable_claims = claims.into_iter().map(|(name, claim_type)| (name.into(), claim_type)).collect();
        self
    }

    /// Sets the private key in PEM (PKCS #8) that signs sessions in the mode [`Signed`](SessionMode::Signed)
    /// (`AURA_AUTH_SIGNING_PRIVATE_KEY`): RSA for RS256, P-256 for ES256, Ed25519 for EdDSA. Other services verify
    /// sessions with the public key, which `GET {base_path}/.well-known/jwks.json` serves. Changing the key signs
    /// everybody out.
    pub fn signing_key(mut self, pem: impl Into<Secret>) -> Self {
        self.signing_key = Some(pem.into());
        self
    }

    /// Sets the public key of the [`signing_key`](Self::signing_key) in PEM (`AURA_AUTH_SIGNING_PUBLIC_KEY`). It is
    /// optional. If it is set, it is compared with the private key at start.
    pub fn verifying_key(mut self, pem: &str) -> Self {
        self.verifying_key = Some(pem.to_owned());
        self
    }

    pub(in crate::server) fn session_mode(&self) -> SessionMode {
        self.mode
    }

    pub(in crate::server) fn check(self, problems: &mut Vec<ConfigProblem>) -> SessionRules {
        let mut invalid = |setting: &'static str, reason: String| {
            problems.push(ConfigProblem::Invalid { setting, reason });
        };
        let mut lifetime = |setting, duration: Duration| {
            if !LIFETIMES.contains(&duration.as_secs()) {
                invalid(setting, "is not between 1 minute and 400 days: choose a time in this range".to_owned());
            }
            i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
        };
        let max_age_seconds = lifetime("session.max_age", self.max_age);
        let max_duration_seconds = self.max_duration.map(|duration| lifetime("session.max_duration", duration));
        for field in self.editable.iter().filter(|field| !CHANGEABLE.contains(&field.as_str())) {
            invalid("session.editable", format!("has `{field}`, which can't be editable: choose from {CHANGEABLE:?}"));
        }
        for (name, _) in self.editable_claims.iter().filter(|(name, _)| is_reserved(name)) {
            let reason = format!("has `{name}`, which the library uses itself: give the claim another name");
            invalid("session.editable_claims", reason);
        }
        if let Expiration::Sliding { threshold } = self.expiration
            && !(0.0..=1.0).contains(&threshold)
        {
            problems.push(ConfigProblem::SlidingThreshold { threshold: threshold.to_string() });
        }
        SessionRules {
            max_age_seconds,
            max_duration_seconds,
            expiration: self.expiration,
            issuer: self.issuer.filter(|issuer| !issuer.is_empty()),
            audience: self.audience,
            editable: self.editable,
            editable_claims: self.editable_claims,
        }
    }
}

/// A [`SessionConfig`] that has been checked.
#[derive(Debug)]
pub(crate) struct SessionRules {
    pub(super) max_age_seconds: i64,
    max_duration_seconds: Option<i64>,
    expiration: Expiration,
    pub(super) issuer: Option<String>,
    pub(super) audience: Vec<String>,
    pub(crate) editable: Vec<String>,
    pub(crate) editable_claims: Vec<(String, ClaimType)>,
}

impl SessionRules {
    /// Returns the latest end of a session that begins at `now`.
    pub(super) fn ends_at(&self, now: i64) -> Option<i64> {
        self.max_duration_seconds.map(|seconds| now + seconds)
    }

    /// Returns the new end of a session that ends at `expires_at`, if a request at `now` prolongs it. Else returns
    /// `None`.
    pub(super) fn prolonged(&self, now: i64, expires_at: i64, ends_at: Option<i64>) -> Option<i64> {
        let due = match self.expiration {
            Expiration::Absolute | Expiration::Fixed => false,
            Expiration::Rolling => true,
            Expiration::Sliding { threshold } => ((expires_at - now) as f64) < self.max_age_seconds as f64 * threshold,
        };
        let until = now + self.max_age_seconds;
        let until = ends_at.map_or(until, |ends_at| until.min(ends_at));
        (due && until > expires_at).then_some(until)
    }

    /// Returns for how many seconds the browser needs the other cookies of a session that ends at `expires_at`: until
    /// the session can't be prolonged any more.
    pub(crate) fn longest_life(&self, now: i64, expires_at: i64, ends_at: Option<i64>) -> i64 {
        let longest = i64::try_from(*LIFETIMES.end()).unwrap_or(i64::MAX);
        match self.expiration {
            Expiration::Absolute | Expiration::Fixed => expires_at - now,
            Expiration::Rolling | Expiration::Sliding { .. } => {
                ends_at.map_or(longest, |ends_at| (ends_at - now).min(longest))
            }
        }
    }

    /// Returns for how many seconds an old token of an ended session can still be valid.
    pub(crate) fn max_age_seconds(&self) -> i64 {
        self.max_age_seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(expiration: Expiration) -> SessionRules {
        let config = SessionConfig::default().max_age(Duration::from_secs(3600)).expiration(expiration);
        config.check(&mut Vec::new())
    }

    #[test]
    fn each_expiration_strategy_prolongs_sessions_as_documented() {
        // The session begins at 0, would end at 3,600 and is used at 3,000, in seconds.
        for (expiration, expected) in [
            (Expiration::Absolute, None),
            (Expiration::Fixed, None),
            (Expiration::Rolling, Some(6_600)),
            (Expiration::Sliding { threshold: 0.1 }, None),
            (Expiration::Sliding { threshold: 0.25 }, Some(6_600)),
            (Expiration::Sliding { threshold: 0.0 }, None),
            (Expiration::Sliding { threshold: 1.0 }, Some(6_600)),
        ] {
            assert_eq!(rules(expiration).prolonged(3_000, 3_600, None), expected, "{expiration:?}");
        }
        let rolling = rules(Expiration::Rolling);
        assert_eq!(rolling.prolonged(3_000, 3_600, Some(4_000)), Some(4_000));
        assert_eq!(rolling.prolonged(3_000, 3_600, Some(3_600)), None);
        assert_eq!(rolling.prolonged(0, 3_600, None), None, "the session would not end later");
    }

    #[test]
    fn a_private_key_is_never_printed() {
        let config = SessionConfig::default().signing_key("-----BEGIN PRIVATE KEY-----");
        assert!(!format!("{config:?}").contains("PRIVATE"));
    }

    #[test]
    fn thresholds_outside_0_to_1_are_refused() {
        for threshold in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
            let mut problems = Vec::new();
            SessionConfig::default().expiration(Expiration::Sliding { threshold }).check(&mut problems);
            assert_eq!(problems.len(), 1, "{threshold}");
        }
    }
}
