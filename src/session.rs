//! The session and its user: plain data that server and browser share.

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::Claims;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The provider's stable identifier of the account; for Bitbucket the UUID, braces included.
    pub sub: String,
    /// The name to show.
    pub name: Option<String>,
    /// URL of an avatar.
    pub image: Option<String>,
    /// A confirmed e-mail address, where the provider gave one.
    pub email: Option<String>,
    /// Whatever else a provider's `profile` mapping or the app's sign-in hook has put there, and
    /// nothing else. All of it is in the session's cookie, so it had better be little.
    pub claims: Claims,
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
        self.claims.get(claim)
    }

    /// The user with a claim of the app's own. The names that the session itself uses (`sub`,
    /// `name`, `exp`, `jti` and their like) are not kept in its cookie.
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(claim, value);
        self
    }
}

// By hand: what `#[serde(flatten)]` writes is a tenth of what the library adds to the browser's half.
impl Serialize for User {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("sub", &self.sub)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("image", &self.image)?;
        map.serialize_entry("email", &self.email)?;
        for (name, value) in &*self.claims.map() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for User {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_members(Map::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a user"))
    }
}

impl User {
    /// None where `sub` is missing, or one of the four is no text.
    fn from_members(members: Map<String, Value>) -> Option<Self> {
        let (mut user, mut sub) = (Self::default(), None);
        for (name, value) in members {
            let field = match name.as_str() {
                "sub" => &mut sub,
                "name" => &mut user.name,
                "image" => &mut user.image,
                "email" => &mut user.email,
                _ => {
                    user.claims.insert(name, value);
                    continue;
                }
            };
            *field = match value {
                Value::String(text) => Some(text),
                Value::Null => None,
                _ => return None,
            };
        }
        user.sub = sub?;
        Some(user)
    }
}

#[cfg(feature = "ssr")]
impl Session {
    pub(crate) fn from_json(json: &crate::json::Json) -> Option<Self> {
        serde_json::from_value(json.clone().into_value()).ok()
    }
}

// Member by member, for what serde makes of it is larger.
#[cfg(all(target_family = "wasm", feature = "hydrate"))]
mod in_browser {
    use super::{Session, User, instant};
    use crate::claims::{from_object, to_object};
    use crate::json::Json;

    impl Session {
        pub(crate) fn from_json(json: &Json) -> Option<Self> {
            let user = User::from_json(&json.get("user")?)?;
            Some(Self { user, expires: instant::read(&json.text("expires")?)? })
        }

        pub(crate) fn to_json(&self) -> Json {
            let json = Json::object();
            json.set("user", self.user.to_json().0);
            json.set("expires", instant::write(self.expires));
            json
        }
    }

    impl User {
        /// None as in [`from_members`](Self::from_members).
        fn from_json(json: &Json) -> Option<Self> {
            let text = |name: &str| match json.get(name) {
                Some(value) if !value.is_null() => value.0.as_string().map(Some),
                _ => Some(None),
            };
            Some(Self {
                sub: json.text("sub")?,
                name: text("name")?,
                image: text("image")?,
                email: text("email")?,
                claims: from_object(json, &["sub", "name", "image", "email"]),
            })
        }

        fn to_json(&self) -> Json {
            let json = to_object(&self.claims);
            json.set("sub", &*self.sub);
            for (name, text) in [("name", &self.name), ("image", &self.image), ("email", &self.email)] {
                json.set(name, text.as_deref().map_or(wasm_bindgen::JsValue::NULL, Into::into));
            }
            json
        }
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
    /// Nothing is known yet: the page did not say, and the first answer is under way.
    Pending,
    /// Somebody is signed in.
    Authenticated,
    /// Nobody is signed in.
    Unauthenticated,
    /// The server could not be reached when it was last asked, so this may not be so any more: what
    /// was known before is still shown.
    Stale,
}

impl SessionStatus {
    /// The word for it: `pending`, `authenticated`, `unauthenticated` or `stale`.
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

fn write_expires<S: Serializer>(expires: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&instant::write(*expires).ok_or_else(|| serde::ser::Error::custom("expires"))?)
}

fn read_expires<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
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

/// Instants as JavaScript's `toISOString` writes them.
#[cfg(not(all(target_family = "wasm", feature = "hydrate")))]
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

/// The same by the browser's own `Date`, which is there already.
#[cfg(all(target_family = "wasm", feature = "hydrate"))]
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
    fn a_user_s_claims_go_there_and_back() {
        let json = r#"{"sub":"{x}","name":"Ada","image":null,"email":null,"role":"admin","teams":[1,{"a":true}]}"#;
        let user: User = serde_json::from_str(json).unwrap();
        assert_eq!((user.get::<String>("role").as_deref(), user.claims.to_map().len()), (Some("admin"), 2));
        assert_eq!(serde_json::to_string(&user).unwrap(), json);
    }
}
