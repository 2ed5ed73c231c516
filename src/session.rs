//! The session and its user: plain data that server and browser share.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

/// A signed-in person's session.
///
/// On the wire it is what `GET {base_path}/session` answers:
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
pub struct Session {
    /// Who is signed in.
    pub user: User,
    /// When the session ends, in UTC; written as JavaScript's `toISOString` writes it.
    #[serde(serialize_with = "write_expires", deserialize_with = "read_expires")]
    pub expires: OffsetDateTime,
}

/// The person, as the provider described them at sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The provider's stable identifier of the account; for Bitbucket the UUID, braces included.
    pub sub: String,
    /// The name to show.
    #[serde(default)]
    pub name: Option<String>,
    /// URL of an avatar.
    #[serde(default)]
    pub image: Option<String>,
    /// A confirmed e-mail address, where the provider gave one.
    #[serde(default)]
    pub email: Option<String>,
    /// Whatever else a provider's `profile` mapping or the app's sign-in hook has put there, and
    /// nothing else. All of it is in the session's cookie, so it had better be little.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

impl User {
    /// A claim of the app's own, if it is there and is a `T`.
    ///
    /// ```
    /// use aura_auth::User;
    ///
    /// let user = User { sub: "{a54f16da}".to_owned(), ..User::default() }.with("role", "admin");
    /// assert_eq!(user.get::<String>("role").as_deref(), Some("admin"));
    /// assert_eq!(user.get::<u32>("role"), None);
    /// ```
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, claim: &str) -> Option<T> {
        T::deserialize(self.claims.get(claim)?).ok()
    }

    /// The user with a claim of the app's own. The names that the session itself uses (`sub`,
    /// `name`, `exp`, `jti` and their like) are not kept in its cookie.
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim.to_owned(), value.into());
        self
    }
}

impl Session {
    /// The user as a type of the app's own, which takes what it needs of `sub`, `name`, `image`,
    /// `email` and the app's claims.
    ///
    /// # Errors
    ///
    /// When a claim that the type needs is missing or of another type.
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

/// What is known about the session at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// It is being asked for; what was known before is still shown.
    Pending,
    /// Somebody is signed in.
    Authenticated,
    /// Nobody is signed in.
    Unauthenticated,
}

impl SessionStatus {
    /// The word for it: `pending`, `authenticated` or `unauthenticated`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authenticated => "authenticated",
            Self::Unauthenticated => "unauthenticated",
        }
    }
}

fn write_expires<S: Serializer>(expires: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    let text = expires.to_offset(time::UtcOffset::UTC).format(format).map_err(serde::ser::Error::custom)?;
    serializer.serialize_str(&text)
}

fn read_expires<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)
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
    let text = Option::<std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
    text.map(|text| OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expires_is_written_as_javascript_writes_it() {
        let session = Session {
            user: User { sub: "{x}".into(), ..User::default() },
            expires: OffsetDateTime::from_unix_timestamp(1_768_521_600).unwrap(),
        };
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(
            json,
            r#"{"user":{"sub":"{x}","name":null,"image":null,"email":null},"expires":"2026-01-16T00:00:00.000Z"}"#
        );
        assert_eq!(serde_json::from_str::<Session>(&json).unwrap(), session);
    }

    #[test]
    fn a_session_without_a_user_is_not_a_session() {
        for json in [r#"{"expires":"2026-01-16T00:00:00.000Z"}"#, r#"{"user":{"sub":"x"}}"#] {
            assert!(serde_json::from_str::<Session>(json).is_err(), "{json}");
        }
    }
}
