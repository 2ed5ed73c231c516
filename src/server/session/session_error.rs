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
    #[error("the session cookie has no matching `__Host-` pin, or there are too many session cookies")]
    NotPinned,
    #[error("the session cookie is not valid")]
    Invalid(#[source] JoseError),
    #[error("the session's token could not be created")]
    Seal(#[source] JoseError),
    /// Its size in bytes.
    #[error("the session's cookie has {0} bytes, mostly data of the provider, and does not fit into a page's cookies")]
    TooLarge(usize),
    /// Its size in bytes.
    #[error(
        "the session's cookie has {0} bytes and does not fit into a page's cookies: the app's own claims are too large"
    )]
    ClaimsTooLarge(usize),
    #[error("the session's cookie can't be set")]
    Cookie(#[from] CookieError),
}
