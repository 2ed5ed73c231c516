//! Where a person is signed in: plain data for the server and the browser.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::session::{read_expires, write_expires};

/// One of the sessions of a person, which is in a store and has not ended. It has no token, so it can be shown.
///
/// Its JSON is an entry of `sessions` in the response of `GET {base_path}/sessions`:
///
/// ```
/// use aura_auth::ActiveSession;
///
/// let session: ActiveSession = serde_json::from_str(
///     r#"{"id":"07070707-0707-4707-8707-070707070707","current":true,"device":"Firefox on Linux",
///         "address":"192.0.2.1","provider":"bitbucket","createdAt":"2026-01-01T00:00:00.000Z",
///         "lastSeenAt":"2026-01-02T00:00:00.000Z","expiresAt":"2026-01-16T00:00:00.000Z"}"#,
/// )?;
/// assert_eq!((session.device.as_deref(), session.last_seen_at.day()), (Some("Firefox on Linux"), 2));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActiveSession {
    /// The id (a UUID), by which the session can be ended. It is not secret.
    pub id: String,
    /// Whether this is the session of the request. If the app's code asks for the sessions of a user, it is `false`.
    pub current: bool,
    /// The device that the person signed in with, such as `Firefox on Linux`. `None` if the browser is not known.
    pub device: Option<String>,
    /// The IP address that the person signed in from, if the server knows it.
    pub address: Option<String>,
    /// The id of the provider that the person signed in with.
    pub provider: Option<String>,
    /// When the person signed in, in UTC. All times are serialized in the format of JavaScript's `toISOString`.
    #[serde(serialize_with = "write_expires", deserialize_with = "read_expires")]
    pub created_at: OffsetDateTime,
    /// When the session was last used. The server writes this at most once in five minutes.
    #[serde(serialize_with = "write_expires", deserialize_with = "read_expires")]
    pub last_seen_at: OffsetDateTime,
    /// When the session ends if it is not used until then.
    #[serde(serialize_with = "write_expires", deserialize_with = "read_expires")]
    pub expires_at: OffsetDateTime,
}

impl ActiveSession {
    /// A session that was last used when it was created. The other fields are empty and can be set.
    ///
    /// ```
    /// use aura_auth::ActiveSession;
    /// use time::OffsetDateTime;
    ///
    /// # fn example(now: OffsetDateTime) {
    /// let mut session = ActiveSession::new("07070707-0707-4707-8707-070707070707", now, now + time::Duration::DAY);
    /// session.device = Some("Firefox on Linux".to_owned());
    /// # }
    /// ```
    #[must_use]
    pub fn new(id: impl Into<String>, created_at: OffsetDateTime, expires_at: OffsetDateTime) -> Self {
        Self {
            id: id.into(),
            current: false,
            device: None,
            address: None,
            provider: None,
            created_at,
            last_seen_at: created_at,
            expires_at,
        }
    }
}

/// The result of ending sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EndedSessions {
    /// How many sessions ended.
    pub ended: u64,
    /// Whether the session of the request is one of them. If so, the person has signed out in this browser.
    pub current: bool,
}

impl EndedSessions {
    /// The result if so many sessions ended, with the session of the request among them or not.
    #[must_use]
    pub fn new(ended: u64, current: bool) -> Self {
        Self { ended, current }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_active_session_is_serialized_in_the_format_of_the_wire_contract() {
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let mut session = ActiveSession::new("an id", at(1_767_225_600), at(1_768_521_600));
        let json = serde_json::to_string(&session).unwrap();
        assert_eq!(
            json,
            r#"{"id":"an id","current":false,"device":null,"address":null,"provider":null,"createdAt":"2026-01-01T00:00:00.000Z","lastSeenAt":"2026-01-01T00:00:00.000Z","expiresAt":"2026-01-16T00:00:00.000Z"}"#
        );
        assert_eq!(serde_json::from_str::<ActiveSession>(&json).unwrap(), session);
        session.device = Some("Firefox on Linux".to_owned());
        assert!(serde_json::to_string(&session).unwrap().contains(r#""device":"Firefox on Linux""#));
    }
}
