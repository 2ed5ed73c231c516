//! The session and its user: plain data for the server and the browser.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Claims, Identity};

/// The request header with the `sub` of the person that the page shows, encoded by `encodeURIComponent`. If another
/// person has signed in since the page was loaded, the server rejects the request.
#[cfg(any(feature = "server", feature = "hydrate"))]
pub(crate) const SUBJECT_HEADER: &str = "x-aura-auth-subject";

/// A signed-in person's session.
///
/// Its JSON is the response of `GET {base_path}/session`:
///
/// ```
/// use aura_auth::Session;
///
/// let session: Session = serde_json::from_str(
///     r#"{"user":{"sub":"{a54f16da}","name":"Ada","image":null,"email":null},
///         "expires":"2026-01-16T00:00:00.000Z"}"#,
/// )?;
/// assert_eq!(session.user.name.as_deref(), Some("Ada"));
/// assert_eq!(session.expires.year(), 2026);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// The person who is signed in.
    pub user: User,
    /// When the session ends, in UTC. Serialized in the format of JavaScript's `toISOString`.
    #[serde(serialize_with = "write_expires", deserialize_with = "read_expires")]
    pub expires: OffsetDateTime,
    /// The account that the person signed in with. A session that the TypeScript release created does not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// The person, as the provider described them at the sign-in.
///
/// ```
/// use aura_auth::User;
///
/// let user = User::new("{a54f16da}").with_name("Ada Lovelace".to_owned()).with("role", "admin");
/// assert_eq!((user.name.as_deref(), user.email), (Some("Ada Lovelace"), None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The app's identifier of the person. This is the account's identifier at the provider ([`Identity::subject`]),
    /// unless the app's sign-in hook chose another one.
    pub sub: String,
    /// The name to show: at most 256 characters, with no control or format characters other than joiners.
    pub name: Option<String>,
    /// URL of an avatar: `http` or `https`, at most 2,048 bytes.
    pub image: Option<String>,
    /// A confirmed e-mail address, if the provider gave one.
    pub email: Option<String>,
    /// All claims that the provider's `profile` mapping or the app's sign-in hook added. All claims are in the session
    /// cookie, so keep them below 2,000 bytes in total. If the session does not fit into a page's cookies, the sign-in
    /// is rejected.
    #[serde(flatten)]
    pub claims: Claims,
}

impl User {
    /// Creates a user with this identifier and no other fields.
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self { sub: sub.into(), ..Self::default() }
    }

    /// Replaces the user's identifier, for example by the one in the app's own table of users.
    #[must_use]
    pub fn with_sub(mut self, sub: impl Into<String>) -> Self {
        self.sub = sub.into();
        self
    }

    /// Sets the user's name, or removes it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<Option<String>>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the URL of the user's avatar, or removes it.
    #[must_use]
    pub fn with_image(mut self, image: impl Into<Option<String>>) -> Self {
        self.image = image.into();
        self
    }

    /// Sets the user's e-mail address, or removes it.
    #[must_use]
    pub fn with_email(mut self, email: impl Into<Option<String>>) -> Self {
        self.email = email.into();
        self
    }

    /// Returns a claim of the app as a `T`. Returns `None` if the claim is missing or is not a `T`.
    ///
    /// ```
    /// use aura_auth::User;
    ///
    /// let user = User::new("{a54f16da}").with("role", "admin");
    /// assert_eq!(user.get::<String>("role").as_deref(), Some("admin"));
    /// assert_eq!(user.get::<u32>("role"), None);
    /// ```
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, claim: &str) -> Option<T> {
        self.claims.get(claim)
    }

    /// Sets a claim of the app.
    ///
    /// The session itself uses `sub`, `name`, `image`, `email`, `iss`, `aud`, `iat`, `nbf`, `exp`, `mexp`, `jti` and
    /// `aura_auth_rs`. If a `profile` mapping or a sign-in hook sets one of these, the sign-in fails with
    /// [`ReservedClaim`](crate::AuthError::ReservedClaim).
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim, value);
        self
    }
}

impl Session {
    /// Creates a session of `user` that ends at `expires`, with no [`identity`](Self::identity).
    #[must_use]
    pub fn new(user: User, expires: OffsetDateTime) -> Self {
        Self { user, expires, identity: None }
    }

    /// Converts the user to a type of the app, which can have the fields `sub`, `name`, `image` and `email` and the
    /// app's claims.
    ///
    /// # Errors
    ///
    /// If a claim that the type needs is missing or has another type.
    ///
    /// ```
    /// use aura_auth::{Session, User};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Member {
    ///     sub: String,
    ///     role: String,
    /// }
    ///
    /// # fn member(session: Session) -> Result<(), serde_json::Error> {
    /// let member: Member = session.user_as()?;
    /// println!("{} is {}", member.sub, member.role);
    /// # Ok(())
    /// # }
    /// ```
    pub fn user_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(&self.user)?)
    }
}

