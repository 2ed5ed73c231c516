use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::User;
use crate::server::session::SessionError;

/// The version of the content. A release that can't read what an older one wrote raises it.
const VERSION: u32 = 1;
/// The largest content, in bytes. Every request reads it.
const MAX_BYTES: usize = 64 * 1024;

/// The content of a session's row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Content {
    v: u32,
    pub(super) user: User,
    /// The name of the device, such as `Firefox on Linux`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<String>,
    /// Members that another release wrote. They are kept.
    #[serde(flatten)]
    pub(super) other: Map<String, Value>,
}

impl Content {
    pub(super) fn new(user: User, device: Option<String>, other: Map<String, Value>) -> Self {
        Self { v: VERSION, user, device, other }
    }

    /// Reads the content of a row. Fails if another release wrote it in a way that this one can't read.
    pub(super) fn read(json: &str) -> Result<Self, SessionError> {
        match serde_json::from_str(json) {
            Ok(Self { v: VERSION, user, device, other }) => Ok(Self::new(user, device, other)),
            Ok(Self { v, .. }) => {
                tracing::error!(version = v, "a session's content in the store has a version that is not supported");
                Err(SessionError::Unreadable)
            }
            Err(error) => {
                // The error's text can contain parts of the content.
                let (line, column) = (error.line(), error.column());
                tracing::error!(line, column, "a session's content in the store can't be read");
                Err(SessionError::Unreadable)
            }
        }
    }

    /// Returns the content as JSON. Fails if it is too large.
    pub(super) fn write(&self) -> Result<String, SessionError> {
        let json = serde_json::to_string(self).map_err(|_| SessionError::Unreadable)?;
        if json.len() > MAX_BYTES { Err(SessionError::ClaimsTooLarge(json.len())) } else { Ok(json) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_another_release_are_kept() {
        let json = r#"{"v":1,"user":{"sub":"{x}","name":null,"image":null,"email":null,"role":"admin"},"device":"Firefox on Linux","later":[1]}"#;
        let content = Content::read(json).unwrap();
        assert_eq!(content.user.get::<String>("role").as_deref(), Some("admin"));
        assert_eq!(content.write().unwrap(), json);
    }

    #[test]
    fn content_of_another_version_or_shape_is_not_read() {
        for json in [
            "",
            "{}",
            r#"{"v":1}"#,
            r#"{"v":1,"user":{}}"#,
            r#"{"v":2,"user":{"sub":"{x}"}}"#,
            r#"{"user":{"sub":"{x}"}}"#,
        ] {
            assert_eq!(Content::read(json), Err(SessionError::Unreadable), "{json}");
        }
    }

    #[test]
    fn content_of_more_than_64_kb_is_not_written() {
        let user = User::new("{x}").with("text", "x".repeat(MAX_BYTES));
        assert!(matches!(Content::new(user, None, Map::new()).write(), Err(SessionError::ClaimsTooLarge(_))));
    }
}
