use crate::server::cookies::CookieError;
use crate::server::jose::JoseError;

/// Why there is no session, or why its cookie can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SessionError {
    #[error("the request has no session cookie")]
    NotFound,
    #[error("the session has ended")]
    Expired,
    /// Another host of the site may have set the cookie.
    #[error("nothing says which session is this host's")]
    NotPinned,
    #[error("the session cookie can't be opened")]
    Invalid(#[source] JoseError),
    #[error("the session can't be sealed")]
    Seal(#[source] JoseError),
    /// Its size in bytes.
    #[error("the session's cookie has {0} bytes, most of them the provider's, and does not fit into a page's cookies")]
    TooLarge(usize),
    /// Its size in bytes.
    #[error(
        "the session's cookie has {0} bytes and does not fit into a page's cookies: the app's own claims are too large"
    )]
    ClaimsTooLarge(usize),
    #[error("the session's cookie can't be set")]
    Cookie(#[from] CookieError),
}
