//! What operations take and answer: plain data that server, browser and client programs share. The
//! JSON names are the wire contract's.

use serde::{Deserialize, Serialize};

/// How to sign in.
#[derive(Clone, Debug)]
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

/// A sign-in that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInStarted {
    /// Whether the flow has started: then the URL is the provider's, and the answer has the
    /// flow's cookie. Else it is the address of our own that starts the flow.
    pub redirect: bool,
    /// Where to send the browser.
    #[serde(rename = "signInURL")]
    pub sign_in_url: String,
}

/// A sign-out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut {
    /// Whether the browser is sent on by the answer itself.
    pub redirect: bool,
    /// Where to go, where the answer does not send the browser there.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Option<String>,
}

/// A CSRF token, for the header `X-CSRF-Token` or a form's field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsrfToken {
    /// The token.
    #[serde(rename = "csrfToken")]
    pub csrf_token: String,
}
