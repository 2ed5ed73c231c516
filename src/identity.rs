//! The account of a person at a provider: plain data for the server and the browser.

use serde::{Deserialize, Serialize};

/// An account at a provider. It stays the same as long as the account exists, even if the app identifies the person
/// differently ([`User::sub`](crate::User::sub)) or the account's name or e-mail address changes.
///
/// Two providers can use the same `subject` for different people. If an app looks up its users by account, it must
/// compare both fields.
///
/// ```
/// use aura_auth::Identity;
///
/// let identity = Identity::new("bitbucket", "{a54f16da}");
/// assert_eq!(serde_json::to_string(&identity)?, r#"{"provider":"bitbucket","subject":"{a54f16da}"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The provider's id.
    pub provider: String,
    /// The provider's stable identifier of the account. For Bitbucket this is the UUID with its braces.
    pub subject: String,
}

impl Identity {
    /// The account `subject` of `provider`.
    #[must_use]
    pub fn new(provider: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { provider: provider.into(), subject: subject.into() }
    }
}
