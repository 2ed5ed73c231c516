//! Who a person is at a provider: plain data that server and browser share.

use serde::{Deserialize, Serialize};

/// An account at a provider. It is the same for as long as the account exists, whatever the app calls
/// the person ([`User::sub`](crate::User::sub)) and whatever the account's name and e-mail address are.
///
/// Two providers can give the same `subject` to different people, so an app that finds its own users
/// by their accounts looks for both members.
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
    /// The provider's stable identifier of the account; for Bitbucket the UUID, braces included.
    pub subject: String,
}

impl Identity {
    /// The account `subject` of `provider`.
    #[must_use]
    pub fn new(provider: impl Into<String>, subject: impl Into<String>) -> Self {
        Self { provider: provider.into(), subject: subject.into() }
    }
}
