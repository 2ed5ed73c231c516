use std::time::Duration;

use zeroize::Zeroizing;

use crate::server::config::ConfigProblem;
use crate::server::session::claim_type::ClaimType;
use crate::server::session::session_claims::is_reserved;

/// The shortest and the longest life of a session, in seconds: a minute, and the longest that
/// browsers keep a cookie.
const LIFETIMES: std::ops::RangeInclusive<u64> = 60..=400 * 24 * 60 * 60;
/// What people may be allowed to change of themselves.
const CHANGEABLE: [&str; 3] = ["name", "image", "email"];

/// What a session's token is (wire contract, 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SessionMode {
    /// Signed, and then encrypted: nobody but this server reads or changes it.
    #[default]
    Sealed,
    /// Signed: whoever has the cookie can read it. With a private key
    /// ([`signing_key`](SessionConfig::signing_key)), other services can verify it.
    Signed,
    /// Encrypted and authenticated in one step (A256GCM): shorter than a sealed one.
    Encrypted,
}

/// When a session ends, and what makes it live longer.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum Expiration {
    /// `max_age` after sign-in, whatever happens.
    #[default]
    Absolute,
    /// The same: the moment of the end is fixed at sign-in. Both names are the TypeScript
    /// release's.
    Fixed,
    /// `max_age` after the last request that used the session.
    Rolling,
    /// As `Rolling`, but it is prolonged only once less than this share of `max_age` is left.
    Sliding {
        /// From 0 (never prolonged) to 1 (always).
        threshold: f64,
    },
}

/// What sessions are and how long they live.
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
    pub(in crate::server) signing_key: Option<Zeroizing<String>>,
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
    /// Sealed, 15 days from sign-in.
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
    /// How long a session lives without being prolonged, in whole seconds: a minute to 400 days,
    /// which is the longest that browsers keep a cookie. Its cookie's `Max-Age` follows.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = max_age;
        self
    }

    /// How long a session lives however often it is prolonged, in whole seconds (the claim
    /// `mexp`). Without it a session that is used lives on.
    pub fn max_duration(mut self, max_duration: Duration) -> Self {
        self.max_duration = Some(max_duration);
        self
    }

    /// What prolongs a session; nothing does by default.
    pub fn expiration(mut self, expiration: Expiration) -> Self {
        self.expiration = expiration;
        self
    }

    /// What a session's token is. A change signs everybody out.
    pub fn mode(mut self, mode: SessionMode) -> Self {
        self.mode = mode;
        self
    }

    /// The claim `iss` (RFC 7519, 4.1.1) of sessions; those of another issuer are refused.
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.issuer = Some(issuer.to_owned());
        self
    }

    /// The claim `aud` (RFC 7519, 4.1.3) of sessions: one, or several, which become a list.
    /// Sessions for none of them are refused.
    pub fn audience<S: Into<String>>(mut self, audience: impl IntoIterator<Item = S>) -> Self {
        self.audience = audience.into_iter().map(Into::into).collect();
        self
    }

    /// What people may change of themselves by `PATCH {base_path}/session`, of `name`, `image` and
    /// `email`; the first two by default.
    pub fn editable<S: Into<String>>(mut self, fields: impl IntoIterator<Item = S>) -> Self {
        self.editable = fields.into_iter().map(Into::into).collect();
        self
    }

    /// Claims of the app's own that people may change of themselves, each with the type that its value
    /// must have. None by default. A claim that the app decides by, such as a role, is not one of them.
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

    /// A private key in PEM (PKCS #8) that signs sessions in the mode
    /// [`Signed`](SessionMode::Signed) (`AURA_AUTH_SIGNING_PRIVATE_KEY`): RSA for RS256, P-256 for
    /// ES256, Ed25519 for EdDSA. Other services verify them with the public key, which
    /// `GET {base_path}/.well-known/jwks.json` serves. Another key signs everybody out.
    pub fn signing_key(mut self, pem: &str) -> Self {
        self.signing_key = Some(Zeroizing::new(pem.to_owned()));
        self
    }

    /// The public key of the [`signing_key`](Self::signing_key) in PEM
    /// (`AURA_AUTH_SIGNING_PUBLIC_KEY`), to be compared with it at start; it may be left away.
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
                invalid(setting, "is not between a minute and 400 days: choose a time between".to_owned());
            }
            i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
        };
        let max_age_seconds = lifetime("session.max_age", self.max_age);
        let max_duration_seconds = self.max_duration.map(|duration| lifetime("session.max_duration", duration));
        for field in self.editable.iter().filter(|field| !CHANGEABLE.contains(&field.as_str())) {
            invalid("session.editable", format!("has `{field}`, which nobody may change: use {CHANGEABLE:?}"));
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
    /// When a session of now ends at the latest.
    pub(super) fn ends_at(&self, now: i64) -> Option<i64> {
        self.max_duration_seconds.map(|seconds| now + seconds)
    }

    /// Until when a request of now prolongs a session that would end at `expires_at`; `None` if it
    /// doesn't.
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

    /// For how long, in seconds, what belongs to a session that ends at `expires_at` may be needed:
    /// until the session ends for good.
    pub(crate) fn longest_life(&self, now: i64, expires_at: i64, ends_at: Option<i64>) -> i64 {
        let longest = i64::try_from(*LIFETIMES.end()).unwrap_or(i64::MAX);
        match self.expiration {
            Expiration::Absolute | Expiration::Fixed => expires_at - now,
            Expiration::Rolling | Expiration::Sliding { .. } => {
                ends_at.map_or(longest, |ends_at| (ends_at - now).min(longest))
            }
        }
    }

    /// For how long, in seconds, an old token of an ended session could still be valid.
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
    fn each_strategy_does_what_its_name_says() {
        // A session made at 0 that would end at 3,600, used at 3,000.
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
        assert_eq!(rolling.prolonged(0, 3_600, None), None, "nothing to gain");
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
