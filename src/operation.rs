//! What operations take and answer: plain data that server, browser and client programs share. The
//! JSON names are the wire contract's.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Claims, Session};

/// The prefix of the server functions that need no provider tokens. The macro wants a literal, so it stands
/// there too.
#[cfg(any(feature = "server", feature = "hydrate"))]
pub(crate) const SERVER_FUNCTION_PREFIX: &str = "/api/aura-auth/";

/// The prefix of the server functions that need the cookies of provider tokens.
#[cfg(any(feature = "server", feature = "hydrate"))]
pub(crate) const TOKEN_FUNCTION_PREFIX: &str = "/auth/providers/";

/// How to sign in.
///
/// ```
/// # use aura_auth::SignInOptions;
/// let options = SignInOptions::default().redirect_to("/dashboard");
/// # assert!(options.redirect);
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignInOptions {
    /// Where the person goes once signed in: a path of the app, or a URL of a trusted origin.
    /// Anything else becomes `/`. Without it, the page that the request came from.
    pub redirect_to: Option<String>,
    /// Whether to start the flow at once, or only to say which of our own addresses starts it.
    pub redirect: bool,
}

impl Default for SignInOptions {
    fn default() -> Self {
        Self { redirect_to: None, redirect: true }
    }
}

impl SignInOptions {
    /// Sets [`redirect_to`](Self::redirect_to).
    #[must_use]
    pub fn redirect_to(mut self, redirect_to: impl Into<String>) -> Self {
        self.redirect_to = Some(redirect_to.into());
        self
    }

    /// Sets [`redirect`](Self::redirect).
    #[must_use]
    pub fn redirect(mut self, redirect: bool) -> Self {
        self.redirect = redirect;
        self
    }
}

/// A sign-in that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignInStarted {
    /// Whether the answer itself sends the browser to the URL. A sign-in that does has started: its URL is
    /// the provider's, and the answer has the flow's cookie. One that does not starts at the URL, which is
    /// of our own. To link an account always starts at once.
    pub redirect: bool,
    /// Where to send the browser.
    #[serde(rename = "signInURL")]
    pub sign_in_url: String,
}

/// A sign-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignOutOutcome {
    /// Whether the browser is sent on by the answer itself.
    pub redirect: bool,
    /// Where to go, where the answer does not send the browser there.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Option<String>,
}

/// What of a session is to be changed.
///
/// ```
/// use aura_auth::SessionUpdate;
///
/// let update = SessionUpdate::default().set("name", "Countess Lovelace");
/// assert_eq!(serde_json::to_string(&update)?, r#"{"user":{"name":"Countess Lovelace"}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionUpdate {
    /// The user's fields that change: those that the app has made editable.
    #[serde(default)]
    pub user: Claims,
    /// An earlier end of the session.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::session::write_some_expires",
        deserialize_with = "crate::session::read_some_expires"
    )]
    pub expires: Option<OffsetDateTime>,
}

impl SessionUpdate {
    /// Changes one more field. Null (`None::<&str>`) takes its value away.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.user.insert(field, value);
        self
    }
}

/// A session that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionUpdated {
    /// The session as it is now.
    pub session: Session,
    /// Whether the browser is sent on by the answer itself.
    pub redirect: bool,
    /// Where to go, where the answer does not send the browser there.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Option<String>,
}

/// A provider's tokens, in the names of the wire contract. Printed with `{:?}`, it hides them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token (RFC 6749, 1.4).
    pub access_token: String,
    /// When the access token ends, in seconds since 1970; unknown if the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The refresh token (RFC 6749, 1.5). Page code gets it only where the app has opted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// When the refresh token ends, in seconds since 1970; unknown if the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_expires_at: Option<i64>,
    /// `Bearer`.
    pub token_type: String,
    /// What the tokens may be used for.
    pub scopes: Vec<String>,
    /// When the provider gave them, in seconds since 1970.
    pub issued_at: i64,
}

impl std::fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenSet")
            .field("scopes", &self.scopes)
            .field("issued_at", &self.issued_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A CSRF token, for the header `X-CSRF-Token` or a form's field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsrfToken {
    /// The token.
    #[serde(rename = "csrfToken")]
    pub csrf_token: String,
}