/// What the page knows about the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionStatus {
    /// Nothing is known yet: the page was not rendered for a request, and the server has not answered yet.
    Pending,
    /// Somebody is signed in.
    Authenticated,
    /// Nobody is signed in.
    Unauthenticated,
    /// The last request to the server failed. The page still shows the last known session, which may have changed.
    Stale,
}

impl SessionStatus {
    /// Returns the status as a word: `pending`, `authenticated`, `unauthenticated` or `stale`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authenticated => "authenticated",
            Self::Unauthenticated => "unauthenticated",
            Self::Stale => "stale",
        }
    }
}

pub(crate) fn write_expires<S: Serializer>(expires: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant::write(*expires).ok_or_else(|| serde::ser::Error::custom("expires"))?)
}

pub(crate) fn read_expires<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    instant::read(&text).ok_or_else(|| D::Error::custom("expires"))
}

#[allow(clippy::ref_option, reason = "serde passes a reference")]
pub(crate) fn write_some_expires<S: Serializer>(
    expires: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match expires {
        Some(expires) => write_expires(expires, serializer),
        None => serializer.serialize_none(),
    }
}

pub(crate) fn read_some_expires<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<OffsetDateTime>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| instant::read(&text).ok_or_else(|| D::Error::custom("expires"))).transpose()
}

/// Formats and parses times in the format of JavaScript's `toISOString`.
#[cfg(not(all(target_family = "wasm", feature = "client")))]
pub(crate) mod instant {
    use time::format_description::well_known::Rfc3339;
    use time::macros::format_description;
    use time::{OffsetDateTime, UtcOffset};

    pub(crate) fn write(instant: OffsetDateTime) -> Option<String> {
        let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
        instant.to_offset(UtcOffset::UTC).format(format).ok()
    }

    pub(crate) fn read(text: &str) -> Option<OffsetDateTime> {
        OffsetDateTime::parse(text, &Rfc3339).ok()
    }
}

/// The same functions with the browser's own `Date`, which adds no code to the wasm file.
#[cfg(all(target_family = "wasm", feature = "client"))]
pub(crate) mod instant {
    use js_sys::Date;
    use time::OffsetDateTime;

    #[expect(clippy::cast_precision_loss, reason = "a double holds the milliseconds of 285,000 years")]
    pub(crate) fn write(instant: OffsetDateTime) -> Option<String> {
        let milliseconds = instant.unix_timestamp() as f64 * 1000.0 + f64::from(instant.millisecond());
        Some(Date::new(&milliseconds.into()).to_iso_string().into())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a date that is none is refused before")]
    pub(crate) fn read(text: &str) -> Option<OffsetDateTime> {
        let milliseconds = Date::parse(text);
        let milliseconds = (!milliseconds.is_nan()).then_some(milliseconds as i64)?;
        let whole = OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)).ok()?;
        whole.replace_millisecond(milliseconds.rem_euclid(1000) as u16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_is_serialized_in_the_format_of_javascript() {
        let user = User::new("{x}");
        let session = Session::new(user, OffsetDateTime::from_unix_timestamp(1_768_521_600).unwrap());
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(
            json,
            r#"{"user":{"sub":"{x}","name":null,"image":null,"email":null},"expires":"2026-01-16T00:00:00.000Z"}"#
        );
        assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    }

    #[test]
    fn an_identity_is_unchanged_after_decoding_and_encoding() {
        let json = r#"{"user":{"sub":"user-1","name":null,"image":null,"email":null},"expires":"2026-01-16T00:00:00.000Z","identity":{"provider":"bitbucket","subject":"{x}"}}"#;
        let session: Session = serde_json::from_str(json).unwrap();
        assert_eq!(session.identity, Some(Identity::new("bitbucket", "{x}")));
        assert_eq!(serde_json::to_string(&session).unwrap(), json);
    }

    #[test]
    fn json_without_a_valid_user_and_expiry_is_not_a_session() {
        for json in [
            r#"{"expires":"2026-01-16T00:00:00.000Z"}"#,
            r#"{"user":{"sub":"x"}}"#,
            r#"{"user":{"name":"x"},"expires":"2026-01-16T00:00:00.000Z"}"#,
            r#"{"user":{"sub":null},"expires":"2026-01-16T00:00:00.000Z"}"#,
            r#"{"user":{"sub":"x","name":7},"expires":"2026-01-16T00:00:00.000Z"}"#,
            r#"{"user":{"sub":"x"},"expires":"soon"}"#,
        ] {
            assert!(serde_json::from_str::<Session>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_user_s_claims_are_unchanged_after_decoding_and_encoding() {
        let json = r#"{"sub":"{x}","name":"Ada","image":null,"email":null,"role":"admin","teams":[1,{"a":true}]}"#;
        let user: User = serde_json::from_str(json).unwrap();
        assert_eq!((user.get::<String>("role").as_deref(), user.claims.as_map().len()), (Some("admin"), 2));
        assert_eq!(serde_json::to_string(&user).unwrap(), json);
    }
}
