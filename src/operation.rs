//! The input and output of operations: plain data for the server, the browser and client programs. The wire contract
//! defines the JSON names.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::{Claims, Secret, Session};

/// The prefix of the server functions that need no provider tokens. The `#[server]` macro accepts only a literal, so
/// the prefix is repeated there.
#[cfg(any(feature = "server", feature = "hydrate"))]
pub(crate) const SERVER_FUNCTION_PREFIX: &str = "/api/aura-auth/";

/// The prefix of the server functions that need the cookies of provider tokens.
#[cfg(any(feature = "server", feature = "hydrate"))]
pub(crate) const TOKEN_FUNCTION_PREFIX: &str = "/auth/providers/";

/// Where the browser goes after an operation, and whether the response itself redirects it.
///
/// ```
/// # use aura_auth::RedirectOptions;
/// let options = RedirectOptions::default().redirect_to("/dashboard");
/// # assert!(options.redirect);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedirectOptions {
    /// Where the browser goes next: a path of the app, or a URL of a trusted origin. Anything else becomes `/`. Without
    /// it, a person returns from a sign-in to the page that sent the request, sees `/` after a sign-out, and stays on
    /// the page after an update.
    pub redirect_to: Option<String>,
    /// Whether the response redirects the browser. If `false`, the result only names the URL, and a sign-in starts when
    /// the browser opens it.
    pub redirect: bool,
}

impl Default for RedirectOptions {
    fn default() -> Self {
        Self { redirect_to: None, redirect: true }
    }
}

impl RedirectOptions {
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

/// A started sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignInStarted {
    /// Whether the response itself redirects the browser. If `true`, the flow has started: the URL is the provider's,
    /// and the response sets the flow's cookie. If `false`, the flow starts when the browser opens the URL, which is a
    /// URL of this server. Linking an account always starts the flow at once.
    pub redirect: bool,
    /// Where to send the browser.
    #[serde(rename = "signInURL")]
    pub sign_in_url: String,
}

/// The result of a sign-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SignOutOutcome {
    /// Whether the response itself redirects the browser.
    pub redirect: bool,
    /// Where to send the browser, if the response does not redirect it.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Option<String>,
}

/// The requested changes of a session.
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
    /// The user's fields to change. Only fields that the app has made editable can change.
    #[serde(default)]
    pub user: Claims,
    /// A new end of the session. It can't be later than the current one.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::session::write_some_expires",
        deserialize_with = "crate::session::read_some_expires"
    )]
    pub expires: Option<OffsetDateTime>,
}

impl SessionUpdate {
    /// Changes one more field. Null (`None::<&str>`) removes the field's value.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.user.insert(field, value);
        self
    }
}

/// The result of a session update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionUpdated {
    /// The session after the update.
    pub session: Session,
    /// Whether the response itself redirects the browser.
    pub redirect: bool,
    /// Where to send the browser, if the response does not redirect it.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Option<String>,
}

/// A provider's tokens, with the names of the wire contract. `{:?}` does not print the tokens.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenSet {
    /// The access token (RFC 6749, 1.4).
    pub access_token: Secret,
    /// When the access token expires, in seconds since 1970. `None` if the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The refresh token (RFC 6749, 1.5). Page code gets this token only if the app has opted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Secret>,
    /// When the refresh token expires, in seconds since 1970. `None` if the provider did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_expires_at: Option<i64>,
    /// The token's type: `Bearer`.
    pub token_type: String,
    /// The scopes of the tokens.
    pub scopes: Vec<String>,
    /// When the provider issued the tokens, in seconds since 1970.
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

/// A CSRF token, for the header `X-CSRF-Token` or for a form field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CsrfToken {
    /// The token.
    #[serde(rename = "csrfToken")]
    pub csrf_token: Secret,
}
